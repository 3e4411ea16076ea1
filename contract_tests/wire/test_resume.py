"""A broken download goes on where it stopped if the panel proves that it is the same file, and else begins again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import attrs
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profile_export import (
    AsyncExportClient,
    DownloadedExport,
    DownloadRestarted,
    Event,
    ExportClient,
    IncompleteDownload,
    RemoteChanged,
    RetryPolicy,
)

TOKEN = "marker-token-5f2c"
LINK = "/api/download/data/1/1_database_export.csv"
FILE = b"email,comment\r\n" + b"".join(b'a%d@example.com,"line\none"\r\n' % number for number in range(200))
RETRY = RetryPolicy(attempts=4, first_delay=0.0)


class Cut(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The first bytes of a body, and then a broken connection; None lets all come."""

    def __init__(self, body: bytes, kept: int | None) -> None:
        self.body = body
        self.kept = kept

    def __iter__(self) -> Iterator[bytes]:
        yield from self._chunks()

    async def __aiter__(self) -> Any:
        for chunk in self._chunks():
            yield chunk

    def _chunks(self) -> Iterator[bytes]:
        end = len(self.body) if self.kept is None else self.kept
        for start in range(0, end, 100):
            yield self.body[start : min(start + 100, end)]
        if self.kept is not None:
            raise httpx.ReadError("reset")


@attrs.define
class Panel:
    """Serves one file, in ranges, and breaks off as often as it is told; notes what was asked for."""

    cuts: list[int | None]
    etags: list[str] = attrs.field(factory=lambda: ['"v1"'])
    files: list[bytes] = attrs.field(factory=lambda: [FILE])
    answer: Callable[[httpx.Request], httpx.Response | None] = lambda _request: None
    asked: list[tuple[str | None, str | None]] = attrs.field(factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            result = {"total": 200, "urls": [LINK]}
            data = {"status": "completed", "progress": 100, "result": result}
            return httpx.Response(200, json={"data": data, "error": 0, "error_text": ""})
        turn = len(self.asked)
        self.asked.append((request.headers.get("Range"), request.headers.get("If-Range")))
        return self.answer(request) or self._file(request, turn)

    def _file(self, request: httpx.Request, turn: int) -> httpx.Response:
        body, etag = self.files[min(turn, len(self.files) - 1)], self.etags[min(turn, len(self.etags) - 1)]
        headers = {"Content-Type": "text/csv", **({"ETag": etag} if etag else {})}
        status, start = 200, 0
        if "Range" in request.headers and request.headers["If-Range"] == etag:
            start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            status = 206
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            if start >= len(body):
                return httpx.Response(416, headers={"Content-Range": f"bytes */{len(body)}", "ETag": etag})
        rest = body[start:]
        headers["Content-Length"] = str(len(rest))
        cut = self.cuts[turn] if turn < len(self.cuts) else None
        return httpx.Response(status, headers=headers, stream=Cut(rest, None if cut is None else min(cut, len(rest))))


def blocking(panel: Panel, folder: Path, events: list[Event]) -> DownloadedExport:
    with ExportClient(
        "https://panel.example.com",
        token=TOKEN,
        retry=RETRY,
        transport=httpx.MockTransport(panel),
        on_event=events.append,
    ) as client:
        return client.download("task_1", folder)


def awaiting(panel: Panel, folder: Path, events: list[Event]) -> DownloadedExport:
    async def download() -> DownloadedExport:
        async with AsyncExportClient(
            "https://panel.example.com",
            token=TOKEN,
            retry=RETRY,
            transport=httpx.MockTransport(panel),
            on_event=events.append,
        ) as client:
            return await client.download("task_1", folder)

    return anyio.run(download)


@pytest.fixture(params=[blocking, awaiting])
def download(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Panel], tuple[DownloadedExport, list[Event]]]:
    def call(panel: Panel) -> tuple[DownloadedExport, list[Event]]:
        events: list[Event] = []
        return request.param(panel, tmp_path, events), events

    return call


def check(result: DownloadedExport) -> None:
    [file] = result.files
    assert file.path.read_bytes() == FILE
    assert (file.size, file.rows, file.sha256) == (len(FILE), 200, hashlib.sha256(FILE).hexdigest())
    assert [path.name for path in file.path.parent.iterdir()] == [file.path.name]


def lost(events: list[Event]) -> int:
    return sum(isinstance(event, DownloadRestarted) for event in events)


def test_the_rest_is_asked_for_and_nothing_is_lost(download: Any) -> None:
    panel = Panel([1000, 2500])
    result, events = download(panel)
    check(result)
    assert panel.asked == [(None, None), ("bytes=1000-", '"v1"'), ("bytes=3500-", '"v1"')]
    assert lost(events) == 0


def test_all_is_here_when_the_connection_broke_after_the_last_byte(download: Any) -> None:
    panel = Panel([len(FILE)])
    check(download(panel)[0])
    assert panel.asked[1:] == [(f"bytes={len(FILE)}-", '"v1"')]


@pytest.mark.parametrize("etag", ['W/"v1"', "", "v1"])
def test_without_a_strong_tag_it_begins_again(download: Any, etag: str) -> None:
    panel = Panel([1000], etags=[etag])
    result, events = download(panel)
    check(result)
    assert panel.asked == [(None, None), (None, None)]
    assert lost(events) == 1


def test_a_panel_without_ranges_sends_all_of_it_again(download: Any) -> None:
    panel = Panel([1000], etags=['"v1"', '"v2"'])  # another tag: If-Range makes the panel send the whole file
    result, events = download(panel)
    check(result)
    assert lost(events) == 1


def test_a_file_that_changed_meanwhile_is_fetched_whole(download: Any) -> None:
    older = FILE.replace(b"example.com", b"example.org")
    panel = Panel([1000], etags=['"v1"', '"v2"'], files=[older, FILE])
    check(download(panel)[0])


def kept(folder: Path) -> bytes:
    """The bytes of the one part file that was left for a later run."""
    record, part = sorted(folder.iterdir(), key=lambda path: path.suffix)
    assert record.name == f"{part.name}.json"
    return part.read_bytes()


def wrong_range(request: httpx.Request) -> httpx.Response | None:
    if "Range" not in request.headers:
        return None
    headers = {"Content-Range": f"bytes 0-{len(FILE) - 1}/{len(FILE)}", "ETag": '"v1"'}
    return httpx.Response(206, headers=headers, content=FILE)


def test_a_rest_that_begins_elsewhere_is_not_believed(download: Any) -> None:
    panel = Panel([1000], answer=wrong_range)
    check(download(panel)[0])
    assert panel.asked == [(None, None), ("bytes=1000-", '"v1"'), (None, None)]


def test_a_rest_that_is_compressed_is_not_believed(download: Any) -> None:
    def packed(request: httpx.Request) -> httpx.Response | None:
        if "Range" not in request.headers:
            return None
        headers = {"Content-Range": f"bytes 1000-{len(FILE) - 1}/{len(FILE)}", "Content-Encoding": "gzip"}
        return httpx.Response(206, headers=headers, stream=Cut(b"xx", None))

    panel = Panel([1000], answer=packed)
    check(download(panel)[0])
    assert panel.asked == [(None, None), ("bytes=1000-", '"v1"'), (None, None)]


def test_a_file_that_changes_all_the_time_is_an_error_of_its_own(download: Any, tmp_path: Path) -> None:
    panel = Panel([1000, None, 1000, None], answer=wrong_range)
    with pytest.raises(RemoteChanged) as caught:
        download(panel)
    assert caught.value.exit_code == 7
    assert list(tmp_path.iterdir()) == []


def test_a_rest_that_never_comes_is_incomplete(download: Any, tmp_path: Path) -> None:
    panel = Panel([1000, 0, 0, 0])
    with pytest.raises(IncompleteDownload):
        download(panel)
    assert panel.asked[1:] == [("bytes=1000-", '"v1"')] * 3
    assert kept(tmp_path) == FILE[:1000]


def test_an_error_page_in_place_of_the_rest_is_an_error_and_no_rest(download: Any, tmp_path: Path) -> None:
    def refuse(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(503, text="later") if "Range" in request.headers else None

    panel = Panel([1000], answer=refuse)
    with pytest.raises(Exception, match="HTTP 503"):
        download(panel)
    assert kept(tmp_path) == FILE[:1000]


@settings(max_examples=40, deadline=None)
@given(
    cuts=st.lists(st.none() | st.integers(0, len(FILE)), max_size=3),
    etags=st.lists(st.sampled_from(['"v1"', '"v2"', 'W/"v1"', ""]), min_size=1, max_size=4),
)
def test_whatever_breaks_and_changes_the_bytes_are_those_of_the_file(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int | None], etags: list[str]
) -> None:
    """Four attempts are enough for three failures, and the last version is the one that must be on disk."""
    versions = {'"v1"': FILE, '"v2"': FILE.replace(b"example.com", b"example.net")}
    files = [versions.get(etag, FILE) for etag in etags]
    panel = Panel(cuts, etags=etags, files=files)
    result = blocking(panel, tmp_path_factory.mktemp("export"), [])
    served = files[min(len(panel.asked) - 1, len(files) - 1)]
    assert result.files[0].path.read_bytes() == served
    assert result.files[0].sha256 == hashlib.sha256(served).hexdigest()
