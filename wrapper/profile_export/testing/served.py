"""The sandbox on a real socket, under a test's control."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from profile_export.sandbox import RunningSandbox, SandboxSettings, start_sandbox
from profile_export.testing.controls import Answer, ControlledPanel, Cut, Refusal
from profile_export.testing.traffic import Incoming

TOKEN = "token-of-the-sandbox-for-tests"  # noqa: S105 - no secret


class SandboxPanel(ControlledPanel):
    """A running panel with invented profiles: databases 1 and 2, segments 1, 7 and 9.

    Attributes:
        base_url: What a client gets as its address.
        token: What a client gets as its token.
    """

    def __init__(self, settings: SandboxSettings) -> None:
        super().__init__("", settings.token)
        self._sandbox: RunningSandbox = start_sandbox(settings, around=self._controls)

    @contextmanager
    def running(self) -> Generator[SandboxPanel]:
        """Serves within the block."""
        # A connection that is cut is no complaint of the server's here.
        complaints = logging.getLogger("uvicorn.error")
        complaints.addFilter(_is_no_cut)
        try:
            with self._sandbox as running:
                self.base_url = running.url
                yield self
        finally:
            complaints.removeFilter(_is_no_cut)

    def sources(self) -> dict[str, int]:
        """What can be exported, such as `{"database:1": 200}`, with its number of profiles."""
        rows = self._sandbox.panel.tasks.sources()
        return {f"{row['type']}:{row['id']}": row["total"] for row in rows}

    def expire_links(self) -> None:
        """Every link that was given out so far is of no more use; the status gives fresh ones."""
        with self._sandbox.panel.store.change() as db:
            db.execute("UPDATE links SET expires = 0")

    def _end_badly(self, task_id: str, problem: str) -> None:
        with self._sandbox.panel.store.change() as db:
            db.execute(
                "UPDATE tasks SET state = 'failed', total = 0, problem = ? WHERE task_id = ?", (problem, task_id)
            )

    def _controls(self, app: ASGIApp) -> ASGIApp:
        async def controlled(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            body = await _whole(receive)
            request = _incoming(scope, body)
            fault = self._meet(request)
            if isinstance(fault, Refusal):
                await _send(fault.answer(request.format), send)
                return
            await app(scope, _again(body, receive), _cut(send, fault.after) if isinstance(fault, Cut) else send)

        return controlled


def _is_no_cut(record: logging.LogRecord) -> bool:
    return record.getMessage() != "ASGI callable returned without completing response."


async def _whole(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """What was read already, for the application to read."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def read() -> Message:
        return left.pop() if left else await receive()

    return read


def _cut(send: Send, after: int) -> Send:
    """Lets so many bytes of a body pass. The server breaks a connection whose answer ends too early."""
    room = after

    async def passing(message: Message) -> None:
        nonlocal room
        if message["type"] == "http.response.body":
            body: bytes = message.get("body", b"")[:room]
            room -= len(body)
            message = {"type": "http.response.body", "body": body, "more_body": True}
        await send(message)

    return passing


def _incoming(scope: Scope, body: bytes) -> Incoming:
    headers = {name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]}
    return Incoming(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers, body)


async def _send(answer: Answer, send: Send) -> None:
    headers = {**answer.headers, "Content-Length": str(len(answer.body))}
    raw = [(name.lower().encode(), text.encode()) for name, text in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": answer.body})


@contextmanager
def serving(folder: Path, **options: Any) -> Generator[SandboxPanel]:
    """A panel that keeps its data in `folder`; `options` are those of `SandboxSettings`."""
    usual: dict[str, Any] = {"token": TOKEN, "profiles": 200, "task_seconds": 0}
    with SandboxPanel(SandboxSettings(data_dir=folder, **{**usual, **options})).running() as panel:
        yield panel
