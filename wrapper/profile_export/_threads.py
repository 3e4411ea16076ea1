"""One run's work on files in the asynchronous client: in threads, and over when the run is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, cast

import anyio
import anyio.lowlevel
import attrs
from anyio import to_thread

from profile_export._parts import PartFiles
from profile_export._stop import Stop

T = TypeVar("T")
# The owners of the pieces of work in whose threads this is, and of what those threads have their event loop do.
_PIECES_OF: ContextVar[frozenset[object]] = ContextVar("profile_export_pieces_of", default=frozenset())


def in_piece_of(owner: object) -> bool:
    """Whether a piece of this owner's work waits for what is done here."""
    return owner in _PIECES_OF.get()


class FileWork:
    """Does pieces of work in threads, and leaves the part files there, whatever is cancelled.

    anyio waits for a thread whose caller is cancelled, but asyncio's own cancellation doesn't: a piece may still run
    then, so the end waits for it, and a piece that comes after the end does nothing. Flows that run side by side have a
    piece each.
    """

    def __init__(self, parts: PartFiles, owner: object = None) -> None:
        self.parts = parts
        self._owner = owner
        self._changed = threading.Condition()
        self._busy = 0
        self._over = self._left = False
        self._leaving = threading.Lock()

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        """Does a piece of work."""
        return await to_thread.run_sync(self._piece, work, arguments)

    async def run_stoppable(
        self, limiter: anyio.CapacityLimiter, work: Callable[..., T], *arguments: Any
    ) -> Outcome[T]:
        """Does a piece of work that may take long, and whose last argument is a `Stop`: a cancelled caller sets it."""
        stop, over, outcome = Stop(), anyio.Event(), Outcome[T]()
        interruption: BaseException | None = None

        async def piece() -> None:
            nonlocal outcome
            outcome = await to_thread.run_sync(self._piece, Outcome[T].of, (work, *arguments, stop), limiter=limiter)
            over.set()

        async with anyio.create_task_group() as group:
            group.start_soon(piece)
            try:
                # A caller who waited for the thread itself would hear a Ctrl-C on trio only when that has ended.
                await over.wait()
            except BaseException as error:  # noqa: BLE001 - raised behind the group, which would wrap it
                interruption = error
                stop.set()
                group.cancel_scope.cancel()
        if interruption is not None:
            raise interruption
        if outcome.error is not None:
            # Of a cancelled caller it is no failure, whatever the stop made of it.
            await anyio.lowlevel.checkpoint_if_cancelled()
        return outcome

    def _piece(self, work: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        with self._changed:
            if self._over:
                raise RuntimeError("the run that wanted this is over")
            self._busy += 1
        # The thread has a context of its own.
        _PIECES_OF.set(_PIECES_OF.get() | {self._owner})
        try:
            return work(*arguments)
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()

    def _leave(self, *reason: Any) -> None:
        """Ends it, or waits for the thread that does."""
        with self._leaving:
            if self._left:
                return
            self._left = True
            with self._changed:
                self._over = True
                self._changed.wait_for(lambda: not self._busy)
            self.parts.__exit__(*reason)

    def _nothing_left(self) -> bool:
        """Ends it at once, without a thread, where no piece runs and no part file is open, as after all good ends."""
        with self._changed:
            self._over = not self._busy and not self.parts.open
            return self._over

    async def __aenter__(self) -> Self:
        self.parts.__enter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._nothing_left():
            return
        cancelled: BaseException | None = None
        while True:
            try:
                with anyio.CancelScope(shield=True):
                    await to_thread.run_sync(self._leave, kind, error, trace)
                break
            except anyio.get_cancelled_exc_class() as again:
                # asyncio's own cancellation, which no shield holds off.
                cancelled = again
        if cancelled is not None:
            raise cancelled


@attrs.frozen
class Outcome(Generic[T]):
    """What a piece of work gave or raised; a group of tasks would wrap the latter."""

    value: T | None = None
    error: BaseException | None = None

    @classmethod
    def of(cls, work: Callable[..., T], *arguments: Any) -> Self:
        """Does it."""
        try:
            return cls(work(*arguments))
        except BaseException as error:  # noqa: BLE001 - raised by `get`
            return cls(error=error)

    def get(self) -> T:
        """The value, or raises the error."""
        if self.error is not None:
            raise self.error
        return cast("T", self.value)
