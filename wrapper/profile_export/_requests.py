"""The flows of single requests: create a task, ask for its status; each repeated after failures that allow it."""

from __future__ import annotations

from typing import Any, TypeVar

import attrs

from profile_export import _retry
from profile_export._continuation import Continuation, write_token
from profile_export._effects import (
    CreateTask,
    Draw,
    Effect,
    Emit,
    Flow,
    GetStatus,
    Now,
    QuietTime,
    Sleep,
)
from profile_export._limiter import quiet_delay
from profile_export._transfer import Panel
from profile_export.errors import CreateOutcomeUnknown, ExportError, RateLimited
from profile_export.events import RetryScheduled
from profile_export.policy import DownloadPolicy, PollPolicy, RetryPolicy
from profile_export.types import Source, TaskSnapshot

T = TypeVar("T")


@attrs.frozen
class Settings:
    """What a client decides once for all its flows."""

    panel: Panel
    poll: PollPolicy
    retry: RetryPolicy
    download: DownloadPolicy
    journal: bool = False


@attrs.frozen
class ExportRequest:
    """What to export; `where` narrows the selection."""

    source: Source
    file_format: str = "csv"
    where: dict[str, Any] | None = None


def keep_quiet(deadline: float | None = None) -> Flow[None]:
    """Waits as long as the panel asked this client to, in its answer to whichever export.

    Raises:
        RateLimited: That is longer than until `deadline`; nothing was sent.
    """
    while (left := (yield from QuietTime())) > 0:
        now, draw = (yield from Now()), (yield from Draw())
        delay = quiet_delay(left, draw, None if deadline is None else deadline - now)
        if delay is None:
            raise RateLimited(f"the panel asked this client to wait for {left:.0f} more seconds", retry_after=left)
        yield from Sleep(delay)


def repeat(
    effect: Effect[T],
    operation: _retry.Operation,
    policy: RetryPolicy,
    deadline: float | None,
    failed: list[ExportError] | None = None,
) -> Flow[T]:
    """The effect, again after every failure that may be repeated, until `deadline` on the driver's clock.

    Every failure is added to `failed`.
    """
    failed = [] if failed is None else failed
    while True:
        yield from keep_quiet(deadline)
        try:
            return (yield from effect)
        except ExportError as error:
            failed.append(error)
            now, draw = (yield from Now()), (yield from Draw())
            left = None if deadline is None else deadline - now
            delay = _retry.retry_delay(policy, operation, error, failures=len(failed), draw=draw, time_left=left)
            if delay is None:
                error.add_context(operation=operation)
                raise
            yield from Emit(
                RetryScheduled(operation=operation, attempt=len(failed) + 1, delay=delay, reason=str(error))
            )
        yield from Sleep(delay)


def create(request: ExportRequest, settings: Settings, request_id: str, deadline: float | None = None) -> Flow[str]:
    """Creates the task once; gives its id. Every repetition carries the same `Request-ID`, and none begins too late."""
    effect = CreateTask(request.source, request.file_format, request.where, request_id)
    failed: list[ExportError] = []
    try:
        return (yield from repeat(effect, "create", settings.retry, deadline, failed))
    except ExportError as error:
        error.add_context(operation="create", request_id=request_id)
        # The last failure may be a plain refusal: an earlier attempt may have got through all the same.
        if any(_retry.maybe_done(failure) for failure in failed):
            raise outcome_unknown(str(error), request_id, error.hints) from error
        raise


def outcome_unknown(why: str, request_id: str, hints: tuple[str, ...] = ()) -> CreateOutcomeUnknown:
    """The error for a create that may or may not have happened, and that is not to be asked for again."""
    return CreateOutcomeUnknown(
        f"the export may or may not have been created: {why}",
        hints=("look at the panel's tasks before you create it again", *hints),
        operation="create",
        request_id=request_id,
    )


def about_task(flow: Flow[T], continuation: Continuation, settings: Settings) -> Flow[T]:
    """The flow; its errors tell the task, and what it takes to go on with it."""
    try:
        return (yield from flow)
    except ExportError as error:
        token = write_token(settings.panel.api, continuation)
        error.add_context(task_id=continuation.task_id, continuation_token=token)
        raise


def status(task_id: str, settings: Settings, deadline: float | None = None) -> Flow[TaskSnapshot]:
    """Asks once for the task's state, repeated after passing failures."""
    asking = repeat(GetStatus(task_id), "status", settings.retry, deadline)
    return (yield from about_task(asking, Continuation(task_id), settings))
