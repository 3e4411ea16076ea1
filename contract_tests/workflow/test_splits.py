"""How a file is split between connections: every byte once, whatever is here already, and only proved ranges."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profile_export import _splits
from profile_export._ranges import RangeHead
from profile_export._splits import Span, holes, joined, judge_part, length, may_split, range_headers, split

MOST = 40 * _splits.SMALLEST_RANGE


@st.composite
def states(draw: st.DrawFn) -> tuple[list[Span], int]:
    """Any bytes of a file that may be here, and its length."""
    total = draw(st.integers(0, MOST))
    pairs = draw(st.lists(st.tuples(st.integers(0, total), st.integers(0, total)), max_size=6))
    return [(min(pair), max(pair)) for pair in pairs], total


@given(states(), st.integers(1, 16))
def test_ranges_cover_what_is_missing_and_nothing_twice(state: tuple[list[Span], int], connections: int) -> None:
    here, total = state
    ranges = split(holes(here, total), connections)
    edges = sorted({0, total, *(edge for span in here for edge in span), *(edge for span in ranges for edge in span)})
    for start, end in pairwise(edges):
        held = any(first <= start and end <= last for first, last in here)
        asked = sum(first <= start and end <= last for first, last in ranges)
        assert asked == (0 if held else 1)


@given(states(), st.integers(1, 16))
def test_no_range_is_too_small_to_pay_unless_its_hole_is(state: tuple[list[Span], int], connections: int) -> None:
    missing = holes(*state)
    for start, end in split(missing, connections):
        assert end - start >= _splits.SMALLEST_RANGE or (start, end) in missing


@given(st.integers(1, MOST), st.integers(1, 16))
def test_a_whole_file_makes_a_range_for_each_connection_at_most(total: int, connections: int) -> None:
    ranges = split([(0, total)], connections)
    assert len(ranges) == max(1, min(connections, total // _splits.SMALLEST_RANGE))
    sizes = [end - start for start, end in ranges]
    assert max(sizes) - min(sizes) <= 1


@given(states())
def test_joined_spans_are_the_same_bytes(state: tuple[list[Span], int]) -> None:
    here, total = state
    assert holes(joined(here), total) == holes(here, total)
    assert length(dict(joined(here))) + sum(end - start for start, end in holes(here, total)) == total


@pytest.mark.parametrize(
    ("status", "etag", "accepts", "total", "verdict"),
    [
        (200, '"a"', "bytes", 9, True),
        (206, '"a"', "", 9, True),
        (200, '"a"', "", 9, False),
        (200, '"a"', "none", 9, False),
        (200, 'W/"a"', "bytes", 9, False),
        (200, None, "bytes", 9, False),
        (200, '"a"', "bytes", None, False),
    ],
)
def test_what_allows_a_split(status: int, etag: str | None, accepts: str, total: int | None, verdict: bool) -> None:
    assert may_split(RangeHead(status, etag, None, 9), accepts, total) is verdict


@pytest.mark.parametrize(
    ("status", "etag", "content_range", "size", "verdict"),
    [
        (206, '"a"', "bytes 3-6/10", 4, "range"),
        (206, None, "bytes 3-6/10", None, "range"),
        (206, '"a"', "bytes 3-6/10", 5, "useless"),
        (206, '"a"', "bytes 2-6/10", 5, "useless"),
        (206, '"a"', "bytes 3-9/10", 7, "useless"),
        (206, '"a"', "bytes 3-6/*", 4, "useless"),
        (206, '"a"', "bytes 3-6/11", 4, "changed"),
        (206, '"b"', "bytes 3-6/10", 4, "changed"),
        (206, 'W/"a"', "bytes 3-6/10", 4, "changed"),
        (206, '"a"', None, 4, "useless"),
        (200, '"a"', None, 10, "useless"),
        (200, '"b"', None, 10, "changed"),
        (416, '"a"', "bytes */10", None, "useless"),
        (416, '"a"', "bytes */2", None, "changed"),
    ],
)
def test_what_an_answer_to_a_range_is(
    status: int, etag: str | None, content_range: str | None, size: int | None, verdict: str
) -> None:
    assert judge_part(RangeHead(status, etag, content_range, size), (3, 7), '"a"', 10) == verdict


def test_a_range_is_asked_for_of_one_version_only() -> None:
    assert range_headers((3, 7), '"a"') == {"Range": "bytes=3-6", "If-Range": '"a"'}
