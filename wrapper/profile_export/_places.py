"""The places of one client for requests under way; who finds none waits here, in turn, and not in httpx's pool.

At each begin and each end of a request, httpx's pool looks at every connection for every request that waits for one: a
thousand exports at once spent nine tenths of their time there. So it gets no more requests than it has connections.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import httpx

from profile_export._credentials import is_download
from profile_export._stop import Stop

# A call takes a moment, a download may take hours: were the places the same, finished tasks would stay unnoticed.
# Where the processor is what they wait for, few calls at once end one after another, and many would all end late.
CALLS: Final = 32
DOWNLOADS: Final = 68
ALL: Final = CALLS + DOWNLOADS
# The name under which a request brings along what stops the run that it is for.
STOP: Final = "profile_export.stop"


class Place:
    """One request's place: `leave` gives it back, at the first call only."""

    def __init__(self, release: Callable[[], object]) -> None:
        self._release: Callable[[], object] | None = release

    def leave(self) -> None:
        """The request is over, with its answer."""
        release, self._release = self._release, None
        if release is not None:
            release()


class _Free:
    """A number of places. Who waits for one can be stopped, which the semaphores of the standard library can't."""

    def __init__(self, number: int) -> None:
        self._left = number
        self._changed = threading.Condition()

    def take(self, patience: float | None, stop: Stop) -> bool:
        """Waits for one; False where none came in time.

        Raises:
            Stopped: `stop` was set.
        """
        with stop.waking(self._wake), self._changed:
            came = self._changed.wait_for(lambda: self._left or stop.is_set(), patience)
            if stop.is_set():
                # The one that may have been meant for this thread is another's.
                self._changed.notify()
                stop.check()
            self._left -= bool(came)
        return bool(came)

    def leave(self) -> None:
        with self._changed:
            self._left += 1
            self._changed.notify()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()


class Places:
    """For the threads of a blocking client."""

    def __init__(self) -> None:
        self._calls, self._downloads = _Free(CALLS), _Free(DOWNLOADS)

    def take(self, request: httpx.Request) -> Place:
        """A place, waited for as long as the request may wait for a free connection.

        Raises:
            httpx.PoolTimeout: It got none.
            Stopped: The run that the request is for was stopped.
        """
        free = self._downloads if is_download(request) else self._calls
        if not free.take(_patience(request), request.extensions.get(STOP) or Stop()):
            raise httpx.PoolTimeout("")
        return Place(free.leave)


class AsyncPlaces:
    """For the tasks of an asynchronous client."""

    def __init__(self) -> None:
        import anyio  # noqa: PLC0415 - the blocking client does without

        self._calls = anyio.Semaphore(CALLS)

    async def take(self, request: httpx.Request) -> Place:
        """The asynchronous twin of `Places.take`."""
        if is_download(request):
            # It comes from a thread, and those have their own bound.
            return Place(int)
        import anyio  # noqa: PLC0415 - as above

        try:
            with anyio.fail_after(_patience(request)):
                await self._calls.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("") from None
        return Place(self._calls.release)


def _patience(request: httpx.Request) -> float | None:
    seconds: float | None = request.extensions.get("timeout", {}).get("pool")
    return seconds
