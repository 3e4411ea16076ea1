"""A clock that nobody waits for: its time passes when somebody sleeps."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Final, Self

import anyio
import anyio.lowlevel
from anyio import to_thread

from profile_export import _clock

# Real seconds that a sleep waits for threads at most: one that itself waits for an export must not hold it up.
PATIENCE: Final = 0.2


async def _threads_done() -> None:
    """Lets the work that other tasks do in threads come to its end, which takes none of this clock's time."""
    limiter = to_thread.current_default_thread_limiter()
    began = time.monotonic()
    while limiter.borrowed_tokens and time.monotonic() - began < PATIENCE:  # noqa: ASYNC110 - it has no event
        await anyio.sleep(0.0005)
    # Who was waiting for that goes on now.
    await anyio.lowlevel.checkpoint()


class VirtualClock:
    """Seconds that pass only in sleeps, which take no time.

    Clients that are made within `with clock:` live on it. In one event loop several of them share it as they would
    share real time: who has to sleep the shortest wakes first. With threads every sleep of one is time for all.

    Attributes:
        slept: What was slept so far, in order.
    """

    def __init__(self, start: float = 0.0) -> None:
        self.slept: list[float] = []
        self._now = start
        self._lock = threading.Lock()
        self._sleepers: list[tuple[float, int]] = []
        self._numbers = itertools.count()
        self._uses: list[AbstractContextManager[None]] = []

    def now(self) -> float:
        """The seconds so far."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Lets time pass from outside.

        Raises:
            ValueError: Time can't be set back.
        """
        if not seconds >= 0:
            raise ValueError(f"a clock can't be set back by {-seconds} seconds")
        with self._lock:
            self._now += seconds

    def sleep(self, seconds: float, wait: Callable[[float], None] | None = None) -> None:  # noqa: ARG002 - nobody waits
        """Lets `seconds` pass at once."""
        self.slept.append(seconds)
        self.advance(seconds)

    async def asleep(self, seconds: float) -> None:
        """Lets `seconds` pass as soon as nobody who sleeps has to wake earlier."""
        self.slept.append(seconds)
        sleeper = (self._now + seconds, next(self._numbers))
        heapq.heappush(self._sleepers, sleeper)
        try:
            # Everybody who is about to sleep gets there first.
            await anyio.lowlevel.checkpoint()
            while self._sleepers[0] != sleeper:
                await anyio.lowlevel.checkpoint()
            await _threads_done()
            while self._sleepers[0] != sleeper:
                await anyio.lowlevel.checkpoint()
            with self._lock:
                self._now = max(self._now, sleeper[0])
        finally:
            self._sleepers.remove(sleeper)
            heapq.heapify(self._sleepers)

    def __enter__(self) -> Self:
        use = _clock.using(self)
        use.__enter__()
        self._uses.append(use)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._uses.pop().__exit__(kind, error, trace)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._now!r})"
