"""Ctrl-C, and being asked to end: an exception, so that every `with` on the way out cleans up."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

# Windows has no SIGHUP.
NAMES: Final = ("SIGINT", "SIGTERM", "SIGHUP")
# Seconds, in which Python has surely left the finalizer that a signal came in.
AGAIN_AFTER: Final = 0.1


class Interrupted(BaseException):
    """A signal asked the program to end. Not an Exception, so that nothing on the way takes it for a failure."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number

    @property
    def exit_code(self) -> int:
        """What a shell shows for a program that ended by this signal."""
        return 128 + self.number


class _Signals:
    """Raises the first signal, and ignores the later ones; also where Python drops what is raised."""

    def __init__(self) -> None:
        numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
        # What is ignored stays so: nohup, and a shell's background jobs, mean it.
        self._before = {each: signal.getsignal(each) for each in numbers if signal.getsignal(each) != signal.SIG_IGN}
        self._hook = sys.unraisablehook
        self._again: threading.Timer | None = None

    def listen(self) -> None:
        sys.unraisablehook = self._dropped
        for number in self._before:
            signal.signal(number, self._end)

    def _end(self, number: int, _frame: FrameType | None) -> NoReturn:
        for each in self._before:
            signal.signal(each, signal.SIG_IGN)
        raise Interrupted(number)

    def _dropped(self, unraisable: UnraisableHookArgs) -> None:
        """Python drops what is raised in a finalizer: a signal comes once more, when that is over."""
        error = unraisable.exc_value
        if not isinstance(error, Interrupted):
            self._hook(unraisable)
            return
        self.listen()
        if sys.platform == "win32":
            # There it would be an end without cleaning up: the next Ctrl-C is heard.
            return
        self._again = threading.Timer(AGAIN_AFTER, os.kill, (os.getpid(), error.number))
        self._again.start()

    def leave(self) -> None:
        if self._again is not None:
            self._again.cancel()
        sys.unraisablehook = self._hook
        for number, handler in self._before.items():
            signal.signal(number, handler)


@contextmanager
def raising() -> Generator[None]:
    """Within, the first signal raises `Interrupted`; later ones must not disturb the cleaning up, which is short."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = _Signals()
    try:
        signals.listen()
        yield
    finally:
        signals.leave()
