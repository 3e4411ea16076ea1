"""Two equal exports at once, with one journal and one folder: one task, one set of right files, and no bad surprise."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract_tests.kills.checks import check_files, check_finished, check_nothing_lost, everything_below, records
from contract_tests.kills.drill import Roots, check_good, goes_on
from contract_tests.kills.runs import Program, Run, World
from profile_export import forget_export
from profile_export._download import Destination
from profile_export._resume import resume
from profile_export.errors import CreateOutcomeUnknown, ExportError, TargetExists
from profile_export.policy import RetryPolicy

STEPS = 60


def pair_of(world: World) -> tuple[Run, Run]:
    """Two runs with one record, which the first one wrote. Who looks when all is over begins a new export."""
    pair = world.start(world.export()), world.start(world.export())
    for run in pair:
        while run.effect != "OpenRecord":
            run.step()
        run.step()
    assert len(records(world)) == 1
    return pair


def download(run: Run) -> None:
    """Goes on until a file is in its part file."""
    while run.effect != "Fetch":
        run.step()
    run.step()


def play(world: World, pair: tuple[Run, Run], turns: list[tuple[int, int]]) -> None:
    """So many steps of one, then of the other, and so on; then both to their ends."""
    for which, steps in [*turns, (0, STEPS * 9), (1, STEPS * 9)]:
        for _ in range(steps):
            if not pair[which].ended:
                pair[which].step()
                check_files(world)
                check_nothing_lost(world)


def check_pair(world: World, pair: tuple[Run, Run], clear: tuple[type[ExportError], ...]) -> None:
    """At least one has the files; the other one, too, or it says why not."""
    errors = [run.error for run in pair if run.error is not None]
    assert len(errors) < 2, errors
    assert all(isinstance(error, clear) for error in errors), errors
    check_good(goes_on(world, "resume_all"))
    check_finished(world)


@pytest.mark.parametrize("first", [0, 1])
def test_one_rests_while_the_other_one_goes_the_whole_way(first: int, roots: Roots) -> None:
    for steps in range(STEPS):
        world = World.new(roots(), files=2)
        pair = pair_of(world)
        play(world, pair, [(first, steps), (1 - first, STEPS * 9)])
        check_pair(world, pair, (TargetExists,))
        shutil.rmtree(world.root)


@pytest.mark.parametrize("dies", [0, 1])
def test_what_one_leaves_that_is_killed_goes_with_the_end_of_the_other(dies: int, roots: Roots) -> None:
    world = World.new(roots(), files=1)
    pair = pair_of(world)
    for run in pair:
        download(run)
    pair[dies].kill()
    check_good(pair[1 - dies].finish())
    check_finished(world)


def test_what_a_killed_one_leaves_goes_when_another_folder_is_filled(roots: Roots) -> None:
    world = World.new(roots(), files=1)
    killed = world.start(world.export())
    download(killed)
    killed.kill()
    assert len(everything_below(world.exports)) == 2, "a part file and its record"
    [record] = records(world)

    def program() -> Program:
        return (yield resume(record, Destination(world.root / "other"), world.settings, None))

    check_good(world.start(program()).finish())
    assert everything_below(world.exports) == []


@pytest.mark.parametrize("first", [0, 1])
def test_a_forgotten_one_and_the_next_of_its_number_are_two(first: int, roots: Roots) -> None:
    world = World.new(roots(), files=1)
    pair: list[Run] = []
    for _ in range(2):
        for record in records(world):
            forget_export(world.journal, record.id)
        pair.append(world.start(world.export()))
        while pair[-1].effect != "Fetch":
            pair[-1].step()
    [record] = records(world)
    pair[first].finish()
    assert pair[first].result.task_id == f"task_{first + 1}"
    assert [it.task_id for it in records(world)] == [record.task_id], "the record is the second one's"
    assert isinstance(pair[1 - first].finish().error, TargetExists), "it is none of its own files"
    assert [it.stage for it in records(world)] == (["done"] if first else ["verified"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(turns=st.lists(st.tuples(st.integers(0, 1), st.integers(1, 12)), max_size=20), files=st.integers(1, 2))
def test_they_take_turns(turns: list[tuple[int, int]], files: int, roots: Roots) -> None:
    world = World.new(roots(), files=files)
    pair = pair_of(world)
    play(world, pair, turns)
    check_pair(world, pair, (TargetExists,))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(turns=st.lists(st.tuples(st.integers(0, 1), st.integers(1, 12)), max_size=12), dies=st.integers(0, 1))
def test_one_is_killed_among_them(turns: list[tuple[int, int]], dies: int, roots: Roots) -> None:
    world = World.new(roots(), files=2)
    pair = pair_of(world)
    for which, steps in turns:
        for _ in range(steps):
            if not pair[which].ended:
                pair[which].step()
    other = pair[1 - dies]
    # The other one looks for what is left, and then notes its end. Nobody looks again after that.
    looked = other.effect == "SaveRecord" or not any(record.pending for record in records(world))
    if not pair[dies].ended and not looked:
        pair[dies].kill()
    play(world, pair, [])
    assert other.error is None or isinstance(other.error, TargetExists), other.error
    check_good(goes_on(world, "resume_all"))
    check_finished(world)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(turns=st.lists(st.tuples(st.integers(0, 1), st.integers(1, 12)), max_size=12))
def test_a_second_task_is_never_risked(turns: list[tuple[int, int]], roots: Roots) -> None:
    world = World.new(roots(), files=1, recognises=False, retry=RetryPolicy(create="never"))
    pair = pair_of(world)
    play(world, pair, turns)
    assert world.panel.creates == 1
    check_pair(world, pair, (TargetExists, CreateOutcomeUnknown))
