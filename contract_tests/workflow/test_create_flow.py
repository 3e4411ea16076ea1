"""Step 1: one task for one call, whatever happens on the way, or the plain truth that nobody knows."""

from __future__ import annotations

import pytest

from contract_tests.workflow.worlds import TASK, World, settings
from profile_export import _effects as do
from profile_export import errors
from profile_export._requests import ExportRequest, Settings
from profile_export._workflow import create_only
from profile_export.events import RetryScheduled, TaskCreated
from profile_export.policy import RetryPolicy
from profile_export.types import Database, Segment

REQUEST = ExportRequest(Database(1), "csv", {"occupation": "doctor"})
LOST = errors.ResponseLost("the connection broke")
LATE = errors.RequestTimeout("no answer in time")
DOWN = errors.ConnectFailed("no route")
BUSY = errors.ServerError("the panel failed", code=500, http_status=200)
SLOW = errors.RateLimited("slow", retry_after=30.0)
NEVER = RetryPolicy(create="never")


def create(request: ExportRequest, with_: Settings) -> do.Flow[str]:
    task_id, _, _ = yield from create_only(request, with_)
    return task_id


def test_one_request_makes_one_task() -> None:
    world = World()
    assert world.run(create(REQUEST, settings())) == TASK
    assert world.deeds == ["NewRequestId", "CreateTask"]
    assert world.all(do.CreateTask) == [do.CreateTask(Database(1), "csv", {"occupation": "doctor"}, "request-1")]
    assert world.events == [TaskCreated(task_id=TASK, request_id="request-1")]


def test_every_repetition_carries_the_same_request_id() -> None:
    world = World(creates=[LOST, BUSY, SLOW, DOWN, LATE, TASK])
    assert world.run(create(REQUEST, settings())) == TASK
    assert len(world.all(do.CreateTask)) == 6
    assert len(set(map(repr, world.all(do.CreateTask)))) == 1
    assert world.slept == [0.375, 0.75, 30, 3, 6]


def test_every_call_has_a_request_id_of_its_own() -> None:
    world = World()
    for source in (Database(1), Database(1), Segment(7)):
        world.run(create(ExportRequest(source), settings()))
    assert [effect.request_id for effect in world.all(do.CreateTask)] == ["request-1", "request-2", "request-3"]


def test_every_repetition_is_announced() -> None:
    world = World(creates=[LOST, DOWN, TASK])
    world.run(create(REQUEST, settings()))
    scheduled = [event for event in world.events if isinstance(event, RetryScheduled)]
    assert [(event.operation, event.attempt, event.delay) for event in scheduled] == [
        ("create", 2, 0.375),
        ("create", 3, 0.75),
    ]
    assert scheduled[0].reason == str(LOST)


@pytest.mark.parametrize("error", [LOST, LATE, BUSY], ids=["lost", "late", "busy"])
def test_without_repetition_an_unsure_outcome_is_called_so(error: errors.ExportError) -> None:
    world = World(creates=[error])
    with pytest.raises(errors.CreateOutcomeUnknown) as caught:
        world.run(create(REQUEST, settings(retry=NEVER)))
    assert len(world.all(do.CreateTask)) == 1
    assert caught.value.__cause__ is error
    assert (caught.value.operation, caught.value.request_id) == ("create", "request-1")
    assert caught.value.hints


@pytest.mark.parametrize("error", [DOWN, SLOW], ids=["down", "slow"])
def test_without_repetition_what_was_not_carried_out_is_repeated_all_the_same(error: errors.ExportError) -> None:
    assert World(creates=[error, error, TASK]).run(create(REQUEST, settings(retry=NEVER))) == TASK


@pytest.mark.parametrize(
    "last",
    [
        LOST,
        LATE,
        BUSY,
        DOWN,
        SLOW,
        errors.AuthenticationError("no"),
        errors.InvalidRequest("no"),
        errors.ContractError("odd"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_early_attempt_that_may_have_got_through_leaves_the_outcome_unknown(last: errors.ExportError) -> None:
    """A later attempt that fails for sure says nothing about the first one."""
    world = World(creates=[LOST, last])
    with pytest.raises(errors.CreateOutcomeUnknown):
        world.run(create(REQUEST, settings()))


@pytest.mark.parametrize(
    "error",
    [DOWN, SLOW, errors.AuthenticationError("no"), errors.ApiError("no", code=440), errors.ContractError("odd")],
    ids=lambda error: type(error).__name__,
)
def test_a_task_that_surely_was_not_made_is_no_riddle(error: errors.ExportError) -> None:
    world = World(creates=[error])
    with pytest.raises(type(error)) as caught:
        world.run(create(REQUEST, settings()))
    assert caught.value is error
    assert (error.operation, error.request_id) == ("create", "request-1")
    assert not any(isinstance(event, TaskCreated) for event in world.events)


@pytest.mark.parametrize("attempts", [1, 2, 6])
def test_a_request_is_sent_so_many_times_at_most(attempts: int) -> None:
    world = World(creates=[DOWN])
    with pytest.raises(errors.ConnectFailed):
        world.run(create(REQUEST, settings(retry=RetryPolicy(attempts=attempts))))
    assert len(world.all(do.CreateTask)) == attempts
    assert len(world.slept) == attempts - 1


def test_a_usage_error_is_never_repeated() -> None:
    world = World(creates=[errors.UsageError("a key that is no XML name")])
    with pytest.raises(errors.UsageError):
        world.run(create(REQUEST, settings()))
    assert world.slept == []


def test_a_panel_that_asks_for_days_gets_its_answer_at_once() -> None:
    world = World(creates=[errors.RateLimited("slow", retry_after=86_400.0)])
    with pytest.raises(errors.RateLimited) as caught:
        world.run(create(REQUEST, settings()))
    assert caught.value.retry_after == 86_400
    assert world.slept == []
