"""Step 2: the wait ends when the task does, when its time is over, or when nobody knows the task."""

from __future__ import annotations

import math
from typing import Any

import pytest

from contract_tests.workflow.worlds import LINK, OTHER_LINK, TASK, World, completed, settings, state
from profile_export import _effects as do
from profile_export import errors
from profile_export._wait import Completion, Wait, status_of
from profile_export.events import TaskPolled
from profile_export.policy import PollPolicy
from profile_export.types import TaskSnapshot

EXACT = PollPolicy(jitter=0)
UNKNOWN = errors.TaskNotFound("the panel doesn't know the task")


def wait(world: World, timeout: float | None = None, *, created: bool = False, poll: PollPolicy = EXACT) -> Completion:
    created_at = world.now if created else None
    return world.run(Wait(TASK, settings(poll=poll), timeout, "csv", created_at).finish())


@pytest.mark.parametrize("word", ["completed", "success", "Completed", "SUCCESS"])
def test_both_final_words_end_the_wait(word: str) -> None:
    world = World(states=[state("running", 10), state(word, 100, total=3, urls=(LINK,))])
    assert wait(world) == Completion(TASK, 3, (LINK,), (), "csv")
    assert world.deeds == ["GetStatus", "GetStatus"]


def test_the_first_question_is_asked_at_once_and_the_task_is_named() -> None:
    world = World()
    wait(world)
    assert world.slept == []
    assert world.all(do.GetStatus) == [do.GetStatus(TASK)]


def test_every_answer_is_told() -> None:
    world = World(states=[state("queued", 0), state("running", 50), completed()])
    wait(world)
    polled = [event for event in world.events if isinstance(event, TaskPolled)]
    assert [(event.snapshot.status, event.waited) for event in polled] == [
        ("queued", 0),
        ("running", 1),
        ("completed", 2),
    ]


@pytest.mark.parametrize("word", ["failed", "error", "canceled", "cancelled", "aborted", "expired", "FAILED"])
def test_a_word_of_failure_ends_the_wait(word: str) -> None:
    world = World(states=[state(word, 40, errors=("disk full", {"code": 7}))])
    with pytest.raises(errors.TaskFailed) as caught:
        wait(world)
    assert (caught.value.status, caught.value.errors) == (word, ("disk full", {"code": 7}))
    assert caught.value.task_id == TASK
    assert "disk full" in str(caught.value)


def test_a_failure_s_own_words_stay_on_one_line() -> None:
    world = World(states=[state("failed", 40, errors=("\x1b[2J\n" * 10_000,))])
    with pytest.raises(errors.TaskFailed) as caught:
        wait(world)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 700


def test_warnings_of_a_finished_task_are_kept() -> None:
    assert wait(World(states=[completed(errors=("odd row", 7))])).warnings == ("odd row", "7")


@pytest.mark.parametrize("progress", [0, 50, 99, -1])
def test_an_unknown_word_means_that_the_task_runs(progress: int) -> None:
    world = World(states=[state("thinking", progress)] * 3 + [completed()])
    assert wait(world).total == 3


def test_an_unknown_word_at_100_percent_is_borne_for_a_while() -> None:
    world = World(states=lambda now: state("archived", 100) if now < 5059 else completed())
    assert wait(world).total == 3


def test_an_unknown_word_at_100_percent_is_not_borne_for_ever() -> None:
    world = World(states=[state("running", 90), state("archived", 100)])
    with pytest.raises(errors.UnknownTaskState, match="archived") as caught:
        wait(world)
    assert 60 <= world.now - 5001 < 70
    assert caught.value.task_id == TASK


def test_patience_begins_anew_when_the_task_runs_again() -> None:
    world = World(states=lambda now: state("archived", 100 if int(now / 20) % 2 else 99) if now < 5400 else completed())
    assert wait(world).total == 3


@pytest.mark.parametrize("timeout", [0, 0.5, 1, 7, 60, 3600])
def test_a_timeout_asks_a_last_time_at_its_very_end(timeout: float) -> None:
    asked: list[float] = []

    def answer(now: float) -> Any:
        asked.append(now - 5000)
        return state("running", 12)

    world = World(states=answer)
    with pytest.raises(errors.WaitTimeout, match="12 percent") as caught:
        wait(world, timeout)
    assert asked[-1] == pytest.approx(timeout)
    assert world.now - 5000 == pytest.approx(timeout)
    assert caught.value.task_id == TASK
    assert caught.value.hints
    assert isinstance(caught.value, TimeoutError)


def test_a_task_that_ends_at_the_last_moment_is_a_success() -> None:
    world = World(states=lambda now: completed() if now >= 5010 else state("running", 1))
    assert wait(world, 10).total == 3


@pytest.mark.parametrize("timeout", [None, math.inf])
def test_for_ever_is_for_ever(timeout: float | None) -> None:
    world = World(states=lambda now: completed() if now >= 5000 + 86_400 else state("running", 1))
    assert wait(world, timeout).total == 3
    assert max(world.slept) == 30


def test_time_passes_while_a_panel_thinks() -> None:
    world = World(states=[state("running", 1)], latency=4)
    with pytest.raises(errors.WaitTimeout):
        wait(world, 10)
    assert world.now - 5000 <= 10 + 4


def test_passing_failures_are_repeated_within_the_wait() -> None:
    failures = [errors.ResponseLost("lost"), errors.ServerError("502"), errors.RateLimited("429", retry_after=5.0)]
    world = World(states=[*failures, completed()])
    assert wait(world, 60).total == 3
    assert world.slept == [0.375, 0.75, 5]


def test_a_repetition_that_passes_the_deadline_fails_at_once() -> None:
    world = World(states=[state("running", 1), errors.RateLimited("429", retry_after=50.0)])
    with pytest.raises(errors.RateLimited) as caught:
        wait(world, 20)
    assert world.slept == [1]
    assert (caught.value.operation, caught.value.task_id) == ("status", TASK)


@pytest.mark.parametrize("error", [errors.AuthenticationError("no"), errors.ContractError("odd")])
def test_lasting_failures_end_the_wait(error: errors.ExportError) -> None:
    with pytest.raises(type(error)) as caught:
        wait(World(states=[error]))
    assert (caught.value.operation, caught.value.task_id) == ("status", TASK)


@pytest.mark.parametrize("unknown_for", [0, 1, 5, 14.9])
def test_a_new_task_may_be_unknown_for_a_moment(unknown_for: float) -> None:
    world = World(states=lambda now: UNKNOWN if now - 5000 < unknown_for else completed())
    assert wait(world, created=True).total == 3


def test_a_new_task_is_not_unknown_for_longer() -> None:
    world = World(states=[UNKNOWN])
    with pytest.raises(errors.TaskNotFound):
        wait(world, created=True)
    assert world.now - 5000 == pytest.approx(15)


@pytest.mark.parametrize("timeout", [0, 4.5])
def test_the_grace_for_a_new_task_ends_with_the_time_of_the_wait(timeout: float) -> None:
    world = World(states=[UNKNOWN])
    with pytest.raises(errors.TaskNotFound):
        wait(world, timeout, created=True)
    assert world.now - 5000 == pytest.approx(timeout)


@pytest.mark.parametrize(("age", "left"), [(0, 15), (4, 11), (14.5, 0.5), (15, 0), (900, 0)])
def test_the_grace_counts_from_the_create_for_single_questions_too(age: float, left: float) -> None:
    world = World(states=[UNKNOWN])
    with pytest.raises(errors.TaskNotFound):
        world.run(status_of(TASK, world.now - age, settings(poll=EXACT)))
    assert world.now - 5000 == pytest.approx(left)
    world = World(states=lambda now: UNKNOWN if now - 5000 < left else completed())
    assert world.run(status_of(TASK, world.now - age, settings(poll=EXACT))) == completed()


def test_a_task_given_by_its_id_has_no_grace() -> None:
    world = World(states=[UNKNOWN])
    with pytest.raises(errors.TaskNotFound):
        wait(world)
    assert world.slept == []


def test_a_task_that_was_known_has_no_grace() -> None:
    world = World(states=[state("running", 1), UNKNOWN])
    with pytest.raises(errors.TaskNotFound):
        wait(world, created=True)
    assert world.slept == [1]


@pytest.mark.parametrize(
    ("result", "missing"),
    [({}, "total"), ({"urls": (LINK,)}, "total"), ({"total": 3}, "urls"), ({"total": 3, "urls": ()}, "urls")],
)
def test_a_finished_task_without_its_files_breaks_the_contract(result: dict[str, Any], missing: str) -> None:
    with pytest.raises(errors.ContractError, match=missing) as caught:
        wait(World(states=[state("completed", 100, **result)]))
    assert caught.value.task_id == TASK


def test_an_empty_export_needs_no_file() -> None:
    assert wait(World(states=[completed(total=0, urls=())])) == Completion(TASK, 0, (), (), "csv")


def test_several_files_keep_their_order() -> None:
    assert wait(World(states=[completed(urls=(OTHER_LINK, LINK))])).urls == (OTHER_LINK, LINK)


def test_a_wait_can_be_watched_step_by_step() -> None:
    world = World(states=[state("queued", 0), state("running", 50), completed()])
    waiting = Wait(TASK, settings(poll=EXACT), 60)
    seen: list[TaskSnapshot] = []
    while not seen or not waiting.ended(seen[-1]):
        world.now += 3  # what a watcher does between two steps is part of the wait
        seen.append(world.run(waiting.step()))
    assert [snapshot.status for snapshot in seen] == ["queued", "running", "completed"]
    assert world.now - 5003 == pytest.approx(2 * 3 + sum(world.slept))
