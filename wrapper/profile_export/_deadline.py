"""Bounds the time that a piece of an answer takes: its head, or the next bytes of its body.

httpcore applies its timeout to each read of the socket, so a byte now and then keeps it waiting for ever where what it
waits for is longer: a head, interim answers (1xx), the frame of a chunk. So the stream of a connection, which httpcore
hands to the `trace` of a request, is asked for no read that goes on beyond the moment when the piece must be here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import attrs
import httpx


@attrs.define(eq=False)
class Deadline:
    """For one request, blocking or asynchronous.

    Transports without sockets never ask it, and one of the caller's that uses a connection again is watched for the
    first of its requests only.

    Attributes:
        seconds: How long a piece may take.
        clock: Seconds, never set back.
    """

    seconds: float
    clock: Callable[[], float] = time.monotonic
    _until: float = attrs.field(init=False, default=math.inf)

    def begin(self) -> None:
        """The next piece is waited for from now on."""
        self._until = self.clock() + self.seconds

    def watch(self, request: httpx.Request) -> httpx.Request:
        """The request, with its connection and the begin of its answer watched by the blocking transport."""
        before = request.extensions.get("trace")

        def trace(name: str, info: Mapping[str, Any]) -> None:
            # A run that can be stopped listens, too.
            if before is not None:
                before(name, info)
            self._trace(name, info)

        request.extensions = {**request.extensions, "trace": trace}
        return request

    def awatch(self, request: httpx.Request) -> httpx.Request:
        """The asynchronous twin of `watch`."""
        request.extensions = {**request.extensions, "trace": self._atrace}
        return request

    def _trace(self, name: str, info: Mapping[str, Any]) -> None:
        """What httpcore tells: https://www.encode.io/httpcore/extensions/#trace."""
        _, _, what = name.partition(".")
        if what in {"connect_tcp.complete", "start_tls.complete"}:
            self._bound(info["return_value"])
        elif what == "receive_response_headers.started":
            self.begin()
        elif what == "response_closed.started":
            # A transport of the caller's may use the connection again, for a request with a deadline of its own.
            self._until = math.inf

    async def _atrace(self, name: str, info: Mapping[str, Any]) -> None:
        self._trace(name, info)

    def _bound(self, stream: Any) -> None:
        """Shortens the timeouts of the stream's reads; the asynchronous stream's come back to be awaited."""
        read = stream.read

        def bounded(max_bytes: int, timeout: float | None = None) -> Any:
            left = self._until - self.clock()
            if left <= 0:
                # A socket that has bytes would give them even now.
                raise httpx.ReadTimeout(f"no whole piece of the answer came in {self.seconds:g} seconds")
            return read(max_bytes, left if timeout is None else min(timeout, left))

        stream.read = bounded
