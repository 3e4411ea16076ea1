"""A panel whose clock the test holds, so that no task ends before it shall, and which counts what is under way."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from profile_export.sandbox import SandboxSettings, create_app, sources, store

CREATE = "/api/v1.1/profiles/get_all"
STATUS = "/api/v1.1/tasks/status"
TASK_SECONDS = 1.0


class Clock:
    """Stands still while it is held, and runs otherwise."""

    def __init__(self) -> None:
        self._held_at: float | None = None
        self._lost = 0.0

    def __call__(self) -> float:
        return (time.monotonic() if self._held_at is None else self._held_at) - self._lost

    def hold(self) -> None:
        self._held_at = time.monotonic()

    def go(self) -> None:
        assert self._held_at is not None
        self._lost += time.monotonic() - self._held_at
        self._held_at = None


class Watched:
    """Around the panel: which tasks were created, asked for and downloaded, and how many were under way at once."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.created: list[str] = []
        self.downloaded: list[str] = []
        self.polls = 0
        self.most_under_way = 0
        self._task_of_link: dict[str, str] = {}

    @property
    def under_way(self) -> int:
        """Tasks that were created and whose file was not fetched yet: from the panel's side, an export in flight."""
        return len(set(self.created) - set(self.downloaded))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        question, answer = bytearray(), bytearray()

        async def read() -> Message:
            message = await receive()
            question.extend(cast("bytes", message.get("body", b"")))
            return message

        async def watch(message: Message) -> None:
            answer.extend(cast("bytes", message.get("body", b"")))
            await send(message)

        await self._app(scope, read, watch)
        path = scope["path"]
        if path == CREATE:
            self._create(json.loads(answer))
        elif path == STATUS:
            self.polls += 1
            self._link(json.loads(question), json.loads(answer))
        elif path in self._task_of_link:
            self.downloaded.append(self._task_of_link[path])

    def _create(self, answer: Any) -> None:
        if answer["error"] == 0:
            self.created.append(answer["data"]["task_id"])
            self.most_under_way = max(self.most_under_way, self.under_way)

    def _link(self, question: Any, answer: Any) -> None:
        result = (answer.get("data") or {}).get("result") or {}
        self._task_of_link |= dict.fromkeys(result.get("urls") or [], question["task_id"])


class Panel:
    """A running panel: its address and token, its clock, and what it saw."""

    def __init__(self, url: str, token: str, clock: Clock, seen: Watched, data: store.Store) -> None:
        self.url = url
        self.token = token
        self.clock = clock
        self.seen = seen
        self.store = data

    def connection(self, **extra: str) -> dict[str, Any]:
        """An Airflow connection to it."""
        return {"conn_type": "profile_export", "host": self.url, "password": self.token, "extra": json.dumps(extra)}


@contextmanager
def running_panel(folder: Path, token: str, *, task_seconds: float = TASK_SECONDS) -> Iterator[Panel]:
    clock = Clock()
    settings = SandboxSettings(data_dir=folder, token=token, profiles=300, task_seconds=task_seconds)
    app = create_app(settings, clock=clock)
    watched = Watched(app)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(watched, log_config=None, access_log=False, lifespan="off", ws="none"))
    # It shows queries, and so the token; a test that looks for the token in logs is about the client's.
    logging.getLogger("uvicorn.access").disabled = True
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield Panel(f"http://127.0.0.1:{listener.getsockname()[1]}", token, clock, watched, app.state.panel.store)
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
        app.state.panel.close()


@contextmanager
def many_segments(count: int) -> Iterator[list[str]]:
    """Makes panels that start in the block have the segments 1 to `count`, and gives their names."""
    before = sources.SEGMENTS
    spec = before[0]
    many = tuple(
        sources.SegmentSpec(number, f"Number {number}", spec.database_id, spec.query) for number in range(1, count + 1)
    )
    sources.SEGMENTS = store.SEGMENTS = many  # type: ignore[assignment, misc, attr-defined]
    try:
        yield [f"segment:{segment.id}" for segment in many]
    finally:
        sources.SEGMENTS = store.SEGMENTS = before  # type: ignore[misc, attr-defined]
