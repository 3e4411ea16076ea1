"""Ends exports at every moment there is, goes on with them, and checks."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from contract_tests.kills.checks import check_files, check_finished, check_nothing_lost, records
from contract_tests.kills.ends import ENDS, ROUTES, Loss, Route, chosen
from contract_tests.kills.machine import Moment
from contract_tests.kills.runs import Run, World
from contract_tests.kills.scenarios import Scenario
from profile_export.errors import CreateOutcomeUnknown

# Gives a new folder.
Roots: TypeAlias = Callable[[], Path]


def moments(scenario: Scenario, roots: Roots) -> Counter[Moment]:
    """How many moments there are in a whole export, by kind."""
    world = scenario.world(roots())
    run = world.start(world.export()).finish()
    assert run.error is None, run.error
    check_finished(world)
    shutil.rmtree(world.root)
    return run.process.seen


def killed(scenario: Scenario, dies_at: int, roots: Roots, loss: Loss | None = None) -> World:
    """What an export leaves that ends at that moment, by a kill or with the power."""
    world = scenario.world(roots())
    assert world.start(world.export(), dies_at).finish().killed
    lose(world, loss)
    scenario.meanwhile(world)
    return world


def lose(world: World, loss: Loss | None) -> None:
    if loss is not None:
        world.machine.lose_power(loss.names, lambda: loss.bytes_left)
    check_files(world)
    check_nothing_lost(world)


def goes_on(world: World, route: Route, dies_at: int | None = None) -> Run:
    """Goes on with what was left. What is done already is not exported anew, and what never began is."""
    stages = {record.stage for record in records(world)}
    if not stages:
        route = "export"
    elif stages == {"done"}:
        route = "resume_all"
    return world.start(getattr(world, route)(), dies_at).finish()


def check_good(run: Run) -> None:
    """It was killed, or every export of it came to its good end."""
    assert run.error is None, run.error
    bad = [outcome for outcome in run.result if isinstance(outcome, Exception)] if isinstance(run.result, list) else []
    assert not bad, bad


def every_end(scenario: Scenario, roots: Roots) -> int:
    """Ends the export at every moment, goes on, and checks; gives the number of ends."""
    ends = 0
    for dies_at in range(1, sum(moments(scenario, roots).values()) + 1):
        for loss, route in chosen(dies_at):
            world = killed(scenario, dies_at, roots, loss)
            check_good(goes_on(world, route))
            check_finished(world)
            shutil.rmtree(world.root)
            ends += 1
    return ends


def every_second_end(scenario: Scenario, first: int, roots: Roots) -> int:
    """Ends the export at a moment, and what goes on with it at every moment, too; gives the number of ends."""
    second = 0
    while True:
        second += 1
        loss, route = ENDS[(first + second) % len(ENDS)], ROUTES[second % 2]
        world = killed(scenario, first, roots, loss)
        again = goes_on(world, route, second)
        if again.killed:
            lose(world, loss)
            check_good(goes_on(world, route))
        check_good(again)
        check_finished(world)
        shutil.rmtree(world.root)
        if not again.killed and route == ROUTES[1]:
            return second - 1


def unknown_outcome(run: Run) -> bool:
    """Whether the run reported that nobody knows whether the task exists."""
    errors = run.result if isinstance(run.result, list) else [run.error]
    return any(isinstance(error, CreateOutcomeUnknown) for error in errors)
