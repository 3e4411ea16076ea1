"""Which failures are repeated, and after how long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profile_export import errors
from profile_export._retry import LONGEST_PATIENCE, Operation, backoff, may_repeat, maybe_done, retry_delay
from profile_export.policy import RetryPolicy

POLICY = RetryPolicy()
NEVER = RetryPolicy(create="never")
OPERATIONS: tuple[Operation, ...] = ("create", "status", "download")

NOT_SENT = errors.ConnectFailed("no route")
PASSING = [
    errors.RequestTimeout("late"),
    errors.ResponseLost("broke"),
    errors.TransportError("broke"),
    errors.ServerError("failed", http_status=502),
    errors.RateLimited("slow", http_status=429),
    errors.IncompleteDownload("broke off"),
    NOT_SENT,
]
LASTING = [
    errors.AuthenticationError("no"),
    errors.InvalidRequest("no"),
    errors.ApiError("no", code=440),
    errors.ContractError("no"),
    errors.TaskNotFound("no"),
    errors.UnsafeLink("no"),
    errors.LinkExpired("no"),
    errors.IntegrityError("no"),
    errors.TargetExists("no"),
    errors.NoSpace("no"),
    errors.UsageError("no"),
]
draws = st.floats(min_value=0, max_value=1, exclude_max=True)


def named(error: object) -> str:
    return error.__class__.__name__ if isinstance(error, Exception) else str(error)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("error", PASSING, ids=named)
def test_passing_failures_are_repeated(error: errors.ExportError, operation: Operation) -> None:
    assert may_repeat(POLICY, operation, error)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("error", LASTING, ids=named)
def test_lasting_failures_are_not_repeated(error: errors.ExportError, operation: Operation) -> None:
    assert not may_repeat(POLICY, operation, error)
    assert retry_delay(POLICY, operation, error, failures=1, draw=0.5, time_left=None) is None


@pytest.mark.parametrize("error", PASSING, ids=named)
def test_a_create_that_must_not_repeat_is_repeated_only_when_it_was_not_carried_out(error: errors.ExportError) -> None:
    assert may_repeat(NEVER, "create", error) is not maybe_done(error)
    assert may_repeat(NEVER, "status", error)
    assert may_repeat(NEVER, "download", error)


def test_what_may_have_been_carried_out() -> None:
    done = [error for error in [*PASSING, *LASTING] if maybe_done(error)]
    assert {type(error) for error in done} == {
        errors.RequestTimeout,
        errors.ResponseLost,
        errors.TransportError,
        errors.ServerError,
    }


@given(failures=st.integers(1, 5000), draw=draws)
def test_backoff_stays_between_half_and_whole_of_its_ceiling(failures: int, draw: float) -> None:
    ceiling = min(0.5 * 2 ** min(failures - 1, 60), 20)
    assert ceiling / 2 <= backoff(POLICY, failures, draw) <= ceiling


@given(draw=draws, failures=st.integers(1, 100))
def test_backoff_never_shrinks(draw: float, failures: int) -> None:
    assert backoff(POLICY, failures, draw) <= backoff(POLICY, failures + 1, draw)


def test_backoff_doubles_as_documented() -> None:
    assert [backoff(POLICY, failures, 1) for failures in range(1, 8)] == [0.5, 1, 2, 4, 8, 16, 20]


@given(asked=st.floats(min_value=0, max_value=LONGEST_PATIENCE), draw=draws, failures=st.integers(1, 5))
def test_retry_after_is_a_lower_bound(asked: float, draw: float, failures: int) -> None:
    error = errors.RateLimited("slow", retry_after=asked)
    delay = retry_delay(POLICY, "status", error, failures=failures, draw=draw, time_left=None)
    assert delay == max(asked, backoff(POLICY, failures, draw))


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("kind", [errors.RateLimited, errors.ServerError])
def test_a_panel_that_asks_for_years_gets_no_repetition(kind: type[errors.ApiError], operation: Operation) -> None:
    error = kind("slow", retry_after=LONGEST_PATIENCE + 1)
    assert retry_delay(POLICY, operation, error, failures=1, draw=0, time_left=None) is None


@pytest.mark.parametrize(("left", "expected"), [(10.5, 10), (10, 10), (9.9, None), (0, None), (-1, None)])
def test_a_delay_that_passes_the_deadline_fails_at_once(left: float, expected: float | None) -> None:
    error = errors.RateLimited("slow", retry_after=10)
    assert retry_delay(POLICY, "status", error, failures=1, draw=0, time_left=left) == expected


@given(attempts=st.integers(1, 10), failures=st.integers(1, 12))
def test_a_request_is_sent_as_often_as_the_policy_says(attempts: int, failures: int) -> None:
    policy = RetryPolicy(attempts=attempts)
    delay = retry_delay(policy, "status", NOT_SENT, failures=failures, draw=0, time_left=None)
    assert (delay is None) is (failures >= attempts)
