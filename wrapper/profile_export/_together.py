"""The files of one export side by side: who fetches which, what became of each, and how many connections are free."""

from __future__ import annotations

import threading
from typing import Any

from profile_export import _effects as do


class Together:
    """The flows of one `AtOnce`, for workers in threads or in tasks, of which each has one connection.

    Attributes:
        workers: How many there are.
        places: How many connections more there may be; the ranges of files take them, and give them back.
        failure: What ended them all, if anything did.
    """

    def __init__(self, effect: do.AtOnce) -> None:
        self.workers = min(effect.connections, len(effect.flows))
        self.places = threading.Semaphore(effect.connections - self.workers)
        self.failure: BaseException | None = None
        self._todo = list(reversed(list(enumerate(effect.flows))))
        self._results: dict[int, Any] = {}

    def take(self) -> tuple[int, do.Flow[Any]] | None:
        """The next flow and its number; nothing more is begun after a failure."""
        try:
            return None if self.failure is not None else self._todo.pop()
        except IndexError:
            return None

    def done(self, number: int, result: Any) -> None:
        """Keeps what a flow returned."""
        self._results[number] = result

    def fail(self, error: BaseException) -> None:
        """Keeps the first failure: those after it come of it, or would have been met by a later run. Not so Ctrl-C."""
        if self.failure is None or (isinstance(self.failure, Exception) and not isinstance(error, Exception)):
            self.failure = error

    def leave(self) -> None:
        """A worker has nothing more to do; its connection is for the ranges of others."""
        self.places.release()

    def finish(self) -> list[Any]:
        """What they returned, in their order, when all have ended.

        Raises:
            BaseException: The first failure.
        """
        if self.failure is not None:
            raise self.failure
        return [self._results[number] for number in sorted(self._results)]
