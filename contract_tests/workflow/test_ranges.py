"""A broken download goes on only where the panel proves that it is the same file, whole and from the right byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profile_export._ranges import RangeHead, ResumePoint, judge_range, strong_etag

TAG = '"v1"'
POINT = ResumePoint(offset=100, etag=TAG, total=1000)


def head(status: int, content_range: str | None = None, etag: str | None = TAG, length: int | None = None) -> RangeHead:
    return RangeHead(status=status, etag=etag, content_range=content_range, content_length=length)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (head(206, "bytes 100-999/1000"), "rest"),
        (head(206, "bytes 100-999/1000", length=900), "rest"),
        (head(206, "BYTES 100-999/1000"), "rest"),
        (head(206, "bytes 100-999/1000", etag=None), "rest"),
        (head(200), "whole"),
        (head(200, etag='"v2"'), "whole"),
        (head(416, "bytes */100", etag=None), "changed"),
        (head(206, "bytes 100-999/1000", etag='"v2"'), "changed"),
        (head(206, "bytes 100-999/1000", etag='W/"v1"'), "changed"),
        (head(206, "bytes 99-999/1000"), "changed"),
        (head(206, "bytes 101-999/1000"), "changed"),
        (head(206, "bytes 0-999/1000"), "changed"),
        (head(206, "bytes 100-499/1000"), "changed"),
        (head(206, "bytes 100-1099/1100"), "changed"),
        (head(206, "bytes 100-999/*"), "changed"),
        (head(206, "bytes */1000"), "changed"),
        (head(206, "bytes 100-999/1000", length=899), "changed"),
        (head(206, "items 100-999/1000"), "changed"),
        (head(206, ""), "changed"),
        (head(206), "changed"),
        (head(416, "bytes 0-99/100"), "changed"),
        (head(416), "changed"),
    ],
)
def test_what_an_answer_means(answer: RangeHead, verdict: str) -> None:
    assert judge_range(answer, POINT) == verdict


@pytest.mark.parametrize("known", [1000, None])
def test_nothing_is_left_when_the_panel_says_that_we_have_it_all(known: int | None) -> None:
    point = ResumePoint(offset=1000, etag=TAG, total=known)
    assert judge_range(head(416, "bytes */1000"), point) == "complete"
    assert judge_range(head(416, "bytes */1001"), point) == "changed"
    assert judge_range(head(416, "bytes */1000", etag='"v2"'), point) == "changed"


@given(
    st.sampled_from([200, 206, 416]),
    st.text("bytes*/-0123456789 ", max_size=24),
    st.none() | st.sampled_from([TAG, '"v2"', 'W/"v1"', "v1", ""]),
    st.none() | st.integers(0, 2000),
)
def test_the_rest_is_believed_only_with_all_its_proofs(
    status: int, content_range: str, etag: str | None, length: int | None
) -> None:
    if judge_range(head(status, content_range, etag, length), POINT) == "rest":
        assert status == 206
        assert content_range.strip().endswith("100-999/1000")
        assert etag in {None, TAG}
        assert length in {None, 900}


@pytest.mark.parametrize("tag", ['"v1"', '""', '"a b"'.replace(" ", "-")])
def test_strong_tags(tag: str) -> None:
    assert strong_etag(f" {tag} ") == tag


def test_a_tag_that_can_not_be_sent_back_is_of_no_use() -> None:
    assert strong_etag('"\u00ff"') is None


@pytest.mark.parametrize("tag", [None, "", 'W/"v1"', "v1", '"v1', 'v1"', '"v"1"', '"a b"', '"a\r\nb"', '"v1", "v2"'])
def test_everything_else_is_no_strong_tag(tag: str | None) -> None:
    assert strong_etag(tag) is None


def test_the_request_for_the_rest() -> None:
    assert POINT.headers() == {"Range": "bytes=100-", "If-Range": TAG}
