"""The flow that waits for a task: asks when it is due, and judges what the answer means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from profile_export import _polling
from profile_export._continuation import Continuation
from profile_export._effects import Draw, Emit, Flow, Now, Sleep
from profile_export._envelope import LONGEST_TEXT, one_line
from profile_export._requests import Settings, about_task, status
from profile_export.errors import ContractError, TaskFailed, TaskNotFound, UnknownTaskState, WaitTimeout
from profile_export.events import TaskPolled
from profile_export.types import TaskSnapshot


@attrs.frozen
class Completion:
    """A task that ended well."""

    task_id: str
    total: int
    urls: tuple[str, ...]
    warnings: tuple[str, ...]
    file_format: str = ""


@attrs.define
class Wait:
    """One wait for one task, a step at a time, so that it can be watched as a stream.

    `timeout` is in seconds, or None for ever; `file_format` is what the task was created with, or "" where that isn't
    known; `created_at` is when the task was created, on the driver's clock, or None where that isn't known: the panel
    may not know a new one yet.
    """

    task_id: str
    settings: Settings
    timeout: float | None
    file_format: str = ""
    created_at: float | None = None
    _began: float | None = attrs.field(init=False, default=None)
    _history: tuple[_polling.Observation, ...] = attrs.field(init=False, default=())
    _last: TaskSnapshot | None = attrs.field(init=False, default=None)
    _puzzled_since: float | None = attrs.field(init=False, default=None)

    def step(self) -> Flow[TaskSnapshot]:
        """Waits as long as is due, then asks. The first step asks at once.

        Raises:
            WaitTimeout: The time is over.
            UnknownTaskState: The task stays finished under a word that nobody documents.
        """
        return (yield from about_task(self._step(), self._continuation, self.settings))

    def finish(self) -> Flow[Completion]:
        """Steps until the task has ended.

        Raises:
            TaskFailed: It ended badly.
            ContractError: It ended well, but without telling its files.
        """
        while True:
            snapshot = yield from self.step()
            if self.ended(snapshot):
                return completion(snapshot, self.file_format)

    @property
    def _continuation(self) -> Continuation:
        return Continuation(self.task_id, self.file_format)

    def _step(self) -> Flow[TaskSnapshot]:
        now = yield from Now()
        if self._began is None:
            self._began = now
        else:
            yield from self._pause(now - self._began)
        snapshot = yield from self._ask(self._began)
        waited = (yield from Now()) - self._began
        self._last = snapshot
        self._history = _polling.observe(self._history, _polling.Observation(waited, snapshot.progress))
        self._check_known(snapshot, waited)
        yield from Emit(TaskPolled(snapshot=snapshot, waited=waited))
        return snapshot

    @staticmethod
    def ended(snapshot: TaskSnapshot) -> bool:
        """Whether there is nothing left to wait for."""
        return _polling.judge(snapshot) in {"completed", "failed"}

    def _pause(self, waited: float) -> Flow[None]:
        draw = yield from Draw()
        delay = _polling.next_delay(self.settings.poll, waited=waited, history=self._history, draw=draw)
        if self.timeout is not None:
            if waited >= self.timeout:
                raise self._timed_out()
            # The last question is asked at the very end of the time, not before it.
            delay = min(delay, self.timeout - waited)
        yield from Sleep(delay)

    def _ask(self, began: float) -> Flow[TaskSnapshot]:
        deadline = None if self.timeout is None else began + self.timeout
        # A task that the panel has known is not new any more.
        created_at = self.created_at if self._last is None else None
        return (yield from status_of(self.task_id, created_at, self.settings, deadline))

    def _check_known(self, snapshot: TaskSnapshot, waited: float) -> None:
        if _polling.judge(snapshot) != "unknown":
            self._puzzled_since = None
            return
        if self._puzzled_since is None:
            self._puzzled_since = waited
        if waited - self._puzzled_since >= self.settings.poll.unknown_status_patience:
            raise UnknownTaskState(
                f"the task is at {snapshot.progress} percent under the unknown status {snapshot.status!r}",
                hints=("look at the task in the panel; the documented final word is 'completed'",),
                operation="status",
                task_id=self.task_id,
            )

    def _timed_out(self) -> WaitTimeout:
        last = f": it is at {self._last.progress} percent, {self._last.status!r}" if self._last else ""
        return WaitTimeout(
            f"the task was not finished within {self.timeout:g} s{last}",
            hints=("the task goes on in the panel: wait for it again by its id",),
            operation="status",
            task_id=self.task_id,
        )


def status_of(
    task_id: str, created_at: float | None, settings: Settings, deadline: float | None = None
) -> Flow[TaskSnapshot]:
    """Asks for the task's state.

    A panel may answer before its own books are in order, so a task created a moment ago may be unknown to it.
    """
    while True:
        try:
            return (yield from status(task_id, settings, deadline))
        except TaskNotFound:
            if created_at is None:
                raise
            end = created_at + settings.poll.not_found_grace
            left = (end if deadline is None else min(end, deadline)) - (yield from Now())
            if left <= 0:
                raise
            yield from Sleep(min(settings.poll.min_delay, left))


def completion(snapshot: TaskSnapshot, file_format: str = "") -> Completion:
    """What an ended task leaves to download.

    Raises:
        TaskFailed: It ended badly.
        ContractError: It ended well, but without telling its files.
    """
    if snapshot.failed:
        details = one_line("".join(f"; {text}" for text in texts(snapshot.errors)), LONGEST_TEXT)
        raise TaskFailed(
            f"the task ended as {snapshot.status!r} at {snapshot.progress} percent{details}",
            status=snapshot.status,
            errors=snapshot.errors,
            task_id=snapshot.task_id,
        )
    if snapshot.total is None or snapshot.total < 0 or (snapshot.total > 0 and not snapshot.urls):
        missing = "urls" if snapshot.total is not None and snapshot.total > 0 else "total"
        raise ContractError(
            f"the task is finished, but its result has no usable {missing!r}",
            operation="status",
            task_id=snapshot.task_id,
        )
    return Completion(snapshot.task_id, snapshot.total, snapshot.urls, texts(snapshot.errors), file_format)


def texts(errors: Sequence[Any]) -> tuple[str, ...]:
    """The result's `errors` for people; what its items are is not documented."""
    return tuple(item if isinstance(item, str) else repr(item) for item in errors)
