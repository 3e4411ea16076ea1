"""Tells one run's events one at a time and in order. Nobody waits for it but who does it.

Files that are fetched at once have their events in several threads. Were they to wait for each other, a sink that hands
an event to the event loop, and waits for that, would wait for ever: the loop would wait in turn to tell one of its own.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from profile_export.events import DownloadProgress, Event


class Telling:
    """The events of one run on their way to its sink."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[Event] = deque()
        self._busy = False

    def tell(self, event: Event, sink: Callable[[Event], None]) -> None:
        """Tells it, and what comes meanwhile from elsewhere; or leaves it to whoever tells one right now."""
        mine = False
        try:
            with self._guard:
                # Of progress the next event says more, and a slow sink is not to be kept busy for ever.
                if not (self._busy and isinstance(event, DownloadProgress)):
                    self._waiting.append(event)
                if self._busy:
                    return
                mine = self._busy = True
            while (following := self._next()) is not None:
                sink(following)
        except BaseException:
            # Interrupted, perhaps: the next one is told again.
            if mine:
                self._busy = False
            raise

    def _next(self) -> Event | None:
        with self._guard:
            self._busy = bool(self._waiting)
            return self._waiting.popleft() if self._busy else None
