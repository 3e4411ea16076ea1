"""An answer that comes too slowly is noticed, by the time spent waiting for it; a slow but steady file is let come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profile_export._pace import SLOWEST, Steady, Whole

waits = st.floats(0, 100, allow_nan=False)


@given(st.lists(waits, max_size=50), st.floats(0.1, 100))
def test_an_answer_is_stopped_once_it_was_waited_for_too_long(pieces: list[float], seconds: float) -> None:
    rule, waited = Whole(seconds), 0.0
    for piece in pieces:
        waited += piece
        assert (rule.problem(piece, 1) is not None) == (waited > seconds)


@given(st.lists(st.tuples(waits, st.integers(0, 3000)), max_size=50))
def test_a_file_that_brings_something_in_every_window_is_let_come(pieces: list[tuple[float, int]]) -> None:
    rule = Steady(10.0)
    for waited, size in pieces:
        problem = rule.problem(waited, size)
        assert problem is None or size < SLOWEST


def test_a_drip_is_stopped_at_the_end_of_the_window_and_not_before() -> None:
    rule = Steady(10.0)
    verdicts = [rule.problem(1.0, 1) for _ in range(10)]
    assert verdicts[:9] == [None] * 9
    assert verdicts[9] == "only 10 bytes came in 10 seconds"


@pytest.mark.parametrize("rule", [Whole(60.0), Steady(60.0)])
def test_a_fast_answer_is_no_problem(rule: Whole | Steady) -> None:
    assert not any(rule.problem(0.001, 65_536) for _ in range(1000))
