"""Which failures may be repeated, and after how long. Safe by operation, not by HTTP method."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from profile_export.errors import (
    ApiError,
    CertificateRefused,
    ContractError,
    ExportError,
    IncompleteDownload,
    IntegrityError,
    LinkExpired,
    RateLimited,
    RemoteChanged,
    ServerError,
    TaskFailed,
    TaskNotFound,
    TransportError,
    UnsafeLink,
)
from profile_export.policy import RetryPolicy

Operation: TypeAlias = Literal["create", "status", "download"]

# Seconds. A panel that asks for more patience gets none: its error says how much it wished for.
LONGEST_PATIENCE: Final = 3600.0


def maybe_done(error: ExportError) -> bool:
    """Whether the panel may have carried the request out although it failed for us."""
    if isinstance(error, TransportError):
        return error.sent != "no"
    return isinstance(error, ServerError) or (isinstance(error, ContractError) and error.accepted)


def may_repeat(policy: RetryPolicy, operation: Operation, error: ExportError) -> bool:
    """Whether sending the same request again is useful and safe.

    Asking for a status or a file changes nothing on the panel. A create is repeated when it was provably not carried
    out, or when the panel can recognise the repetition by its `Request-ID`.
    """
    if isinstance(error, CertificateRefused):
        return False
    if not isinstance(error, TransportError | RateLimited | ServerError | IncompleteDownload | RemoteChanged):
        return False
    return operation != "create" or policy.create == "request-id" or not maybe_done(error)


def is_final(error: ExportError) -> bool:
    """Whether the export that failed so can never be finished; only a new task helps."""
    return isinstance(error, TaskFailed | TaskNotFound | LinkExpired | IntegrityError)


def worth_keeping(error: BaseException) -> bool:
    """Whether the bytes that came before this end may be gone on with by a later run."""
    if isinstance(error, ExportError) and is_final(error):
        return False
    return not isinstance(error, RemoteChanged | UnsafeLink)


def backoff(policy: RetryPolicy, failures: int, draw: float) -> float:
    """Seconds before the next attempt after `failures` failed ones: doubled each time, the upper half random."""
    # The exponent is bounded because 2.0 ** 1024 overflows.
    ceiling = min(policy.first_delay * 2.0 ** min(failures - 1, 60), policy.max_delay)
    return ceiling * (0.5 + 0.5 * draw)


def retry_delay(
    policy: RetryPolicy,
    operation: Operation,
    error: ExportError,
    *,
    failures: int,
    draw: float,
    time_left: float | None,
) -> float | None:
    """Seconds to wait before the request is repeated, or None when it is not to be repeated.

    A panel's `Retry-After` is a lower bound; a delay that passes the end of the wait, or any reason, fails at once
    instead.
    """
    if failures >= policy.attempts or not may_repeat(policy, operation, error):
        return None
    delay = backoff(policy, failures, draw)
    if isinstance(error, ApiError) and error.retry_after is not None:
        if error.retry_after > LONGEST_PATIENCE:
            return None
        delay = max(delay, error.retry_after)
    return None if time_left is not None and delay > time_left else delay
