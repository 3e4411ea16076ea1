"""How downloads over several connections are run and checked, in all the ways to speak to a panel."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import anyio
import pytest

from contract_tests.wire.range_server import SILENCE, RangePanel, serving
from profile_export import AsyncExportClient, DownloadPolicy, ExportClient, RetryPolicy, _part_file
from profile_export.types import DownloadedExport

FILE = b"id,occupation\n" + b"".join(b"%08d,doctor\n" % number for number in range(40_000))
PIECE = len(FILE) // 4
# No request times out before the panel's silence ends, which it notes.
PATIENT: dict[str, Any] = {"request_timeout": 2 * SILENCE}

kinds = pytest.mark.parametrize("kind", ["sync", "asyncio", "trio"])


def slow_panel() -> Generator[RangePanel]:
    """A fixture: slow enough that all ranges are asked for before the first connection could bring them itself."""
    with serving(FILE) as panel:
        panel.piece, panel.pause = 16_384, 0.01
        yield panel


class Written:
    """Tells when so many bytes have been written to part files, however long that takes here."""

    def __init__(self, patch: pytest.MonkeyPatch, awaited: int) -> None:
        self._left, self._guard, self._done = awaited, threading.Lock(), threading.Event()
        self._put = _part_file.PartFile._put

        def put(*given: Any) -> None:
            self._counted(*given)

        patch.setattr(_part_file.PartFile, "_put", put)

    def _counted(self, part: Any, position: int, chunk: Any) -> None:
        self._put(part, position, chunk)
        with self._guard:
            self._left -= len(chunk)
        if self._left <= 0:
            self._done.set()

    def wait(self) -> None:
        """Until they have been."""
        assert self._done.wait(SILENCE), f"{self._left} bytes never came"

    def then(self, act: Callable[[], object]) -> threading.Thread:
        """Does this then, in a thread that has been started."""

        def wait_and_act() -> None:
            self.wait()
            act()

        thread = threading.Thread(target=wait_and_act)
        thread.start()
        return thread


def options(
    connections: int, *, token: str = "t", verify: Any = True, on_event: Any = None, **more: Any
) -> dict[str, Any]:
    retry = RetryPolicy(**{"attempts": 3, "first_delay": 0.0, "request_timeout": 5.0, **more})
    download = DownloadPolicy(connections=connections)
    return {"token": token, "download": download, "retry": retry, "verify": verify, "on_event": on_event}


def download(panel: RangePanel, kind: str, folder: Path, connections: int = 4, **more: Any) -> DownloadedExport:
    """The files of the panel's finished task."""
    if kind == "sync":
        with ExportClient(panel.url, **options(connections, **more)) as client:
            return client.task("t").wait().download(folder)

    async def run() -> DownloadedExport:
        async with AsyncExportClient(panel.url, **options(connections, **more)) as client:
            return await (await client.task("t").wait()).download(folder)

    return anyio.run(run, backend=kind)


def check(result: DownloadedExport, folder: Path) -> None:
    """The one file is there, and nothing else."""
    (file,) = result.files
    assert file.path.read_bytes() == FILE
    assert (file.sha256, file.rows, file.size) == (hashlib.sha256(FILE).hexdigest(), 40_000, len(FILE))
    assert list(folder.iterdir()) == [file.path]
    check_threads()


def check_threads() -> None:
    """Those that helped have ended."""
    assert not [thread for thread in threading.enumerate() if thread.name == "profile-export range"]


def starts(panel: RangePanel, first: int = 0) -> list[int]:
    """Where the requests for the file began, those after the `first` ones."""
    return [int((asked or "bytes=0-")[6:].split("-")[0]) for asked in panel.asked[first:]]
