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
from unittest.mock import patch

import attrs
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
        self.forget()

    def forget(self) -> None:
        """Begins to count anew."""
        self.created: list[str] = []
        self.completed: set[str] = set()
        self.downloaded: list[str] = []
        self.polls = 0
        self.most_under_way = 0
        self._task_of_link: dict[str, str] = {}

    @property
    def under_way(self) -> int:
        """Tasks that were created, and of which the panel has not told yet that they are completed."""
        return len(set(self.created) - self.completed)

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
        if result:
            self.completed.add(question["task_id"])
        self._task_of_link |= dict.fromkeys(result.get("urls") or [], question["task_id"])


@attrs.frozen(kw_only=True)
class Panel:
    """A running panel: its address and token, its clock, what it saw, and its data."""

    url: str
    token: str
    clock: Clock
    seen: Watched
    store: store.Store
    segments: list[str]

    def connection(self, **extra: str) -> dict[str, Any]:
        """An Airflow connection to it."""
        return {"conn_type": "profile_export", "host": self.url, "password": self.token, "extra": json.dumps(extra)}


@contextmanager
def running_panel(folder: Path, token: str, *, segments: int = 0) -> Iterator[Panel]:
    """A panel with the usual sources and, beside them, segments 101, 102 and so on."""
    more = tuple(sources.SegmentSpec(101 + number, f"Number {number}", 2, {}) for number in range(segments))
    known = (*sources.SEGMENTS, *more)
    clock = Clock()
    with patch.object(sources, "SEGMENTS", known), patch.object(store, "SEGMENTS", known):
        settings = SandboxSettings(data_dir=folder, token=token, profiles=300, task_seconds=TASK_SECONDS)
        app = create_app(settings, clock=clock)
        watched = Watched(app)
        try:
            with served(watched) as url:
                names = [f"segment:{segment.id}" for segment in more]
                data = app.state.panel.store
                yield Panel(url=url, token=token, clock=clock, seen=watched, store=data, segments=names)
        finally:
            app.state.panel.close()


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Serves an application on a free port of this machine, in a thread."""
    # The access log shows queries, and so the token; what is looked for in the tests' logs is the client's.
    logging.getLogger("uvicorn.access").disabled = True
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # Who comes before the thread is ready waits, and is not refused.
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
