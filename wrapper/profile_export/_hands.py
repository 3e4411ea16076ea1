"""Threads that help one blocking run with a part of it, and end with that part."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from profile_export._stop import Stop

# Seconds between two looks at how far they are; their ends are noticed at once.
LOOK_EVERY: Final = 0.1


class Hands:
    """The threads; `stop` wakes and ends them."""

    def __init__(self, stop: Stop) -> None:
        self.stop = stop
        self._threads: list[threading.Thread] = []
        self._changed = threading.Condition()
        self._busy = 0

    def start(self, work: Callable[[], None]) -> bool:
        """Does `work`, which handles its own failures, beside the caller; False where the system gives no thread."""
        # A daemon, because whoever interrupts the program twice wants it to end.
        thread = threading.Thread(target=self._do, args=(work,), name="profile-export range", daemon=True)
        with self._changed:
            self._busy += 1
        # Known before it runs: a Ctrl-C may come between the two, and who leaves has to wait for it.
        self._threads.append(thread)
        try:
            thread.start()
        except RuntimeError:
            self._threads.remove(thread)
            with self._changed:
                self._busy -= 1
            return False
        return True

    def _do(self, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()

    def wait(self, wanted: Callable[[], bool], tell: Callable[[], None]) -> None:
        """Until all have ended or nothing more is wanted; `tell` is called now and then."""
        while True:
            with self._changed:
                if self._busy <= 0 or not wanted():
                    return
                self._changed.wait(LOOK_EVERY)
            tell()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()
