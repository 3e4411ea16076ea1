"""Several files of one export at once: its connections are shared by all of them, whatever one of them meets."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.wire.range_server import PATH, SILENCE, RangePanel, serving
from contract_tests.wire.ranges import FILE, PATIENT, check_threads, download, kinds
from profile_export import _splits, errors
from profile_export.events import DownloadFinished, Event, FilePublished
from profile_export.types import DownloadedExport

FILES = [b"id\n" + b"%06d\n" % number * (20_000 + 5_000 * number) for number in range(5)]


@pytest.fixture(autouse=True)
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_splits, "SMALLEST_RANGE", 16_384)


@pytest.fixture
def panel() -> Generator[RangePanel]:
    with serving(*FILES) as panel:
        panel.piece, panel.pause = 16_384, 0.01
        yield panel


def check(result: DownloadedExport, folder: Path, contents: list[bytes]) -> None:
    assert [file.path.read_bytes() for file in result.files] == contents
    assert sorted(folder.iterdir()) == sorted(file.path for file in result.files)
    check_threads()


class Counted:
    """How many answers the client has open, which the panel learns a moment later only."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.open = self.most = 0
        self._guard = threading.Lock()
        self._send = httpx.Client.send

        def send(*given: Any, **more: Any) -> httpx.Response:
            return self._counted(*given, **more)

        patch.setattr(httpx.Client, "send", send)

    def _counted(self, client: httpx.Client, request: httpx.Request, **more: Any) -> httpx.Response:
        if request.method != "GET":
            return self._send(client, request, **more)
        with self._guard:
            self.open += 1
            self.most = max(self.most, self.open)
        response = self._send(client, request, **more)
        close = response.close

        def closed() -> None:
            close()
            with self._guard:
                self.open -= 1

        monkey: Any = response
        monkey.close = closed
        return response


@kinds
@pytest.mark.parametrize("connections", [1, 2, 5, 8])
def test_they_come_over_so_many_connections_together(
    panel: RangePanel, kind: str, tmp_path: Path, connections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(monkeypatch)
    panel.together(connections)
    check(download(panel, kind, tmp_path, connections), tmp_path, FILES)
    assert counted.most == connections
    assert {*panel.asked_of} == {*panel.contents}
    if connections <= len(FILES):
        assert panel.asked[:connections] == [None] * connections


@kinds
def test_what_a_short_file_leaves_helps_a_long_one(kind: str, tmp_path: Path) -> None:
    with serving(FILES[0], FILE * 2) as panel:
        panel.piece, panel.pause = 16_384, 0.01
        check(download(panel, kind, tmp_path, 2), tmp_path, [FILES[0], FILE * 2])
    assert panel.asked_of.count(PATH) == 1
    # Alone, each of two files has one connection; the long one gets the other's later.
    assert panel.asked_of.count(next(path for path in panel.contents if path != PATH)) > 1


@kinds
def test_the_failure_of_one_ends_the_others(panel: RangePanel, kind: str, tmp_path: Path) -> None:
    gate = threading.Barrier(5, timeout=SILENCE)

    def fall_silent() -> None:
        gate.wait()
        panel.say_nothing()

    panel.acts = {number: {"bytes": 32_768, "then": fall_silent} for number in range(5)}
    panel.acts[2] = {"status": 418, "before": gate.wait}
    with pytest.raises(errors.ContractError, match="418"):
        download(panel, kind, tmp_path, 5, **PATIENT)
    assert not panel.waited_for
    check_threads()
    assert not list(tmp_path.glob("*.csv"))


@kinds
@pytest.mark.parametrize("connections", [1, 2])
def test_what_ends_the_program_is_raised_as_it_is(
    panel: RangePanel, kind: str, tmp_path: Path, connections: int
) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, DownloadFinished):
            raise SystemExit

    with pytest.raises(SystemExit):
        download(panel, kind, tmp_path, connections, on_event=interrupt)
    check_threads()


@kinds
@pytest.mark.parametrize("again", [1, 8])
def test_a_later_run_goes_on_with_all_of_them(panel: RangePanel, kind: str, tmp_path: Path, again: int) -> None:
    gate = threading.Barrier(5, timeout=SILENCE)
    panel.acts = {number: {"bytes": 32_768, "then": gate.wait} for number in range(5)}
    with pytest.raises(errors.IncompleteDownload):
        download(panel, kind, tmp_path, 5, attempts=1)
    parts = list(tmp_path.glob("*.part"))
    assert len(parts) == 5
    panel.acts, first = {}, len(panel.asked)
    check(download(panel, kind, tmp_path, again), tmp_path, FILES)
    here = {PATH.rpartition("/")[0] + "/" + part.name.split(".csv")[0] + ".csv" for part in parts}
    assert here == {*panel.contents}
    assert None not in panel.asked[first:]


@kinds
def test_a_refused_link_is_asked_for_anew_beside_the_others(panel: RangePanel, kind: str, tmp_path: Path) -> None:
    panel.acts = {1: {"status": 410}, 3: {"bytes": 20_000}}
    check(download(panel, kind, tmp_path, 4), tmp_path, FILES)
    assert panel.statuses == 2


@kinds
def test_their_events_are_told_one_at_a_time(panel: RangePanel, kind: str, tmp_path: Path) -> None:
    told: list[Event] = []
    busy = threading.Lock()

    def sink(event: Event) -> None:
        assert busy.acquire(blocking=False), "told while another was"
        time.sleep(0.001)
        told.append(event)
        busy.release()

    check(download(panel, kind, tmp_path, 5, on_event=sink), tmp_path, FILES)
    last = max(number for number, event in enumerate(told) if isinstance(event, DownloadFinished))
    published = [number for number, event in enumerate(told) if isinstance(event, FilePublished)]
    assert len(published) == 5
    assert min(published) > last


@kinds
def test_rows_are_counted_over_all_of_them(panel: RangePanel, kind: str, tmp_path: Path) -> None:
    result: Any = download(panel, kind, tmp_path, 5)
    assert result.rows == result.total == sum(content.count(b"\n") - 1 for content in FILES)
