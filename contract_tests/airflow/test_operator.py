"""One export as a task: created once over all tries, deferred only while the panel works, verified at the end."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from contract_tests.airflow.contexts import Store, context_with
from contract_tests.airflow.panel import Panel
from profile_export import (
    CreateOutcomeUnknown,
    DownloadPolicy,
    ExportClient,
    ExportError,
    ExportTask,
    IntegrityError,
    RateLimited,
    TargetExists,
    TaskFailed,
    UsageError,
)
from profile_export.airflow import ProfileExportOperator, ProfileExportTrigger
from profile_export.airflow._memory import KEY
from profile_export.airflow.operator import SETTLING

NOBODYS = "task_00000000-0000-4000-8000-000000000000"


def operator(to: Path, **arguments: Any) -> ProfileExportOperator:
    return ProfileExportOperator(task_id="export", source="segment:7", to=str(to), **arguments)


def run(task: ProfileExportOperator, context: Any) -> Any:
    """What a worker does at a task's beginning: its result, or the trigger that it defers to."""
    try:
        return ProfileExportOperator.execute(task, context)
    except TaskDeferred as deferred:
        return deferred.trigger


def event(trigger: ProfileExportTrigger, error: Any = None) -> dict[str, Any]:
    return {"continuation": trigger.continuation, "deadline": trigger.deadline, "error": error}


def ended(panel: Panel) -> None:
    """Lets the panel's tasks end."""
    time.sleep(1.1)


def test_it_creates_looks_defers_and_fetches(connected: Panel, tmp_path: Path) -> None:
    store, task = Store(), operator(tmp_path / "out", timeout=60)
    trigger = run(task, context_with(store))
    assert isinstance(trigger, ProfileExportTrigger)
    assert connected.seen.polls == 1
    assert trigger.deadline == pytest.approx(time.time() + 60, abs=5)
    assert trigger.earliest == pytest.approx(time.time() + SETTLING, abs=5)
    assert store.kept == {KEY: trigger.continuation}
    ended(connected)
    result = task.finish(context_with(store), event(trigger))
    [file] = result["files"]
    with Path(file["path"]).open(encoding="utf-8", newline="") as lines:
        assert len(list(csv.reader(lines))) == file["rows"] + 1
    assert result["total"] == result["rows"] == file["rows"] > 0
    assert json.loads(json.dumps(result)) == result
    assert result["task_id"] == connected.seen.created[0]
    assert store.kept == {}


def test_what_has_ended_already_is_not_deferred(connected: Panel, tmp_path: Path, monkeypatch: Any) -> None:
    """A trigger that fires at once can be missed by Airflow."""
    store = Store()
    assert isinstance(run(operator(tmp_path), context_with(store)), ProfileExportTrigger)
    ended(connected)
    result = run(operator(tmp_path), context_with(store, try_number=2))
    assert result["files"]
    assert len(connected.seen.created) == 1


@pytest.mark.parametrize("timeout", [60, None])
def test_without_a_triggerer_the_worker_waits(connected: Panel, tmp_path: Path, timeout: float | None) -> None:
    result = run(operator(tmp_path, deferrable=False, timeout=timeout), context_with(Store()))
    assert result["files"]


def test_for_ever_is_for_ever(connected: Panel, tmp_path: Path) -> None:
    trigger = run(operator(tmp_path, timeout=None), context_with(Store()))
    assert trigger.deadline is None


def test_a_retry_goes_on_with_the_task(connected: Panel, tmp_path: Path) -> None:
    store, task = Store(), operator(tmp_path)
    first = run(task, context_with(store))
    second = run(task, context_with(store, try_number=2))
    assert second.continuation == first.continuation
    assert len(connected.seen.created) == 1


def test_a_success_is_forgotten_so_that_a_cleared_task_exports_anew(connected: Panel, tmp_path: Path) -> None:
    store, task = Store(), operator(tmp_path, overwrite=True, deferrable=False)
    run(task, context_with(store))
    run(task, context_with(store))
    assert len(set(connected.seen.downloaded)) == 2


def test_a_failed_download_is_tried_again_with_the_same_task(connected: Panel, tmp_path: Path) -> None:
    store = Store()
    task = operator(tmp_path, deferrable=False)
    (tmp_path / "7_segment_export.csv").write_text("there already")
    with pytest.raises(TargetExists):
        run(task, context_with(store))
    assert store.kept
    task.overwrite = True
    assert run(task, context_with(store, try_number=2))["files"]
    assert len(connected.seen.created) == 1


@pytest.mark.parametrize("what", ["unknown", "of another panel", "no continuation"])
def test_an_earlier_task_that_is_gone_is_replaced(connected: Panel, tmp_path: Path, what: str) -> None:
    store, task = Store(), operator(tmp_path)
    run(task, context_with(store))
    text = store.kept[KEY]
    store.kept[KEY] = {
        "unknown": text.replace(connected.seen.created[0], NOBODYS),
        "of another panel": text.replace(connected.url, "https://panel.example.com"),
        "no continuation": "{}",
    }[what]
    trigger = run(task, context_with(store, try_number=2))
    assert len(connected.seen.created) == 2
    assert store.kept == {KEY: trigger.continuation}


def running(panel: Panel) -> bool:
    with panel.store.connect() as db:
        return bool(db.execute("SELECT count(*) FROM tasks WHERE state = 'running'").fetchone()[0])


def fail_all(panel: Panel) -> None:
    # Else the panel, which writes the files in a thread of its own, could have the last word.
    while running(panel):
        time.sleep(0.01)
    with panel.store.change() as db:
        db.execute("UPDATE tasks SET state = 'failed'")


def test_an_earlier_task_that_failed_is_replaced(connected: Panel, tmp_path: Path) -> None:
    store, task = Store(), operator(tmp_path)
    run(task, context_with(store))
    fail_all(connected)
    assert isinstance(run(task, context_with(store, try_number=2)), ProfileExportTrigger)
    assert len(connected.seen.created) == 2


def test_a_task_that_fails_fails_this_try_and_is_forgotten(connected: Panel, tmp_path: Path) -> None:
    store, task = Store(), operator(tmp_path)
    trigger = run(task, context_with(store))
    fail_all(connected)
    with pytest.raises(TaskFailed):
        task.finish(context_with(store), event(trigger))
    assert store.kept == {}


@pytest.mark.parametrize(
    ("slug", "kept"), [("wait-timeout", True), ("task-not-found", False), ("task-failed", False), ("bug", True)]
)
def test_what_the_trigger_met_fails_this_try(connected: Panel, tmp_path: Path, slug: str, kept: bool) -> None:
    store, task = Store(), operator(tmp_path)
    trigger = run(task, context_with(store))
    asked = connected.seen.polls
    problem = {"slug": slug, "message": "it went wrong", "hints": ["do this"]}
    with pytest.raises(ExportError, match=f"it went wrong.*{slug}") as caught:
        task.finish(context_with(store), event(trigger, problem))
    assert caught.value.hints == ("do this",)
    assert bool(store.kept) is kept
    assert connected.seen.polls == asked


def test_the_task_is_kept_before_anything_else_can_fail(connected: Panel, tmp_path: Path, monkeypatch: Any) -> None:
    """The panel dies right after the create."""
    store, task = Store(), operator(tmp_path)
    client = task._client()
    monkeypatch.setattr(task, "_client", lambda: client)
    monkeypatch.setattr(ExportTask, "watch", lambda *_, **__: iter(()))
    with pytest.raises(StopIteration):
        run(task, context_with(store))
    assert json.loads(store.kept[KEY])["task_id"] == connected.seen.created[0]


def refusing_to_create(error: ExportError, monkeypatch: Any) -> None:
    def create(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(ExportClient, "create_export", create)


def test_a_create_in_doubt_is_not_tried_again(connected: Panel, tmp_path: Path, monkeypatch: Any) -> None:
    """Another try would come under another `Request-ID`, so the panel could make a second task."""
    doubt = CreateOutcomeUnknown("it may have been created", hints=("look at the tasks", "then clear it"))
    refusing_to_create(doubt, monkeypatch)
    store = Store()
    with pytest.raises(AirflowFailException) as caught:
        run(operator(tmp_path), context_with(store))
    for words in ("it may have been created", "create-outcome-unknown", "look at the tasks", "then clear it"):
        assert words in str(caught.value)
    assert caught.value.__cause__ is doubt
    assert store.kept == {}


def test_a_create_that_failed_for_certain_may_be_tried_again(
    connected: Panel, tmp_path: Path, monkeypatch: Any
) -> None:
    refusing_to_create(RateLimited("later"), monkeypatch)
    with pytest.raises(RateLimited):
        run(operator(tmp_path), context_with(Store()))


def test_a_source_that_is_none_is_refused_before_anything_is_sent(connected: Panel, tmp_path: Path) -> None:
    task = operator(tmp_path)
    task.source = "table:1"
    with pytest.raises(UsageError, match="not a source"):
        run(task, context_with(Store()))
    assert connected.seen.created == []


def test_the_filter_and_the_policy_reach_the_client(connected: Panel, tmp_path: Path) -> None:
    task = operator(tmp_path, where={"_city": "Atlantis"}, deferrable=False)
    assert run(task, context_with(Store()))["total"] == 0
    task.download, task.overwrite = DownloadPolicy(csv_header=False), True
    with pytest.raises(IntegrityError):
        run(task, context_with(Store()))


def test_texts_are_templates() -> None:
    assert set(ProfileExportOperator.template_fields) >= {"source", "to", "where", "file_format"}
