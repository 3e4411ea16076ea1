"""Policies and sources refuse what makes no sense when they are made, as usage errors."""

from __future__ import annotations

import math
import socket
import sys
from collections.abc import Callable
from typing import Any

import pytest

from profile_export import Database, DownloadPolicy, PollPolicy, RetryPolicy, Segment, UsageError, parse_source

REFUSED: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (PollPolicy, {"min_delay": -1}),
    (PollPolicy, {"min_delay": math.inf}),
    (PollPolicy, {"min_delay": math.nan}),
    (PollPolicy, {"max_delay": -0.1}),
    (PollPolicy, {"fraction": -1}),
    (PollPolicy, {"fraction": math.inf}),
    (PollPolicy, {"jitter": -0.1}),
    (PollPolicy, {"jitter": 1}),
    (PollPolicy, {"jitter": math.nan}),
    (PollPolicy, {"not_found_grace": -1}),
    (PollPolicy, {"unknown_status_patience": -1}),
    (RetryPolicy, {"attempts": 0}),
    (RetryPolicy, {"first_delay": -1}),
    (RetryPolicy, {"first_delay": math.inf}),
    (RetryPolicy, {"max_delay": math.nan}),
    (RetryPolicy, {"request_timeout": -1}),
    (RetryPolicy, {"request_timeout": math.inf}),
    (RetryPolicy, {"request_timeout": sys.maxsize}),
    (RetryPolicy, {"request_timeout": 1e10}),
    (RetryPolicy, {"request_timeout": 1_000_000.1}),
    (RetryPolicy, {"create": "always"}),
    (DownloadPolicy, {"link_prefix": None}),
    (DownloadPolicy, {"link_prefix": b"/api/"}),
    (Database, {"id": "1"}),
    (Database, {"id": True}),
    (Segment, {"id": 1.0}),
    (Database, {"id": 10**100}),
    (Segment, {"id": -(2**63)}),
]


@pytest.mark.parametrize(("kind", "options"), REFUSED, ids=str)
def test_nonsense_is_refused(kind: Callable[..., Any], options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        kind(**options)


def test_for_ever_can_be_said_where_it_makes_sense() -> None:
    policy = PollPolicy(max_delay=math.inf, not_found_grace=math.inf, unknown_status_patience=math.inf)
    assert policy.max_delay == math.inf


SECONDS = [
    *[(PollPolicy, name) for name in ("min_delay", "max_delay", "not_found_grace", "unknown_status_patience")],
    *[(RetryPolicy, name) for name in ("first_delay", "max_delay", "request_timeout")],
]


@pytest.mark.parametrize(("kind", "name"), SECONDS)
def test_a_number_that_no_float_holds_is_refused(kind: Callable[..., Any], name: str) -> None:
    # Python shows no int of more than 4300 digits.
    with pytest.raises(UsageError, match=name):
        kind(**{name: 10**5000})


def test_a_socket_takes_the_longest_timeout_of_a_request() -> None:
    """Beyond 2^31 milliseconds, the system's count begins anew, and the timeout is over too soon."""
    seconds = RetryPolicy(request_timeout=1_000_000).request_timeout
    assert seconds * 1000 < 2**31
    with socket.socket() as anything:
        anything.settimeout(seconds)


def test_policies_are_keyword_only_and_frozen() -> None:
    for policy in (PollPolicy(), RetryPolicy(), DownloadPolicy()):
        positional: Callable[..., Any] = type(policy)
        with pytest.raises(TypeError):
            positional(1)
        name = type(policy).__attrs_attrs__[0].name
        with pytest.raises(AttributeError):
            setattr(policy, name, 0)


@pytest.mark.parametrize("source", [Database(1), Segment(7), Database(0), Segment(10**17)])
def test_a_source_reads_as_it_is_written(source: Database | Segment) -> None:
    assert parse_source(str(source)) == source


@pytest.mark.parametrize(
    "text",
    [
        *("", "1", "database", "database:", "database: 1", "database:-1", "database:1.0", "table:1", "Database:1"),
        *("database:1:2", "database:\u0663", "segment:" + "9" * 5000),
    ],
)
def test_what_is_no_source_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_source(text)
    assert caught.value.hints
