"""Going on with the task of an earlier run, which the panel may not know yet, as in the run that created it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from contract_tests.workflow.test_records import DRAFT
from contract_tests.workflow.worlds import FOLDER, TASK, World, completed, settings
from profile_export import errors
from profile_export._download import Destination
from profile_export._entry import Entry
from profile_export._workflow import go_on
from profile_export.policy import PollPolicy

GRACE = PollPolicy().not_found_grace


def known_after(seconds: float) -> Callable[[float], Any]:
    """A panel that knows the task only so long after the world began."""
    known = World().now + seconds

    def states(now: float) -> Any:
        return completed() if now >= known else errors.TaskNotFound("the panel doesn't know the task")

    return states


def attach(world: World, age: float | None) -> None:
    """Goes on with a task of that age, by the clock on the wall; the export itself began an hour before it."""
    created_at = None if age is None else world.wall + world.now - age
    began = world.wall + world.now - 3600
    record = attrs.evolve(DRAFT, stage="created", task_id=TASK, created_at=began, task_created_at=created_at)
    world.run(go_on(Entry(record, kept=False), Destination(FOLDER), settings(), 3600))


@pytest.mark.parametrize(("age", "left"), [(0, GRACE), (GRACE - 5, 5), (-3600, GRACE)])
def test_what_is_left_of_the_time_is_waited(age: float, left: float) -> None:
    attach(World(states=known_after(left - 1)), age)
    late = World(states=known_after(left + 1))
    began = late.now
    with pytest.raises(errors.TaskNotFound):
        attach(late, age)
    assert late.now - began == left


@pytest.mark.parametrize("age", [GRACE, 3600, None])
def test_an_old_task_that_is_unknown_is_lost_at_once(age: float | None) -> None:
    world = World(states=known_after(1))
    with pytest.raises(errors.TaskNotFound):
        attach(world, age)
    assert world.slept == []
