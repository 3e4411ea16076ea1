"""What ranges meet on a bad day: stalls, refusals, panels of several machines, TLS, and records of other kinds."""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path
from typing import Any

import attrs
import pytest

from contract_tests.wire.certificates import Authority
from contract_tests.wire.range_server import RangePanel, serving
from contract_tests.wire.ranges import FILE, check, download, kinds, slow_panel, starts
from profile_export import _leftovers, _ownership, errors

pytestmark = pytest.mark.usefixtures("small_ranges")


panel = pytest.fixture(slow_panel)


@kinds
def test_a_range_that_hangs_is_asked_for_again_alone(panel: RangePanel, kind: str, tmp_path: Path) -> None:
    panel.pause = 0.03
    panel.acts[2] = {"bytes": 20_000, "then": panel.say_nothing}
    check(download(panel, kind, tmp_path, request_timeout=1.5), tmp_path)
    assert not panel.waited_for
    first, hung, again = panel.asked[:4], starts(panel)[2], starts(panel, 4)
    assert first.count(None) == 1
    assert again[0] == hung + 20_000
    # The others had come to their ends meanwhile, so only the rest of the hung one is asked for.
    assert all(start < max(starts(panel)[:4]) or start > hung for start in again)
    assert len(FILE) - min(again) <= len(FILE) - hung


@kinds
@pytest.mark.parametrize("status", [401, 403, 410])
def test_a_refusal_that_matters_asks_for_a_fresh_link(
    panel: RangePanel, kind: str, tmp_path: Path, status: int
) -> None:
    class Refusing(dict[int, dict[str, Any]]):
        def get(self, number: int, default: Any = None) -> Any:
            return {"status": status} if number and panel.statuses < 2 else super().get(number, default)

    panel.acts = Refusing({0: {"bytes": 65_536}})
    check(download(panel, kind, tmp_path), tmp_path)
    assert panel.statuses == 2
    assert panel.asked.count(None) == 1


@kinds
def test_machines_that_tag_a_file_differently_cost_one_more_request(
    panel: RangePanel, kind: str, tmp_path: Path
) -> None:
    panel.acts = {number: {"etag": '"two"'} for number in range(1, 20)}
    check(download(panel, kind, tmp_path), tmp_path)
    assert panel.asked.count(None) == 2
    # Nobody helps the second one. (A range that was given up may be noted late.)
    assert len(panel.asked) <= 2 + 3


@kinds
def test_ranges_come_over_tls(kind: str, tmp_path: Path) -> None:
    authority = Authority.make(tmp_path)
    with serving(FILE, context=authority.server_context()) as panel:
        panel.piece = 16_384
        panel.together(4)
        check(download(panel, kind, tmp_path / "out", verify=str(authority.certificate)), tmp_path / "out")
        assert len(panel.asked) == panel.most == 4


@kinds
@pytest.mark.parametrize(("before", "after"), [(1, 8), (8, 1), (4, 2)])
def test_nothing_that_is_here_is_asked_for_again(
    panel: RangePanel, kind: str, tmp_path: Path, before: int, after: int
) -> None:
    panel.acts = {number: {"bytes": 32_768} for number in range(before)}
    with pytest.raises(errors.IncompleteDownload):
        download(panel, kind, tmp_path, before, attempts=1)
    (record,) = tmp_path.glob("*.json")
    members = json.loads(record.read_bytes())
    # One connection leaves what it always left, so that an earlier version can take it up.
    assert ("ranges" in members) is (before > 1)
    here = members.get("ranges", [[0, members["synced"]]])
    assert sum(end - start for start, end in here) == 32_768 * before
    panel.acts, first = {}, len(panel.asked)
    check(download(panel, kind, tmp_path, after), tmp_path)
    for start in starts(panel, first):
        assert not any(begin <= start < end for begin, end in here)


@kinds
@pytest.mark.parametrize("connections", [1, 4])
def test_a_gap_that_one_piece_fills_does_not_keep_the_next_one_waiting(
    panel: RangePanel, kind: str, tmp_path: Path, connections: int
) -> None:
    here = ((0, 100_000), (101_000, 150_000))
    part = tmp_path / "1_database_export.csv.00000001.part"
    part.write_bytes(FILE[:100_000] + bytes(1000) + FILE[101_000:150_000])
    gone = attrs.evolve(_ownership.this_process(), pid=2**22 - 3, began="1")
    _leftovers.write_record(part, _leftovers.PartRecord("t", '"one"', len(FILE), 0, gone, here))
    check(download(panel, kind, tmp_path, connections, attempts=1), tmp_path)
    assert sorted(starts(panel))[:2] == [100_000, 150_000]


@kinds
def test_where_no_thread_can_be_had_there_is_one_connection(
    panel: RangePanel, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoThread(threading.Thread):
        def start(self) -> None:
            if self.name == "profile-export range":
                raise RuntimeError("can't start new thread")
            super().start()

    monkeypatch.setattr(threading, "Thread", NoThread)
    check(download(panel, kind, tmp_path), tmp_path)
    assert panel.asked == [None]


@kinds
def test_the_token_is_in_no_log_of_a_range(
    panel: RangePanel, kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    panel.acts[2] = {"status": 503}
    check(download(panel, kind, tmp_path, token="marker-of-a-token"), tmp_path)
    assert caplog.records
    assert "marker-of-a-token" not in caplog.text
    assert all("token=marker-of-a-token" in line for line in panel.paths)
