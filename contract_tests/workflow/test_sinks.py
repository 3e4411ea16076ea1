"""A sink that raises never breaks an export, and says where it is broken: once for each kind of error."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from profile_export import _effects as do
from profile_export._local import Local
from profile_export.events import DownloadProgress, Event, RetryScheduled, TaskCreated, TaskPolled
from profile_export.types import TaskSnapshot

CREATED = TaskCreated(task_id="task_1", request_id="r")
LINK = "/api/download/data/1/1_database_export.csv?signature=marker"


def test_a_broken_sink_is_told_once_with_the_place(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[Event] = []

    def broken(event: Event) -> None:
        seen.append(event)
        raise (RuntimeError if len(seen) < 4 else KeyError)("my callback is broken")

    local = Local(broken)
    with caplog.at_level(logging.WARNING, "profile_export"):
        for _ in range(6):
            local.emit(CREATED)
    assert seen == [CREATED] * 6
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [RuntimeError, KeyError]
    assert "in broken" in caplog.text


def test_milestones_are_logged_without_links(caplog: pytest.LogCaptureFixture) -> None:
    local = Local()
    with caplog.at_level(logging.INFO, "profile_export"):
        local.emit(CREATED)
        local.emit(TaskPolled(snapshot=TaskSnapshot("task_1", "completed", 100, 1, (LINK,)), waited=2.0))
    assert "task_1: completed, 100 percent" in caplog.text
    assert "signature" not in caplog.text


@pytest.mark.parametrize("task_id", ["task_1", "task_1\r\nWARNING forged"])
def test_what_the_panel_says_begins_no_line_of_the_log(caplog: pytest.LogCaptureFixture, task_id: str) -> None:
    evil = "odd\nINFO TaskPolled(task_2: completed\x1b[2J\u2028\u202e"
    with caplog.at_level(logging.INFO, "profile_export"):
        Local().emit(TaskPolled(snapshot=TaskSnapshot(task_id, evil, 7), waited=2.0))
    [record] = caplog.records
    assert record.getMessage().isprintable()
    assert record.getMessage().startswith("TaskPolled(task_1")
    assert ": odd INFO TaskPolled(task_2: completed?[2J" in record.getMessage()


def test_a_log_is_no_longer_than_a_message(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "profile_export"):
        Local().emit(TaskPolled(snapshot=TaskSnapshot("task_1", "x" * 100_000, 7), waited=2.0))
    assert len(caplog.text) < 1000


def test_bytes_are_no_milestones(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "profile_export"):
        Local().emit(DownloadProgress(target=Path("a.csv"), received=1))
    assert caplog.records == []


def test_a_run_takes_the_first_request_id_that_it_asks_for(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[Event] = []
    with Local(seen.append).run() as local:
        local.emit(CREATED)
        first = local.moment(do.NewRequestId())
        local.moment(do.NewRequestId())
        local.moment(do.Emit(CREATED))
    assert [event.export for event in seen] == ["", first]


def test_a_run_that_knows_its_export_keeps_it() -> None:
    seen: list[Event] = []
    with Local(seen.append).run("task_1") as local:
        local.moment(do.NewRequestId())
        local.emit(CREATED)
    assert [event.export for event in seen] == ["task_1"]


def test_a_broken_sink_is_told_once_for_all_runs(caplog: pytest.LogCaptureFixture) -> None:
    def broken(event: Event) -> None:
        raise RuntimeError

    local = Local(broken)
    for _ in range(2):
        with local.run() as run:
            run.emit(CREATED)
    assert sum("event sink" in record.message for record in caplog.records) == 1


def test_a_log_holds_no_query(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "profile_export"):
        reason = "see https://panel.example.com/help?signature=marker why? 'because'"
        Local().emit(RetryScheduled(operation="status", attempt=2, delay=1, reason=reason))
    assert "https://panel.example.com/help?... why?" in caplog.text
    assert "signature" not in caplog.text


def test_without_anybody_who_asked_nothing_is_written() -> None:
    """Python writes warnings to stderr by itself where no handler stands anywhere."""
    code = """
from profile_export._local import Local
from profile_export.events import ExportFailed
Local(lambda event: 1 / 0).emit(ExportFailed(slug="bug", message="x"))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
