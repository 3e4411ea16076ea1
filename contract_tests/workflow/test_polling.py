"""When a task is asked for again: often enough to notice its end soon, seldom enough not to pester the panel."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.workflow.worlds import TASK, World, completed, settings, state
from profile_export import _effects as do
from profile_export._polling import Observation, Verdict, base_delay, judge, next_delay, observe, remaining
from profile_export._wait import Wait
from profile_export.policy import PollPolicy

seconds = st.floats(min_value=0, max_value=1e6)
draws = st.floats(min_value=0, max_value=1, exclude_max=True)
progresses = st.integers(min_value=-200, max_value=300)
policies = st.builds(
    PollPolicy,
    min_delay=st.floats(min_value=0, max_value=100),
    max_delay=st.floats(min_value=0, max_value=100),
    fraction=st.floats(min_value=0, max_value=2),
    jitter=st.floats(min_value=0, max_value=0.99),
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Observation, ...]:
    """What any panel may have told, in the order of time."""
    history: tuple[Observation, ...] = ()
    for at in sorted(draw(st.lists(seconds, max_size=6))):
        history = observe(history, Observation(at, draw(progresses)))
    return history


@given(policy=policies, waited=seconds, history=histories(), draw=draws)
def test_a_delay_stays_within_its_bounds(
    policy: PollPolicy, waited: float, history: tuple[Observation, ...], draw: float
) -> None:
    delay = next_delay(policy, waited=waited, history=history, draw=draw)
    highest = 3 * base_delay(policy, waited) * (1 + policy.jitter)
    assert 0 <= policy.min_delay * (1 - policy.jitter) * 0.999_999 <= delay <= highest * 1.000_001


@given(policy=policies, waited=seconds, draw=draws)
def test_without_progress_the_delay_is_the_base_with_jitter(policy: PollPolicy, waited: float, draw: float) -> None:
    base = base_delay(policy, waited)
    assert base >= policy.min_delay
    assert base <= max(policy.max_delay, policy.min_delay)
    for history in ((), (Observation(0, 40),)):
        delay = next_delay(policy, waited=waited, history=history, draw=draw)
        assert delay == pytest.approx(base * (1 + policy.jitter * (2 * draw - 1)))


def test_the_defaults_ask_as_documented() -> None:
    policy = PollPolicy(jitter=0)
    assert [base_delay(policy, waited) for waited in (0, 5, 10, 100, 300, 10_000)] == [1, 1, 1, 10, 30, 30]


def test_jitter_goes_both_ways() -> None:
    policy = PollPolicy()
    delays = [next_delay(policy, waited=100, history=(), draw=draw) for draw in (0, 0.5, 0.999_999)]
    assert delays == pytest.approx([9, 10, 11], rel=1e-4)


def test_half_of_the_estimated_rest_is_waited() -> None:
    history = (Observation(40, 20), Observation(60, 60))
    assert remaining(history, 60) == pytest.approx(20)
    assert next_delay(PollPolicy(jitter=0), waited=60, history=history, draw=0.5) == pytest.approx(10)


def test_a_far_estimate_stretches_a_delay_three_times_at_most() -> None:
    history = (Observation(50, 1), Observation(60, 2))
    assert next_delay(PollPolicy(jitter=0), waited=60, history=history, draw=0.5) == pytest.approx(18)


@pytest.mark.parametrize(
    ("first", "second"),
    [(50, 50), (50, 40), (-1, 20), (50, 100), (50, 250)],
    ids=["stays", "goes back", "negative", "full", "beyond full"],
)
def test_progress_that_tells_nothing_gives_no_estimate(first: int, second: int) -> None:
    assert remaining((Observation(10, first), Observation(20, second)), 20) is None


def test_progress_at_one_moment_gives_no_estimate() -> None:
    assert remaining((Observation(10, 10), Observation(10, 20)), 10) is None


def test_an_estimate_that_has_passed_is_none() -> None:
    history = (Observation(10, 50), Observation(20, 99))
    assert remaining(history, 20.1) is not None
    assert remaining(history, 21) is None


def test_progress_that_goes_back_forgets_the_slope() -> None:
    history = observe((Observation(1, 10), Observation(2, 60)), Observation(3, 20))
    assert history == (Observation(3, 20),)


@given(histories(), progresses)
def test_two_observations_are_kept_at_most(history: tuple[Observation, ...], progress: int) -> None:
    seen = Observation(2e6, progress)
    after = observe(history, seen)
    assert len(after) <= 2
    assert after[-1].progress == progress


@pytest.mark.parametrize(
    ("status", "progress", "verdict"),
    [
        ("completed", 100, "completed"),
        ("success", 100, "completed"),
        ("Completed", 7, "completed"),
        ("failed", 100, "failed"),
        ("error", 0, "failed"),
        ("CANCELED", 10, "failed"),
        ("cancelled", 10, "failed"),
        ("aborted", 10, "failed"),
        ("expired", 10, "failed"),
        ("in_progress", 99, "running"),
        ("nobody knows", 0, "running"),
        ("nobody knows", 100, "unknown"),
        ("nobody knows", 101, "unknown"),
    ],
)
def test_what_a_status_word_means(status: str, progress: int, verdict: Verdict) -> None:
    assert judge(state(status, progress)) == verdict


def polls(duration: float, progress: Callable[[float], int], seed: int) -> tuple[list[float], float]:
    """The times of a wait's questions for a task of some duration, and when its end was noticed."""
    began = 5000.0

    def answer(now: float) -> object:
        return completed() if now - began >= duration else state("running", progress(now - began))

    world = World(states=answer, draw=random.Random(seed).random)
    asked: list[float] = []

    def noting(now: float) -> object:
        asked.append(now - began)
        return answer(now)

    world.states = noting
    world.run(Wait(TASK, settings(), None).finish())
    assert world.count(do.GetStatus) == len(asked)
    return asked, world.now - began


@given(duration=st.floats(min_value=0, max_value=5000), seed=st.integers(0, 100))
def test_a_silent_task_is_noticed_late_by_a_tenth_of_its_duration(duration: float, seed: int) -> None:
    asked, noticed = polls(duration, lambda _: 0, seed)
    assert asked[0] == 0
    assert noticed - duration <= min(max(1, 0.1 * duration), 30) * 1.1 + 1e-6


@given(duration=st.floats(min_value=0, max_value=5000), seed=st.integers(0, 100))
def test_an_honest_task_is_noticed_soon(duration: float, seed: int) -> None:
    _, noticed = polls(duration, lambda at: int(100 * at / duration), seed)
    assert noticed - duration <= min(max(1, 0.1 * duration), 30) * 1.1 + 1e-6


def test_an_hour_of_silence_costs_few_questions() -> None:
    for seed in range(5):
        assert len(polls(3600, lambda _: 0, seed)[0]) <= 180


def test_a_task_that_hangs_at_99_percent_is_not_pestered() -> None:
    """Half of an estimate that has long passed is no delay."""
    for seed in range(5):
        asked, _ = polls(3600, lambda at: min(int(5 * at), 99), seed)
        assert len(asked) <= 190
        assert min(later - sooner for sooner, later in itertools.pairwise(asked) if sooner > 600) >= 27


@given(lies=st.lists(progresses, min_size=1, max_size=60), seed=st.integers(0, 100))
def test_lies_cost_few_questions(lies: list[int], seed: int) -> None:
    told = itertools.cycle(lies)
    asked, _ = polls(1800, lambda _: min(next(told), 99), seed)
    assert len(asked) <= 450


@given(
    duration=st.floats(min_value=0, max_value=5000),
    lies=st.lists(st.integers(-5, 99), min_size=1, max_size=60),
    seed=st.integers(0, 100),
)
def test_whatever_progress_says_the_end_is_noticed_within_three_times_the_base(
    duration: float, lies: list[int], seed: int
) -> None:
    """The worst case of `docs/explanation/polling.md`."""
    told = itertools.cycle(lies)
    asked, noticed = polls(duration, lambda _: next(told), seed)
    assert noticed - duration <= 3.3 * min(max(1, 0.1 * duration), 30) + 1e-6
    base = partial(base_delay, PollPolicy())
    assert all(later - sooner >= max(0.9, 0.09 * base(sooner)) - 1e-6 for sooner, later in itertools.pairwise(asked))


@given(duration=st.floats(min_value=0, max_value=20_000), seed=st.integers(0, 100))
def test_questions_about_a_silent_task_are_as_many_as_promised(duration: float, seed: int) -> None:
    asked, _ = polls(duration, lambda _: 0, seed)
    by_logarithm = math.log(min(max(duration, 10), 300) / 10) / math.log(1.1)
    promised = min(duration, 10) + by_logarithm + max(duration - 300, 0) / 30
    assert len(asked) <= promised / 0.9 + 3


def test_the_worst_liar_that_was_found_gets_four_times_the_questions() -> None:
    climb = itertools.cycle([3, 79, 88, 88, 94, 97, 98, 99])
    silent = len(polls(3600, lambda _: 0, 1)[0])
    assert len(polls(3600, lambda _: next(climb), 1)[0]) <= 4.5 * silent
