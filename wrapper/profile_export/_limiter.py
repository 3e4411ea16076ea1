"""One client's manners towards its panel: how many exports run at once, and how long all of them keep quiet.

A panel that asks one export for patience (429 with `Retry-After`) means the whole client: else each of a hundred
exports would learn it by a refusal of its own. The decisions are pure functions; `Limiter` remembers what they need.
"""

from __future__ import annotations

import threading
from typing import Final

from profile_export._retry import LONGEST_PATIENCE
from profile_export.errors import RateLimited

# Seconds over which requests are spread when the time is over: all at once, they would be refused again.
SPREAD: Final = 1.0


def quiet_until(before: float, now: float, retry_after: float | None) -> float:
    """The moment before which nothing is sent, after a panel has asked at `now` for `retry_after` seconds.

    A moment known `before` is never brought forward. A wish that nobody would wait for is the asking export's
    failure, and not everybody's: it may be a slip, and the client may live for months.
    """
    if retry_after is None or not 0 < retry_after <= LONGEST_PATIENCE:
        return before
    return max(before, now + retry_after)


def quiet_delay(left: float, draw: float, time_left: float | None) -> float | None:
    """Seconds to sleep when the client is to be quiet for `left` more of them, or None when the time won't suffice."""
    if time_left is not None and left > time_left:
        return None
    spread = left + min(left, SPREAD) * draw
    return spread if time_left is None else min(spread, time_left)


def may_start(mine: int, all_running: int, limit: int) -> bool:
    """Whether a call that has `mine` exports under way may begin another one.

    Calls that share a client share the limit; but each may always have one, so that none waits for another's end.
    """
    return mine == 0 or (mine < limit and all_running < limit)


class Limiter:
    """What all exports of one client share. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self._quiet_until = float("-inf")

    def note(self, error: Exception, now: float) -> None:
        """Remembers what a refusal asks for."""
        if isinstance(error, RateLimited):
            with self._lock:
                self._quiet_until = quiet_until(self._quiet_until, now, error.retry_after)

    def quiet_time(self, now: float) -> float:
        """Seconds for which nothing is to be sent."""
        return max(0.0, self._quiet_until - now)

    def enter(self, mine: int, limit: int) -> bool:
        """Takes a place for one more export, if there is one; see `may_start`. Give it back by `leave`."""
        with self._lock:
            free = may_start(mine, self._running, limit)
            self._running += free
            return free

    def leave(self) -> None:
        """Gives a place back."""
        with self._lock:
            self._running -= 1
