"""Downloads whose content nobody looks at: the length is still checked, and nothing pretends to know more."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from obstore.store import MemoryStore

from contract_tests.wire.dialogue import FILE, LINK, TASK, Mode, Panel, completed
from profile_export import DownloadPolicy, IncompleteDownload, IntegrityError, RetryPolicy, UsageError, _evidence

UNVERIFIED = DownloadPolicy(verify_content=False)


def get(mode: Mode, place: Any, **options: Any) -> Any:
    return mode.speak(lambda client: client.download(TASK, place), **{"download": UNVERIFIED, **options})


@pytest.fixture(autouse=True)
def nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    def looks(*_: Any, **__: Any) -> None:
        raise AssertionError("somebody looks")

    monkeypatch.setattr(_evidence, "hashlib", SimpleNamespace(sha256=looks))
    monkeypatch.setattr(_evidence, "RecordCounter", looks)


def test_a_file_has_neither_rows_nor_a_hash(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    panel.status(completed([LINK], total=99))
    panel.file()
    result = get(mode, tmp_path)
    (file,) = result.files
    assert file.path.read_bytes() == FILE
    assert (file.size, file.rows, file.sha256, result.rows) == (len(FILE), None, None, None)


def test_a_stream_the_same(panel: Panel, mode: Mode) -> None:
    panel.status()
    panel.file()
    out = io.BytesIO()
    result = get(mode, out)
    assert out.getvalue() == FILE
    assert (result.files[0].rows, result.files[0].sha256) == (None, None)


def test_an_object_the_same(panel: Panel, mode: Mode) -> None:
    panel.status()
    panel.file()
    result = get(mode, MemoryStore())
    assert (result.files[0].size, result.files[0].rows, result.files[0].sha256) == (len(FILE), None, None)


def test_the_length_is_checked(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    panel.status()
    panel.file(lambda _: httpx.Response(200, headers={"Content-Length": str(len(FILE) + 1)}, content=FILE))
    with pytest.raises(IncompleteDownload):
        get(mode, tmp_path, retry=RetryPolicy(attempts=1))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("chunked", [False, True])
def test_there_must_be_a_length_or_an_end(panel: Panel, mode: Mode, tmp_path: Path, chunked: bool) -> None:
    """What ends where its connection does may have been cut off there."""
    panel.status()
    framing = {"Transfer-Encoding": "chunked"} if chunked else {}
    panel.file(lambda _: httpx.Response(200, headers=framing, stream=httpx.ByteStream(FILE)))
    if chunked:
        assert get(mode, tmp_path).files[0].path.read_bytes() == FILE
        return
    with pytest.raises(IntegrityError, match="no length"):
        get(mode, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert panel.paths.count(LINK) == 1


def test_a_journal_needs_proof(mode: Mode, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="verify_content"):
        get(mode, tmp_path, journal=tmp_path / "journal")
    assert list(tmp_path.iterdir()) == []
