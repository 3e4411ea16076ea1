"""All three steps as one flow: what happens in which order, and what never happens after a failure."""

from __future__ import annotations

import pytest

from contract_tests.workflow.worlds import FOLDER, LINK, TASK, World, completed, fetched, settings, state
from profile_export import _effects as do
from profile_export import errors
from profile_export._download import Destination
from profile_export._requests import ExportRequest
from profile_export._workflow import export
from profile_export.events import (
    DownloadFinished,
    ExportFinished,
    ExportStarted,
    FilePublished,
    TaskCreated,
    TaskPolled,
)
from profile_export.types import Database, DownloadedExport, Segment

REQUEST = ExportRequest(Database(1), "csv", None)


def run(world: World, timeout: float | None = 3600, request: ExportRequest = REQUEST) -> DownloadedExport:
    return world.run(export(request, Destination(FOLDER), settings(), timeout))


def test_the_three_steps_in_their_order() -> None:
    world = World(states=[state("queued", 0), state("running", 40), completed()])
    result = run(world)
    assert (result.task_id, result.total, result.rows) == (TASK, 3, 3)
    assert [file.path for file in result.files] == [FOLDER / "1_database_export.csv"]
    assert world.deeds == [
        *("NewRequestId", "PrepareDirectory", "CreateTask", "GetStatus", "GetStatus", "GetStatus"),
        *("PrepareDirectory", "Modified", "Fetch", "Publish"),
    ]
    told = [type(event) for event in world.events]
    assert told == [ExportStarted, TaskCreated, *[TaskPolled] * 3, DownloadFinished, FilePublished, ExportFinished]


def test_the_folder_is_proved_writable_before_a_task_is_made() -> None:
    world = World(failures={do.PrepareDirectory: errors.DownloadError("can't write")})
    with pytest.raises(errors.DownloadError):
        run(world)
    assert world.deeds == ["NewRequestId", "PrepareDirectory"]


def test_the_asked_format_reaches_the_download() -> None:
    world = World(fetches=[fetched(None)])
    assert run(world, request=ExportRequest(Segment(7), "json", {"a": 1})).rows is None
    assert [create.file_format for create in world.all(do.CreateTask)] == ["json"]
    assert [fetch.file_format for fetch in world.all(do.Fetch)] == ["json"]


def test_a_new_task_may_be_unknown_for_a_moment() -> None:
    unknown = errors.TaskNotFound("the panel doesn't know the task")
    assert run(World(states=[unknown, unknown, completed()])).total == 3


def test_without_a_task_nothing_is_asked() -> None:
    world = World(creates=[errors.AuthenticationError("no")])
    with pytest.raises(errors.AuthenticationError):
        run(world)
    assert world.deeds[-1] == "CreateTask"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (state("failed", 10), errors.TaskFailed),
        (state("completed", 100), errors.ContractError),
        (errors.AuthenticationError("no"), errors.AuthenticationError),
        (state("running", 10), errors.WaitTimeout),
    ],
)
def test_without_a_result_nothing_is_fetched(answer: object, kind: type[errors.ExportError]) -> None:
    world = World(states=[answer])
    with pytest.raises(kind) as caught:
        run(world, timeout=30)
    assert world.all(do.Fetch) == []
    assert caught.value.task_id == TASK


def test_a_taken_name_is_found_before_anything_is_fetched() -> None:
    world = World(existing=[FOLDER / "1_database_export.csv"])
    with pytest.raises(errors.TargetExists):
        run(world)
    assert world.all(do.Fetch) == []


def test_an_empty_export_is_a_success_without_files() -> None:
    assert run(World(states=[completed(total=0, urls=())])).files == ()


def test_a_mismatch_rejects_and_never_publishes() -> None:
    world = World(states=[completed(total=4)])
    with pytest.raises(errors.IntegrityError):
        run(world)
    assert world.deeds[-1] == "Reject"


def test_a_flow_does_nothing_by_itself() -> None:
    flow = export(REQUEST, Destination(FOLDER), settings(), None)
    assert next(flow) == do.NewRequestId()
    flow.close()


def test_both_generations_of_answers_lead_to_the_same_result() -> None:
    old = state("success", 100, total=3, urls=("/api/download/6b248de2/1_database_export.csv",))
    new = completed(urls=(LINK,), source_id=1, source_type="database")
    assert run(World(states=[old])) == run(World(states=[new]))
