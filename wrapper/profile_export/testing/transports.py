"""The scripted panel in place of the network, for both clients."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Final

import httpx

from profile_export.testing.controls import Answer
from profile_export.testing.traffic import Incoming

Respond = Callable[[Incoming], tuple[Answer, int | None]]

# Small enough that a test's file comes in several pieces, as one on the network does.
PIECE: Final = 4096


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """An answer's bytes; where the connection breaks, httpx's own error for it."""

    def __init__(self, content: bytes, cut_after: int | None) -> None:
        self._content = content if cut_after is None else content[:cut_after]
        self._breaks = cut_after is not None and cut_after < len(content)

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._content), PIECE):
            yield self._content[start : start + PIECE]
        if self._breaks:
            raise httpx.RemoteProtocolError("the connection broke, as the test wants it")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


def _incoming(request: httpx.Request, body: bytes) -> Incoming:
    headers = {name.lower(): text for name, text in request.headers.items()}
    return Incoming(request.method, request.url.path, request.url.query.decode("ascii"), headers, body)


def _response(answer: Answer, cut_after: int | None) -> httpx.Response:
    headers = {**answer.headers, "Content-Length": str(len(answer.body))}
    return httpx.Response(answer.status, headers=headers, stream=_Body(answer.body, cut_after))


class PanelTransport(httpx.BaseTransport):
    """What `ExportClient(transport=...)` takes."""

    def __init__(self, respond: Respond) -> None:
        self._respond = respond

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The panel's answer."""
        return _response(*self._respond(_incoming(request, request.read())))


class AsyncPanelTransport(httpx.AsyncBaseTransport):
    """What `AsyncExportClient(transport=...)` takes."""

    def __init__(self, respond: Respond) -> None:
        self._respond = respond

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The panel's answer."""
        return _response(*self._respond(_incoming(request, await request.aread())))
