"""Whose time passes: the system's, or that of a test. A client keeps the clock that is current when it is made."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Protocol


class Clock(Protocol):
    """Seconds that are never set back, and how they are let pass."""

    def now(self) -> float:
        """The seconds so far."""
        ...

    def sleep(self, seconds: float, wait: Callable[[float], None]) -> None:
        """Lets `seconds` pass, blocking, by `wait` where that takes time."""
        ...

    async def asleep(self, seconds: float) -> None:
        """Lets `seconds` pass, while other tasks of the event loop go on."""
        ...


class SystemClock:
    """The time of this machine."""

    def now(self) -> float:
        """The seconds so far."""
        return time.monotonic()

    def sleep(self, seconds: float, wait: Callable[[float], None]) -> None:
        """Lets `seconds` pass, blocking, by `wait`, which can be woken."""
        wait(seconds)

    async def asleep(self, seconds: float) -> None:
        """Lets `seconds` pass, while other tasks of the event loop go on."""
        # The blocking client has no use for it.
        import anyio  # noqa: PLC0415

        await anyio.sleep(seconds)


_clocks: list[Clock] = [SystemClock()]


def current() -> Clock:
    """The clock for a client that is made now, in any thread."""
    return _clocks[-1]


@contextmanager
def using(clock: Clock) -> Generator[None]:
    """Clients that are made within live on `clock`, now and later."""
    _clocks.append(clock)
    try:
        yield
    finally:
        _clocks.remove(clock)
