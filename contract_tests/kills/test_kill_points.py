"""An export that ends at any moment, by a kill or with the power, is gone on with: one task, right files, no rest."""

from __future__ import annotations

import shutil

import pytest

from contract_tests.kills.checks import check_files, check_finished, check_nothing_lost, records
from contract_tests.kills.drill import (
    Roots,
    check_good,
    every_end,
    every_second_end,
    goes_on,
    killed,
    moments,
    unknown_outcome,
)
from contract_tests.kills.ends import EVERYTHING, ROUTES, Route
from contract_tests.kills.scenarios import NEVER, SCENARIOS, Scenario

pytestmark = pytest.mark.timeout(3600 if EVERYTHING else 120)
# Every moment of the first run would be a square of them all.
FIRST_ENDS = range(20, 130, 1 if EVERYTHING else 43)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.what)
def test_an_export_that_ends_anywhere_is_finished(scenario: Scenario, roots: Roots) -> None:
    assert every_end(scenario, roots) >= 100


@pytest.mark.parametrize("first", FIRST_ENDS)
def test_so_is_one_that_ends_twice(first: int, roots: Roots) -> None:
    assert every_second_end(SCENARIOS[0], first, roots) >= 10


@pytest.mark.parametrize("route", ROUTES)
def test_a_second_task_is_never_risked_where_nobody_would_notice(route: Route, roots: Roots) -> None:
    unknown, whole = 0, 0
    for dies_at in range(1, sum(moments(NEVER, roots).values()) + 1):
        world = killed(NEVER, dies_at, roots)
        for _ in range(2):
            run = goes_on(world, route)
            check_files(world)
            check_nothing_lost(world)
            assert world.panel.creates <= 1, "a second create could have made a second task"
        if unknown_outcome(run):
            assert [record.stage for record in records(world)] == ["intent"]
            unknown += 1
        else:
            check_good(run)
            check_finished(world)
            whole += 1
        shutil.rmtree(world.root)
    assert unknown > 5, "between the intent and the answer"
    assert whole > 100
