"""One file over several connections, on real sockets: the same file as over one, whatever a range meets."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from contract_tests.wire.range_server import RangePanel
from contract_tests.wire.ranges import (
    FILE,
    PATIENT,
    PIECE,
    Written,
    check,
    check_threads,
    download,
    kinds,
    options,
    slow_panel,
    starts,
)
from profile_export import AsyncExportClient, DownloadPolicy, ExportClient, _arguments, _part_file, errors
from profile_export._stop import Stop, Stopped
from profile_export._workflow import save
from profile_export.events import DownloadProgress, Event

ENVELOPE = json.dumps({"error": 403, "error_text": "no access", "data": None}).encode()


pytestmark = pytest.mark.usefixtures("small_ranges")


panel = pytest.fixture(slow_panel)


@kinds
@pytest.mark.parametrize("connections", [1, 3, 4])
def test_the_file_comes_over_so_many_connections(
    panel: RangePanel, kind: str, tmp_path: Path, connections: int
) -> None:
    panel.together(connections)
    check(download(panel, kind, tmp_path, connections), tmp_path)
    assert len(panel.asked) == panel.most == connections
    assert panel.asked[0] is None


@kinds
@pytest.mark.parametrize("fact", ["etag", "accepts"])
def test_without_a_promise_of_ranges_there_is_one_connection(
    panel: RangePanel, kind: str, tmp_path: Path, fact: str
) -> None:
    setattr(panel, fact, {"etag": 'W/"one"', "accepts": "none"}[fact])
    check(download(panel, kind, tmp_path), tmp_path)
    assert panel.asked == [None]


@kinds
@pytest.mark.parametrize(
    "act",
    [
        {"status": 200},
        {"status": 503},
        {"status": 429},
        {"status": 401},
        {"status": 403},
        {"status": 404},
        {"status": 410},
        {"status": 200, "headers": {"Content-Type": "application/json", "Content-Length": None}, "body": ENVELOPE},
        {"headers": {"Content-Type": "application/json", "Content-Length": None}, "body": ENVELOPE},
        {"headers": {"Content-Length": None}, "body": ENVELOPE},
        {"status": 302, "headers": {"Location": "/api/download/other.csv"}},
        {"headers": {"Content-Range": f"bytes 0-9/{len(FILE)}"}},
        {"headers": {"Content-Encoding": "gzip"}},
    ],
    ids=[
        "200",
        "503",
        "429",
        "401",
        "403",
        "404",
        "410",
        "page",
        "page-as-range",
        "page-as-file",
        "302",
        "other-range",
        "gzip",
    ],
)
def test_what_is_refused_to_others_the_first_connection_brings(
    panel: RangePanel, kind: str, tmp_path: Path, act: dict[str, Any]
) -> None:
    panel.acts = dict.fromkeys([1, 2, 3], act)
    check(download(panel, kind, tmp_path), tmp_path)
    assert panel.asked.count(None) == 1
    # After a refusal, no further range is asked for.
    assert 2 <= len(panel.asked) <= 4


@kinds
def test_a_range_that_breaks_off_goes_on_where_it_was(panel: RangePanel, kind: str, tmp_path: Path) -> None:
    panel.acts[2] = {"bytes": 40_000}
    check(download(panel, kind, tmp_path), tmp_path)
    # Four ranges, and the rest of the broken one, which may be split once more.
    begun = sorted(starts(panel))
    assert any(start - other == 40_000 for start in begun for other in begun[1:])


@kinds
def test_the_first_connection_may_break_off_as_well(panel: RangePanel, kind: str, tmp_path: Path) -> None:
    panel.acts[0] = {"bytes": 65_536}
    check(download(panel, kind, tmp_path), tmp_path)
    assert panel.asked[4] is not None


@kinds
def test_a_file_that_changes_between_ranges_is_fetched_anew(panel: RangePanel, kind: str, tmp_path: Path) -> None:
    panel.acts[2] = {"etag": '"two"'}
    check(download(panel, kind, tmp_path), tmp_path)
    assert panel.asked.count(None) == 2


@kinds
def test_a_failure_that_is_everybodys_ends_all_at_once(
    panel: RangePanel, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = _part_file.PartFile._put

    def full(self: Any, position: int, chunk: bytes) -> None:
        if position > 2 * PIECE:
            raise errors.NoSpace("the disk is full")
        put(self, position, chunk)

    monkeypatch.setattr(_part_file.PartFile, "_put", full)
    panel.acts = {number: {"bytes": 16_384, "then": panel.say_nothing} for number in range(4)}
    with pytest.raises(errors.NoSpace):
        download(panel, kind, tmp_path, **PATIENT)
    assert not panel.waited_for
    check_threads()


@kinds
@pytest.mark.parametrize("again", [1, 2, 8])
def test_a_later_run_goes_on_with_every_range(panel: RangePanel, kind: str, tmp_path: Path, again: int) -> None:
    panel.acts = {number: {"bytes": 32_768 * (number + 1) // 2} for number in range(4)}
    with pytest.raises(errors.IncompleteDownload):
        download(panel, kind, tmp_path, attempts=1)
    (record,) = tmp_path.glob("*.json")
    here = sum(end - start for start, end in json.loads(record.read_bytes())["ranges"])
    assert here == sum(act["bytes"] for act in panel.acts.values())
    panel.acts = {}
    first = len(panel.asked)
    check(download(panel, kind, tmp_path, connections=again), tmp_path)
    assert None not in panel.asked[first:]


@kinds
def test_one_connection_tells_how_far_it_is_in_every_range(panel: RangePanel, kind: str, tmp_path: Path) -> None:
    panel.acts = {number: {"bytes": 32_768} for number in range(4)}
    with pytest.raises(errors.IncompleteDownload):
        download(panel, kind, tmp_path, attempts=1)
    panel.acts, panel.pause = {}, 0.03
    told: list[int] = []

    def tell(event: Event) -> None:
        if isinstance(event, DownloadProgress):
            told.append(event.received)

    check(download(panel, kind, tmp_path, connections=1, on_event=tell), tmp_path)
    assert told == sorted(told)
    # The first hole is a quarter of the file; a bar that stood still behind it would be taken for a broken one.
    assert len([received for received in told if received > len(FILE) // 2]) > 3


def stop_sync(panel: RangePanel, folder: Path, written: Written) -> None:
    with ExportClient(panel.url, **options(4, **PATIENT)) as client:
        done = client.task("t").wait()
        flow = save(done._done, _arguments.destination(folder, overwrite=False), client._settings)
        stop = Stop()
        stopping = written.then(stop.set)
        with pytest.raises(Stopped):
            client._driver.run(flow, stop=stop)
        stopping.join()


async def cancel_async(panel: RangePanel, folder: Path, written: Written) -> None:
    async with AsyncExportClient(panel.url, **options(4, **PATIENT)) as client:
        done = await client.task("t").wait()
        task = asyncio.create_task(done.download(folder))
        await asyncio.to_thread(written.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("kind", ["sync", "asyncio"])
def test_an_interruption_ends_all_ranges_and_keeps_them(
    panel: RangePanel, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.acts = {number: {"bytes": 65_536, "then": panel.say_nothing} for number in range(4)}
    written = Written(monkeypatch, 4 * 65_536)
    if kind == "sync":
        stop_sync(panel, tmp_path, written)
    else:
        asyncio.run(cancel_async(panel, tmp_path, written))
    assert not panel.waited_for
    assert panel.most == 4
    check_threads()
    (record,) = tmp_path.glob("*.json")
    assert len(json.loads(record.read_bytes())["ranges"]) == 4
    panel.acts, first = {}, len(panel.asked)
    check(download(panel, kind, tmp_path), tmp_path)
    assert None not in panel.asked[first:]


@pytest.mark.parametrize("wrong", [0, 17, -1, True, 1.5])
def test_the_number_of_connections_has_bounds(wrong: Any) -> None:
    with pytest.raises(errors.UsageError, match="1 to 16"):
        DownloadPolicy(connections=wrong)
