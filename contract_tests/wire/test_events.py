"""Whoever watches several exports can tell their events apart, and sees each one begin and end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.wire.dialogue import ONCE, TASK, Mode, Panel, completed, refused
from profile_export import (
    Database,
    DownloadStarted,
    Event,
    ExportFailed,
    ExportFinished,
    ExportStarted,
    FilePublished,
    RetryScheduled,
    Segment,
    TaskCreated,
    TaskPolled,
    errors,
)


def told(mode: Mode, *steps: Any, **options: Any) -> list[Event]:
    events: list[Event] = []
    mode.speak(*steps, on_event=events.append, **options)
    return events


def fails(mode: Mode, kind: type[BaseException], *steps: Any, **options: Any) -> list[Event]:
    events: list[Event] = []
    with pytest.raises(kind):
        mode.speak(*steps, on_event=events.append, **options)
    return events


def exports(events: list[Event]) -> set[str]:
    return {event.export for event in events}


def test_all_events_of_an_export_share_its_request_id(panel: Panel, style_mode: Mode, tmp_path: Path) -> None:
    panel.whole()
    events = told(style_mode, lambda client: client.export(Database(1), to=tmp_path))
    assert exports(events) == {panel.requests[0].headers["Request-ID"]}
    assert {type(event) for event in events} >= {TaskCreated, TaskPolled, DownloadStarted, FilePublished}
    assert events[0] == ExportStarted(source="database:1", task_id=None, export=events[0].export)
    assert events[-1] == ExportFinished(files=1, total=2, export=events[0].export)


def test_two_exports_are_told_apart(panel: Panel, style_mode: Mode, tmp_path: Path) -> None:
    panel.whole()
    first = told(style_mode, lambda client: client.export(Database(1), to=tmp_path / "a"))
    second = told(style_mode, lambda client: client.export(Segment(7), to=tmp_path / "b"))
    assert len(exports(first + second)) == 2


def test_a_client_can_run_one_export_after_another(panel: Panel, tmp_path: Path) -> None:
    panel.whole()

    def twice(client: Any) -> None:
        client.export(Database(1), to=tmp_path / "a")
        client.export(Database(1), to=tmp_path / "b")

    events = told(Mode(), twice)
    starts = [event for event in events if isinstance(event, ExportStarted)]
    assert len(exports(events)) == len({start.export for start in starts}) == 2


def test_a_task_that_exists_already_is_told_by_its_id(panel: Panel, style_mode: Mode, tmp_path: Path) -> None:
    panel.whole()
    events = told(style_mode, lambda client: client.download(TASK, tmp_path))
    assert exports(events) == {TASK}
    assert events[0] == ExportStarted(source=None, task_id=TASK, export=TASK)
    assert events[-1] == ExportFinished(files=1, total=2, export=TASK)


def test_steps_one_by_one_share_the_id_of_their_create(panel: Panel, style_mode: Mode, tmp_path: Path) -> None:
    panel.whole()
    events = told(
        style_mode,
        lambda client: client.create_export(Database(1)),
        lambda task: task.wait(),
        lambda done: done.download(tmp_path),
    )
    assert exports(events) == {panel.requests[0].headers["Request-ID"]}
    assert [type(event) for event in events if "Export" in type(event).__name__] == [ExportStarted, ExportFinished]


@pytest.mark.parametrize("step", ["status", "wait", "watch"])
def test_a_question_about_a_task_is_told_by_its_id(panel: Panel, style_mode: Mode, step: str) -> None:
    panel.status(httpx.ConnectError("down"), completed())
    events = told(style_mode, lambda client: getattr(client, step)(TASK))
    assert exports(events) == {TASK}
    assert isinstance(events[0], RetryScheduled)


def test_a_failure_is_told_as_the_end(panel: Panel, style_mode: Mode, tmp_path: Path) -> None:
    panel.create(refused(400, "Incorrect request"))
    events = fails(style_mode, errors.InvalidRequest, lambda client: client.export(Database(1), to=tmp_path))
    assert [type(event).__name__ for event in events] == ["ExportStarted", "ExportFailed"]
    end = events[-1]
    assert isinstance(end, ExportFailed)
    assert (end.slug, end.export) == ("invalid-request", events[0].export)
    assert "Incorrect request" in end.message


@pytest.mark.parametrize(("error", "slug"), [(RuntimeError("secret"), "bug"), (KeyboardInterrupt(), "interrupted")])
def test_an_end_that_nobody_foresees_is_told_too(
    style_mode: Mode, tmp_path: Path, error: BaseException, slug: str
) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    transport = httpx.MockTransport(answer)
    run = lambda client: client.export(Database(1), to=tmp_path)  # noqa: E731
    events = fails(style_mode, type(error), run, transport=transport, retry=ONCE)
    assert events[1:] == [ExportFailed(slug=slug, message=type(error).__name__, export=events[0].export)]


def test_an_argument_that_cant_be_used_begins_nothing(style_mode: Mode, tmp_path: Path) -> None:
    bad: Any = "database:1"
    assert fails(style_mode, errors.UsageError, lambda client: client.export(bad, to=tmp_path)) == []
