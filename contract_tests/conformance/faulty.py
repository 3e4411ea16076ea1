"""Makes a panel that breaks the contract out of one that keeps it: a fault changes what was asked, or what is given."""

from __future__ import annotations

from collections.abc import Callable

import anyio
from attrs import frozen
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Headers = tuple[tuple[bytes, bytes], ...]


@frozen
class Asked:
    """A request, as far as faults look at it."""

    path: str
    query: bytes
    headers: Headers
    body: bytes

    @property
    def media_type(self) -> str:
        return _media_type(self.headers)

    @property
    def creates(self) -> bool:
        return self.path.endswith("/get_all")

    @property
    def downloads(self) -> bool:
        return self.path.startswith("/api/download/")


@frozen
class Given:
    """A whole answer."""

    status: int
    headers: Headers
    body: bytes

    @property
    def media_type(self) -> str:
        return _media_type(self.headers)

    @property
    def refuses(self) -> bool:
        return self.status != 200 or (self.media_type != "text/csv" and b"Successful" not in self.body)

    def replaced(self, media_type: str, body: bytes) -> Given:
        """The same answer with another body of another type."""
        kept = tuple(pair for pair in self.headers if pair[0] != b"content-type")
        return Given(self.status, (*kept, (b"content-type", media_type.encode())), body)


@frozen
class Fault:
    """What a faulty panel does to a request before, and to an answer after it has been treated properly."""

    before: Callable[[Asked], Asked] = lambda asked: asked
    after: Callable[[Asked, Given], Given] = lambda _, given: given

    def wrapped(self, app: ASGIApp) -> ASGIApp:
        """The panel with the fault."""

        async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return
            asked = await _read(scope, receive)
            given = self.after(asked, await _ask(app, scope, self.before(asked)))
            await send({"type": "http.response.start", "status": given.status, "headers": list(given.headers)})
            await send({"type": "http.response.body", "body": given.body})

        return faulty


def _media_type(headers: Headers) -> str:
    return dict(headers).get(b"content-type", b"").decode("latin-1").partition(";")[0]


async def _read(scope: Scope, receive: Receive) -> Asked:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    headers = tuple((bytes(name), bytes(value)) for name, value in scope["headers"])
    return Asked(scope["path"], scope["query_string"], headers, body)


async def _ask(app: ASGIApp, scope: Scope, asked: Asked) -> Given:
    answered: list[Message] = []
    bodies = [asked.body]

    async def receive() -> Message:
        if not bodies:
            await anyio.sleep_forever()  # a client that stays connected; the application cancels this
        return {"type": "http.request", "body": bodies.pop()}

    async def send(message: Message) -> None:
        answered.append(message)

    changed = {"path": asked.path, "query_string": asked.query, "headers": list(asked.headers)}
    await app({**scope, **changed}, receive, send)
    start, *chunks = answered
    headers = tuple((bytes(name), bytes(value)) for name, value in start["headers"] if name != b"content-length")
    return Given(start["status"], headers, b"".join(chunk.get("body", b"") for chunk in chunks))
