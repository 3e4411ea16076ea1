"""Stops blocking runs from outside: before their next effect, in a sleep, or in the middle of an answer."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Generator, Mapping
from typing import Any


class Stopped(BaseException):
    """The run was stopped. Not an Exception, so that no flow takes it for a failure."""


class Stop:
    """One switch for several runs, each in a thread of its own."""

    def __init__(self) -> None:
        self._event = threading.Event()
        # Whoever is interrupted while he sets it may set it himself.
        self._lock = threading.RLock()
        self._sockets: dict[int, socket.socket] = {}
        self._inner: set[Stop] = set()
        self._wakers: list[Callable[[], None]] = []

    def set(self) -> None:
        """Stops the runs. Those that wait for the panel are woken: their connections end."""
        with self._lock:
            self._event.set()
            for connection in self._sockets.values():
                _end(connection)
            inner, wakers = tuple(self._inner), tuple(self._wakers)
        for stop in inner:
            stop.set()
        for wake in wakers:
            wake()

    @contextlib.contextmanager
    def waking(self, wake: Callable[[], None]) -> Generator[None]:
        """Calls `wake` when it is set, or at once if it is, for whoever waits for something else meanwhile."""
        with self._lock:
            self._wakers.append(wake)
            late = self.is_set()
        try:
            if late:
                wake()
            yield
        finally:
            with self._lock:
                self._wakers.remove(wake)

    @contextlib.contextmanager
    def inner(self) -> Generator[Stop]:
        """A switch for a part of a run: set with this one, or alone."""
        inner = Stop()
        with self._lock:
            self._inner.add(inner)
        try:
            if self.is_set():
                inner.set()
            yield inner
        finally:
            with self._lock:
                self._inner.discard(inner)

    def is_set(self) -> bool:
        """Whether the runs are to stop."""
        return self._event.is_set()

    def check(self) -> None:
        """Raises Stopped after `set`."""
        if self._event.is_set():
            raise Stopped

    def sleep(self, seconds: float) -> None:
        """Lets `seconds` pass, or raises Stopped as soon as it is set."""
        # A lock takes no longer wait than this, which is 292 years.
        if self._event.wait(min(seconds, threading.TIMEOUT_MAX)):
            raise Stopped

    def trace(self, name: str, details: Mapping[str, Any]) -> None:
        """Takes httpcore's notes about a request, of which a new connection is one; see its `trace` extension."""
        get_extra_info = getattr(details.get("return_value"), "get_extra_info", None)
        if not name.endswith(".complete") or get_extra_info is None:
            return
        connection = get_extra_info("socket")
        if isinstance(connection, socket.socket):
            with self._lock:
                # A run has one connection at a time, and its last one may be TLS over the one before.
                self._sockets[threading.get_ident()] = connection
                if self._event.is_set():
                    _end(connection)

    def forget(self) -> None:
        """Forgets the connection of this thread, whose run has ended."""
        with self._lock:
            self._sockets.pop(threading.get_ident(), None)


def _end(connection: socket.socket) -> None:
    """Wakes whoever waits for it, and leaves it to him to close it. TLS doesn't matter: nothing more is said."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
