"""Verifies panels in this process: no sockets, and time that passes only while the verification waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from attrs import field, frozen
from starlette.types import ASGIApp

from contract_tests.conformance.faulty import Fault
from contract_tests.conformance.panel import Clock
from profile_export.sandbox import SandboxSettings, create_app
from scripts.verification.options import Options
from scripts.verification.overlay import TOKEN
from scripts.verification.plan import Aims
from scripts.verification.run import verify
from scripts.verification.values import Source
from scripts.verification.verdict import Outcome

URL = "http://panel.example.com"
DATABASE, SEGMENT = Source("database", 1), Source("segment", 7)
BOTH = (DATABASE, SEGMENT)


class InProcess(httpx.BaseTransport):
    """The way to an ASGI application, for blocking clients."""

    def __init__(self, app: ASGIApp, portal: BlockingPortal) -> None:
        self._transport = httpx.ASGITransport(app)
        self._portal = portal

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._portal.call(self._ask, request)

    async def _ask(self, request: httpx.Request) -> httpx.Response:
        response = await self._transport.handle_async_request(request)
        body = b"".join([chunk async for chunk in response.stream])  # type: ignore[union-attr]
        headers = response.headers
        return httpx.Response(response.status_code, headers=headers, stream=httpx.ByteStream(body))


@frozen(kw_only=True)
class Panel:
    """A kind of panel: what it is set to, what is wrong or different about it, and how it is asked."""

    fault: Callable[[], Fault] = Fault
    settings: dict[str, Any] = field(factory=dict)
    aims: dict[str, Any] = field(factory=dict)
    options: dict[str, Any] = field(factory=dict)


@contextmanager
def running(panel: Panel, data_dir: Path, **changes: Any) -> Iterator[tuple[ASGIApp, Clock, Callable[[float], None]]]:
    """The panel as an application, its clock, and how to wait for it."""
    chosen = {"token": TOKEN, "profiles": 60, "task_seconds": 2.0, "ids": "counter", **panel.settings, **changes}
    clock = Clock()
    app = create_app(SandboxSettings(data_dir=data_dir, **chosen), clock=clock)
    store = app.state.panel.store

    def sleep(seconds: float) -> None:
        clock.now += seconds
        patience = time.monotonic() + 10
        while time.monotonic() < patience:
            with store.connect() as db:
                unfinished = "SELECT count(*) FROM tasks WHERE state NOT IN ('written', 'failed')"
                if db.execute(unfinished).fetchone()[0] == 0:
                    return
            time.sleep(0.001)

    try:
        yield panel.fault().wrapped(app), clock, sleep
    finally:
        app.state.panel.close()


def options(panel: Panel, **changes: Any) -> Options:
    """How a panel is verified."""
    aims = Aims(**{"sources": BOTH, **panel.aims})
    given: dict[str, Any] = {
        "base_url": URL,
        "token": TOKEN,
        "aims": aims,
        "auth": "body",
        "max_requests": 50 + 8 * (len(aims.sources) - 1),
        "max_exports": aims.exports,
        "pace": 0.2,
        "fuzz": False,
        "json": None,
        "junit": None,
        "html": None,
    }
    return Options(**{**given, **panel.options, **changes})


def verified(panel: Panel, data_dir: Path, portal: BlockingPortal) -> Outcome:
    """What a verification says of a panel."""
    outcome = Outcome()
    with running(panel, data_dir) as (app, clock, sleep):
        verify(options(panel), InProcess(app, portal), outcome=outcome, clock=clock, sleep=sleep)
    return outcome


def caught_by(outcome: Outcome) -> list[str]:
    """The names of the rules that a panel broke."""
    return sorted({finding.rule.name for finding in outcome.ledger.findings})


__all__ = ["BOTH", "DATABASE", "SEGMENT", "URL", "InProcess", "Panel", "caught_by", "options", "running",
           "start_blocking_portal", "verified"]  # fmt: skip
