"""A panel under test: an ASGI application, and the schemathesis schema that cases for it are made from."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import schemathesis
from attrs import frozen
from starlette.types import ASGIApp

from contract_tests.conformance.checks import REPLACED
from contract_tests.conformance.overlay import TOKEN, Credential, overlay
from profile_export.sandbox import SandboxSettings, create_app

REFUSALS = ["400", "401", "403", "404", "405", "415", "422"]

SEED = 20_240_615
"""Any number would do; it stays the same so that a run can be repeated."""


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


def schema_for(
    app: ASGIApp,
    phases: tuple[str, ...] = (),
    examples: int = 50,
    *,
    any_filter: bool = False,
    credential: Credential = "body",
) -> Any:
    """The overlay as a schemathesis schema whose cases go to `app`; the same cases on every run."""
    # Every value is needed for that: a database or a cache would feed one run's findings to the next one, several
    # workers would interleave, and literals of the application's source would change with the source.
    config = schemathesis.Config.from_dict(
        {
            "seed": SEED,
            "cache": {"enabled": False},
            "workers": 1,
            "continue-on-failure": True,
            "generation": {"deterministic": True, "database": "none", "max-examples": examples, "no-shrink": True},
            "analysis": {"constants": {"enabled": False}},
            "phases": {
                "enabled": False,
                **{name: {"enabled": True} for name in phases},
                "stateful": {
                    "enabled": "stateful" in phases,
                    "max-steps": 10,  # the default of 6 is too short for create, polls, and download
                    "inference": {"algorithms": []},
                },
            },
            "checks": {
                **{name: {"enabled": False} for name in REPLACED},
                "valid_data_is_accepted": {"enabled": not any_filter},
                # Stricter than the defaults: with the right token nothing valid may be refused, and a server error
                # refuses nothing.
                "positive_data_acceptance": {"enabled": False, "expected-statuses": ["2xx", "404"]},
                "negative_data_rejection": {"enabled": False, "expected-statuses": REFUSALS},
            },
        }
    )
    schema = schemathesis.openapi.from_dict(overlay(any_filter=any_filter, credential=credential), config=config)
    schema.app = app
    return schema
