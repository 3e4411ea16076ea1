"""A panel without a network, for many exports at once: it answers both clients, from any thread, and remembers all."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import anyio
import attrs
import httpx
import pytest

from profile_export import (
    AsyncExportClient,
    Database,
    Event,
    ExportClient,
    ExportOutcome,
    PollPolicy,
    RetryPolicy,
    Source,
)

URL = "http://panel.example.com"
TOKEN = "token-of-the-paper-panel"
CONTENT = b"id\n1\n2\n"
STYLES = ["sync", "asyncio", "trio"]
every_style = pytest.mark.parametrize("style", STYLES)


def file_of(source_id: int) -> bytes:
    """Different for every source, so that no file can pass for another one's."""
    return b"id\n%d\n%d\n" % (source_id, source_id + 1)


@attrs.define
class Paper:
    """The panel. A task needs `polls` questions; `hooks` may answer a request to a source in its own way."""

    polls: int = 1
    latency: float = 0.0
    name: Callable[[int], str] = "{}_database_export.csv".format
    hooks: dict[int, Callable[[str], httpx.Response | None]] = attrs.field(factory=dict)
    created: list[int] = attrs.field(factory=list)
    times: list[tuple[str, int, float]] = attrs.field(factory=list)
    running: set[int] = attrs.field(factory=set)
    most: int = 0
    _asked: dict[int, int] = attrs.field(factory=lambda: defaultdict(int))
    _lock: Any = attrs.field(factory=threading.Lock)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            source_id, operation = int(request.url.path.split("/")[3]), "download"
        else:
            members = json.loads(request.content)
            operation = "create" if "source_id" in members else "status"
            source_id = members.get("source_id") or int(members["task_id"].removeprefix("task-"))
        with self._lock:
            self.times.append((operation, source_id, time.monotonic()))
            hook = self.hooks.get(source_id)
            own = hook(operation) if hook else None
            return own or self._usual(operation, source_id)

    def _usual(self, operation: str, source_id: int) -> httpx.Response:
        if operation == "create":
            self.created.append(source_id)
            self.running.add(source_id)
            self.most = max(self.most, len(self.running))
            return envelope({"task_id": f"task-{source_id}"})
        if operation == "status":
            self._asked[source_id] += 1
            if self._asked[source_id] < self.polls:
                return envelope({"status": "in_progress", "progress": 10})
            link = f"/api/download/{source_id}/{self.name(source_id)}"
            result = {"errors": [], "source_id": source_id, "total": 2, "type": "database", "urls": [link]}
            return envelope({"status": "completed", "progress": 100, "result": result})
        self.running.discard(source_id)
        return httpx.Response(200, headers={"Content-Type": "text/csv"}, content=file_of(source_id))

    def transport(self, style: str) -> Any:
        if style == "sync":
            return httpx.MockTransport(self._blocking)
        return httpx.MockTransport(self._awaited)

    def _blocking(self, request: httpx.Request) -> httpx.Response:
        time.sleep(self.latency)
        return self.answer(request)

    async def _awaited(self, request: httpx.Request) -> httpx.Response:
        await anyio.sleep(self.latency)
        return self.answer(request)

    def client(self, style: str, **options: Any) -> Any:
        kind = ExportClient if style == "sync" else AsyncExportClient
        settings = {"poll": PollPolicy(min_delay=0, max_delay=0), "retry": RetryPolicy(first_delay=0), **options}
        return kind(URL, token=TOKEN, transport=self.transport(style), **settings)

    def export(
        self,
        style: str,
        sources: Iterable[Source],
        to: Path,
        *,
        stop_after: int | None = None,
        on_event: Callable[[Event], object] | None = None,
        **options: Any,
    ) -> list[ExportOutcome]:
        """The outcomes of `export_many`, the first so many of them where it is to be closed then."""
        call = Call(sources, to, stop_after, on_event, options)
        outcomes: list[ExportOutcome] = self._block(call) if style == "sync" else run(style, self._wait, style, call)
        return outcomes

    def _block(self, call: Call) -> list[ExportOutcome]:
        found: list[ExportOutcome] = []
        with self.client("sync", on_event=call.on_event) as client:
            for outcome in client.export_many(call.sources, to=call.to, **call.options):
                found.append(outcome)
                if len(found) == call.stop_after:
                    break
        return found

    async def _wait(self, style: str, call: Call) -> list[ExportOutcome]:
        found: list[ExportOutcome] = []
        async with (
            self.client(style, on_event=call.on_event) as client,
            aclosing(client.export_many(call.sources, to=call.to, **call.options)) as outcomes,
        ):
            async for outcome in outcomes:
                found.append(outcome)
                if len(found) == call.stop_after:
                    break
        return found


@attrs.frozen
class Call:
    """One call of `export_many`."""

    sources: Iterable[Source]
    to: Path
    stop_after: int | None
    on_event: Callable[[Event], object] | None
    options: dict[str, Any]


def run(style: str, main: Callable[..., Any], *arguments: Any) -> Any:
    """Runs an async function on one of the two loops."""
    return anyio.run(main, *arguments, backend=style)


def envelope(data: Any, status: int = 200, error: int = 0, **headers: str) -> httpx.Response:
    return httpx.Response(status, headers=headers, json={"data": data, "error": error, "error_text": ""})


def databases(*numbers: int) -> list[Source]:
    return [Database(number) for number in numbers]


def other_threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("export ")}
