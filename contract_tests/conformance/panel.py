"""A panel under test: the sandbox as an ASGI application, with a clock that tests move."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen
from starlette.types import ASGIApp

from profile_export.sandbox import SandboxSettings, create_app
from scripts.verification.overlay import TOKEN


class Clock:
    """A panel's time, which passes only when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def wait(self) -> None:
        """A second passes for the panel, and a moment in truth for the work that it does in the background."""
        self.now += 1
        time.sleep(0.002)


@frozen
class Panel:
    """A running sandbox, and how to let its time pass."""

    app: ASGIApp
    wait: Callable[[], None]


@contextmanager
def sandbox(data_dir: Path, **settings: Any) -> Iterator[Panel]:
    """The embedded panel with little data, whose ids and files are the same on every run."""
    chosen = {"token": TOKEN, "profiles": 60, "task_seconds": 0.0, "ids": "counter", **settings}
    clock = Clock()
    app = create_app(SandboxSettings(data_dir=data_dir, **chosen), clock=clock)
    try:
        yield Panel(app, clock.wait)
    finally:
        app.state.panel.close()
