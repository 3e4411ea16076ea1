"""One client's manners: a panel's wish for patience holds for all its exports, and costs nothing when there is none."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.workflow.worlds import FOLDER, World, completed, settings
from profile_export import _effects as do
from profile_export._download import Destination
from profile_export._limiter import SPREAD, Limiter, may_start, quiet_delay, quiet_until
from profile_export._requests import ExportRequest, keep_quiet
from profile_export._retry import LONGEST_PATIENCE
from profile_export._workflow import export
from profile_export.errors import RateLimited, ServerError
from profile_export.types import Database

moments = st.floats(0, 1e9)
wishes = st.none() | st.floats(allow_nan=True) | st.floats(0, 2 * LONGEST_PATIENCE)
draws = st.floats(0, 1, exclude_max=True)


@given(before=moments | st.just(-math.inf), now=moments, wish=wishes)
def test_a_wish_is_never_shortened_by_another_and_never_absurd(before: float, now: float, wish: float | None) -> None:
    until = quiet_until(before, now, wish)
    assert until >= before
    assert until <= max(before, now + LONGEST_PATIENCE)
    if wish is not None and 0 < wish <= LONGEST_PATIENCE:
        assert until >= now + wish


@given(now=moments, wishes=st.lists(st.tuples(st.floats(0, 100), st.floats(0, 5000)), max_size=8))
def test_the_longest_of_all_wishes_holds(now: float, wishes: list[tuple[float, float]]) -> None:
    limiter, until = Limiter(), -math.inf
    for later, wish in wishes:
        now += later
        limiter.note(RateLimited("slower", retry_after=wish), now)
        until = max(until, now + wish if 0 < wish <= LONGEST_PATIENCE else until)
    assert limiter.quiet_time(now) == max(0.0, until - now)


@given(left=st.floats(1e-3, LONGEST_PATIENCE), draw=draws, time_left=st.none() | st.floats(-10, 5000))
def test_the_wait_is_long_enough_a_little_spread_and_within_the_time(
    left: float, draw: float, time_left: float | None
) -> None:
    delay = quiet_delay(left, draw, time_left)
    if time_left is not None and time_left < left:
        assert delay is None
    else:
        assert delay is not None
        assert left <= delay <= left + SPREAD
        assert time_left is None or delay <= time_left


@given(mine=st.integers(0, 50), others=st.integers(0, 50), limit=st.integers(1, 50))
def test_a_call_keeps_to_its_limit_and_always_has_one(mine: int, others: int, limit: int) -> None:
    allowed = may_start(mine, mine + others, limit)
    assert allowed or mine > 0
    assert not allowed or mine < limit
    assert not (allowed and mine and mine + others >= limit)


def test_places_are_given_back() -> None:
    limiter = Limiter()
    assert [limiter.enter(mine, 2) for mine in range(3)] == [True, True, False]
    assert limiter.enter(0, 2), "another call has one in any case"
    assert not limiter.enter(1, 2)
    limiter.leave()
    limiter.leave()
    assert limiter.enter(1, 2)


def test_only_a_panel_that_asks_for_patience_gets_it() -> None:
    limiter = Limiter()
    for error in (ServerError("busy", retry_after=50), RateLimited("slower"), ValueError("no")):
        limiter.note(error, 100)
    assert limiter.quiet_time(100) == 0


def whole_export(world: World, timeout: float | None = 3600) -> None:
    world.run(export(ExportRequest(Database(1)), Destination(FOLDER), settings(), timeout))


def test_without_a_wish_nothing_waits() -> None:
    world = World(states=[completed()])
    whole_export(world)
    assert world.slept == []


def test_every_request_waits_for_the_moment() -> None:
    world = World(states=[completed()], quiet_until=5030.0)
    whole_export(world)
    first = next(index for index, effect in enumerate(world.performed) if isinstance(effect, do.CreateTask))
    assert [type(effect) for effect in world.performed[:first]].count(do.Sleep) == 1
    assert 30 <= world.slept[0] <= 30 + SPREAD


@pytest.mark.parametrize("kind", [do.CreateTask, do.GetStatus, do.Fetch])
def test_a_wish_that_comes_in_the_middle_holds_for_what_follows(kind: type[do.Effect[object]]) -> None:
    class Hushed(World):
        def perform(self, effect: do.Effect[object]) -> object:
            if isinstance(effect, kind):
                assert self.now >= self.quiet_until
            if isinstance(effect, do.Emit) or not self.quiet_until:
                self.quiet_until = self.now + 7
            return super().perform(effect)

    world = Hushed(states=[completed()])
    whole_export(world)
    assert world.count(kind) == 1
    assert any(seconds >= 7 for seconds in world.slept)


def test_a_wish_beyond_the_deadline_fails_at_once_and_sends_nothing() -> None:
    world = World(quiet_until=5100.0)
    with pytest.raises(RateLimited) as caught:
        whole_export(world, timeout=60)
    assert caught.value.retry_after == pytest.approx(100)
    assert (world.count(do.CreateTask), world.slept) == (0, [])


def test_a_new_wish_during_the_wait_prolongs_it() -> None:
    class Prolonged(World):
        def perform(self, effect: do.Effect[object]) -> object:
            if isinstance(effect, do.Sleep) and self.count(do.Sleep) == 1:
                self.quiet_until += 20
            return super().perform(effect)

    world = Prolonged(quiet_until=5010.0)
    world.run(keep_quiet())
    assert world.now >= 5030
    assert len(world.slept) == 2
