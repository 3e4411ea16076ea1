"""Exports into an object store: verified before an object has its name, and nothing left behind after a failure."""

from __future__ import annotations

import hashlib
import os
import pickle
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import anyio
import attrs
import httpx
import pytest
from obstore.store import LocalStore, MemoryStore

from contract_tests.wire.paper import TOKEN, URL, Paper, databases, envelope, every_style
from profile_export import (
    AsyncExportClient,
    Database,
    DownloadedExport,
    DownloadError,
    DownloadFinished,
    ExportClient,
    IntegrityError,
    RetryPolicy,
    TargetExists,
    UsageError,
    pending_exports,
)
from profile_export import _effects as do
from profile_export._download import Destination, check_free
from profile_export._file_work import with_files
from profile_export._objects import PartObject
from profile_export._parts import PartFiles
from profile_export._upload import SMALLEST_PART, WAITING_AT_MOST, Upload, part_size
from profile_export.targets import ObjectUrl, OutputStream, Target

MEBI = 1 << 20
LARGE = b"id\n" + b"7\n" * (4 * MEBI)


class Watched(MemoryStore):
    """Notes what uploads in parts came to: completed, or taken back."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[str] = []
        self.seen_before_the_end: list[bool] = []
        self.broken: Exception | None = None
        self.after_head: Callable[[], object] = lambda: None

    def put(self, path: str, file: Any, **options: Any) -> Any:
        if self.broken is not None:
            raise self.broken
        if not options.get("use_multipart"):
            return super().put(path, file, **options)
        try:
            found = super().put(path, self._noted(path, file), **options)
        except BaseException:
            self.ends.append("taken back")
            raise
        self.ends.append("completed")
        return found

    def _noted(self, path: str, pieces: Iterable[bytes]) -> Iterable[bytes]:
        yield from pieces
        # A thread of obstore's own, which may not ask it anything.
        with ThreadPoolExecutor(1) as other:
            self.seen_before_the_end.append(path in other.submit(names, self).result())

    def head(self, path: str) -> Any:
        try:
            return super().head(path)
        finally:
            self.after_head()


def names(store: Any) -> list[str]:
    return sorted(item["path"] for page in store.list() for item in page)


def content(store: Any, key: str) -> bytes:
    return bytes(store.get(key).bytes())


@attrs.define
class Panel:
    """One task with the files `bodies`; `total` profiles; breaks off where it is told to."""

    bodies: list[bytes]
    total: int
    cuts: list[int | None] = attrs.field(factory=list)
    etag: bool = True
    created: int = 0
    ranges: list[str | None] = attrs.field(factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return self._file(request)
        if b"source_id" in request.content:
            self.created += 1
            return envelope({"task_id": "task-1"})
        urls = [f"/api/download/1/{number}.csv" for number in range(len(self.bodies))]
        result = {"errors": [], "source_id": 1, "total": self.total, "type": "database", "urls": urls}
        return envelope({"status": "completed", "progress": 100, "result": result})

    def _file(self, request: httpx.Request) -> httpx.Response:
        body = self.bodies[int(request.url.path.rpartition("/")[2].removesuffix(".csv"))]
        wanted = request.headers.get("Range")
        self.ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.etag else 0
        headers = {"Content-Type": "text/csv", "Content-Length": str(len(body) - start)}
        if self.etag:
            headers["ETag"] = '"v1"'
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        cut = self.cuts.pop(0) if self.cuts else None
        return httpx.Response(206 if start else 200, headers=headers, stream=Broken(body[start:], cut))


class Broken(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that breaks off after `kept` bytes, or doesn't."""

    def __init__(self, body: bytes, kept: int | None) -> None:
        self.body = body
        self.kept = kept

    def __iter__(self) -> Any:
        body = self.body[: self.kept]
        for start in range(0, len(body), MEBI):
            yield body[start : start + MEBI]
        if self.kept is not None:
            raise httpx.ReadError("reset")

    async def __aiter__(self) -> Any:
        for chunk in self:
            yield chunk


def client(panel: Panel, **options: Any) -> ExportClient:
    retry = RetryPolicy(first_delay=0, attempts=3)
    return ExportClient(URL, token=TOKEN, transport=httpx.MockTransport(panel), retry=retry, **options)


def export(panel: Panel, to: Any, style: str = "sync", **options: Any) -> DownloadedExport:
    if style == "sync":
        with client(panel) as blocking:
            return blocking.export(Database(1), to=to, **options)

    async def main() -> DownloadedExport:
        retry = RetryPolicy(first_delay=0, attempts=3)
        async with AsyncExportClient(URL, token=TOKEN, transport=httpx.MockTransport(panel), retry=retry) as waiting:
            return await waiting.export(Database(1), to=to, **options)

    return anyio.run(main, backend=style)


@pytest.fixture
def store() -> Watched:
    return Watched()


@every_style
def test_a_large_file_is_there_only_when_it_is_verified(style: str, store: Watched) -> None:
    result = export(Panel([LARGE], 4 * MEBI), store, style)
    assert names(store) == ["0.csv"]
    assert content(store, "0.csv") == LARGE
    assert store.ends == ["completed"]
    assert store.seen_before_the_end == [False]
    (file,) = result.files
    assert (file.url, file.size, file.rows) == ("memory:///0.csv", len(LARGE), 4 * MEBI)
    assert file.sha256 == hashlib.sha256(LARGE).hexdigest()


def test_the_first_of_two_files_waits_for_the_verdict_over_both(store: Watched) -> None:
    with pytest.raises(IntegrityError) as caught:
        export(Panel([LARGE, b"id\n1\n"], 4 * MEBI + 2), store)
    assert names(store) == []
    assert store.ends == ["taken back"]
    assert any("nothing was kept" in hint for hint in caught.value.hints)


@every_style
def test_no_object_is_replaced_unasked(style: str, store: Watched) -> None:
    store.put("0.csv", b"old")
    panel = Panel([b"id\n1\n"], 1)
    with pytest.raises(TargetExists, match=r"memory:///0\.csv exists already"):
        export(panel, store, style)
    assert panel.ranges == []
    assert content(store, "0.csv") == b"old"
    export(panel, store, style, overwrite=True)
    assert content(store, "0.csv") == b"id\n1\n"


def test_a_small_object_is_put_only_where_none_is_whoever_came_last(store: Watched) -> None:
    def sneak() -> None:
        MemoryStore.put(store, "0.csv", b"of another")

    looks: list[int] = []

    def after_head() -> None:
        looks.append(1)
        # The flow's look comes first, then the one right before the end.
        if len(looks) == 2:
            sneak()

    store.after_head = after_head
    with pytest.raises(TargetExists):
        export(Panel([b"id\n1\n"], 1), store)
    assert content(store, "0.csv") == b"of another"


def test_a_large_object_is_looked_for_once_more_right_before_its_end(store: Watched) -> None:
    part = PartObject(ObjectUrl("memory://", "a.csv", store=store), store, count_rows=True)
    part.restart(None)
    part.write(LARGE)
    MemoryStore.put(store, "a.csv", b"of another")
    with pytest.raises(TargetExists):
        part.publish(overwrite=False)
    part.discard()
    assert content(store, "a.csv") == b"of another"
    assert store.ends == ["taken back"]


@every_style
def test_a_broken_file_goes_on_within_the_same_upload(style: str, store: Watched) -> None:
    panel = Panel([LARGE], 4 * MEBI, cuts=[7 * MEBI])
    result = export(panel, store, style)
    assert panel.ranges == [None, f"bytes={7 * MEBI}-"]
    assert content(store, "0.csv") == LARGE
    assert store.ends == ["completed"]
    assert result.files[0].resumed_from == 7 * MEBI


def test_without_a_tag_the_upload_begins_anew(store: Watched) -> None:
    panel = Panel([LARGE], 4 * MEBI, cuts=[7 * MEBI], etag=False)
    export(panel, store)
    assert panel.ranges == [None, None]
    assert content(store, "0.csv") == LARGE
    assert store.ends == ["taken back", "completed"]


@every_style
def test_a_failure_and_an_interruption_leave_nothing(style: str, store: Watched) -> None:
    with pytest.raises(DownloadError):
        export(Panel([LARGE], 4 * MEBI, cuts=[6 * MEBI, 0, 0, 0]), store, style)
    with pytest.raises(KeyboardInterrupt), client(Panel([LARGE], 1), on_event=interrupt) as blocking:
        blocking.export(Database(1), to=store)
    assert names(store) == []
    assert store.ends == ["taken back", "taken back"]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("upload ")]


def interrupt(event: Any) -> None:
    if isinstance(event, DownloadFinished):
        raise KeyboardInterrupt


def test_what_a_store_says_is_an_error_without_secrets(store: Watched) -> None:
    store.broken = OSError("PUT https://user:geheim@host/b?sig=geheim failed: denied\n\nDebug source: geheim")
    with pytest.raises(DownloadError, match=r"can't write memory:///0\.csv: .*denied") as caught:
        export(Panel([b"id\n1\n"], 1), store)
    assert "geheim" not in str(caught.value)
    with pytest.raises(DownloadError, match="denied"):
        export(Panel([LARGE], 4 * MEBI), store)


def test_a_store_that_cant_be_reached_is_told_before_a_task_is_made(store: Watched) -> None:
    def closed(*_: Any, **__: Any) -> Any:
        raise OSError("no such bucket")

    store.list = closed  # type: ignore[method-assign]
    panel = Panel([b"id\n1\n"], 1)
    with pytest.raises(DownloadError, match="can't reach memory://: no such bucket"):
        export(panel, store)
    assert panel.created == 0


def test_a_url_of_memory_is_a_store_of_this_process(tmp_path: Path) -> None:
    to = f"memory://{tmp_path.name}/a/b"
    result = export(Panel([b"id\n1\n"], 1), to)
    assert result.files[0].url == f"{to}/0.csv"
    with pytest.raises(TargetExists):
        export(Panel([b"id\n1\n"], 1), to)


def test_a_folder_by_its_url_or_as_a_store_is_the_folder(tmp_path: Path) -> None:
    first = export(Panel([b"id\n1\n"], 1), f"{tmp_path.as_uri()}/a%20b")
    assert first.files[0].path == tmp_path / "a b" / "0.csv"
    assert first.files[0].url == (tmp_path / "a b" / "0.csv").as_uri()
    second = export(Panel([b"id\n1\n"], 1), LocalStore(tmp_path))
    assert second.files[0].path == tmp_path / "0.csv"


def test_a_file_that_is_no_path_says_so_and_survives_pickling(store: Watched) -> None:
    (file,) = export(Panel([b"id\n1\n"], 1), store).files
    with pytest.raises(UsageError, match=r"memory:///0\.csv is no file on a disk"):
        _ = file.path
    copy = pickle.loads(pickle.dumps(file))
    assert copy == file
    assert copy.place.store is None
    assert repr(copy).startswith("DownloadedFile(url='memory:///0.csv', size=5, rows=1, ")


@every_style
def test_many_exports_go_to_one_store(style: str, store: Watched) -> None:
    outcomes = Paper().export(style, databases(1, 2, 3), store)  # type: ignore[arg-type]
    assert all(outcome.error is None for outcome in outcomes)
    assert names(store) == [f"{number}_database_export.csv" for number in (1, 2, 3)]


def test_a_crash_before_the_last_name_is_gone_on_with_by_content(store: Watched, tmp_path: Path) -> None:
    bodies = [b"id\n1\n", b"id\n2\n"]
    panel = Panel(bodies, 2)
    store_of_second = iter([None, KeyboardInterrupt()])

    def sink(event: Any) -> None:
        if type(event).__name__ == "FilePublished" and (error := next(store_of_second, None)):
            raise error

    with pytest.raises(KeyboardInterrupt), client(panel, journal=tmp_path, on_event=sink) as first:
        first.export(Database(1), to=store)
    (left,) = pending_exports(tmp_path)
    assert (left.stage, str(left.to)) == ("verified", "memory://")
    store.delete("1.csv")
    panel.ranges.clear()
    with client(panel, journal=tmp_path) as second:
        (outcome,) = second.resume_all(to=store)
    assert [file.url for file in outcome.unwrap().files] == ["memory:///0.csv", "memory:///1.csv"]
    assert len(panel.ranges) == 1
    assert panel.created == 1


def test_an_object_of_the_same_size_is_not_taken_for_the_file(store: Watched) -> None:
    store.put("a", b"12345")
    url = ObjectUrl("memory://", "a", store=store)
    with PartFiles() as parts:
        for body, same in ((b"12345", True), (b"12346", False), (b"1", False)):
            effect = do.IsPublished(url, "t", len(body), hashlib.sha256(body).hexdigest())
            assert with_files(effect, parts) is same


def test_when_something_was_written(store: Watched, tmp_path: Path) -> None:
    store.put("a", b"1")
    (tmp_path / "a").write_bytes(b"1")
    os.utime(tmp_path / "a", (1000, 1000))
    (tmp_path / "broken").symlink_to("nowhere")
    with PartFiles() as parts:
        now, file, link = (
            with_files(do.Modified(target), parts)
            for target in (ObjectUrl("memory://", "a", store=store), tmp_path / "a", tmp_path / "broken")
        )
        nothing: list[Target] = [
            ObjectUrl("memory://", "b", store=store),
            tmp_path / "b",
            tmp_path / "c" / "d",
            OutputStream(),
        ]
        assert [with_files(do.Modified(target), parts) for target in nothing] == [None] * 4
    assert abs(now - time.time()) < 60
    assert file == 1000
    assert abs(link - time.time()) < 60


def test_an_object_of_another_export_is_spared_as_well(store: Watched) -> None:
    store.put("1_database_export.csv", b"another's")
    url = ObjectUrl("memory://", "1_database_export.csv", store=store)
    target = Destination(ObjectUrl("memory://", store=store), overwrite=True, only_before=time.time() - 60)
    with PartFiles() as parts:
        checking = check_free(target, [url], None)
        with pytest.raises(TargetExists):
            checking.send(with_files(cast("do.Modified", next(checking)), parts))


def test_bytes_wait_for_a_slow_store_and_the_panel_waits_for_them() -> None:
    go_on, seen = threading.Event(), list[bytes]()

    class Slow:
        def put(self, _key: str, pieces: Iterable[bytes], **options: Any) -> None:
            assert options["chunk_size"] * (options["max_concurrency"] + 1) + WAITING_AT_MOST + MEBI <= 48 * MEBI
            go_on.wait(30)
            seen.extend(pieces)

    upload = Upload(Slow(), "key", part=SMALLEST_PART)
    written: list[int] = []

    def write() -> None:
        for number in range(16):
            upload.write(bytes(MEBI))
            written.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    writer.join(0.2)
    assert writer.is_alive()
    assert upload.waiting == len(written) * MEBI == WAITING_AT_MOST
    go_on.set()
    writer.join(30)
    upload.complete()
    assert sum(map(len, seen)) == 16 * MEBI


@pytest.mark.parametrize(("total", "size"), [(1, 5 * MEBI), (None, 16 * MEBI), (10**12, 111_111_112)])
def test_parts_are_as_large_as_their_number_asks_for(total: int | None, size: int) -> None:
    assert part_size(total) == size
