"""Panels for other people's tests: one in memory that follows a script, one that serves the sandbox, and a clock.

    from profile_export import Database
    from profile_export.testing import ScriptedPanel

    panel = ScriptedPanel()
    panel.add(Database(1), [{"email": "a@example.com", "phone": "007"}], seconds=3600)
    with panel.client() as client:
        client.export(Database(1), to="exports")  # an hour of the panel's time, milliseconds of yours

Names are loaded when they are first used, since pytest loads this package into every test run.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from profile_export.testing.clock import VirtualClock as VirtualClock
    from profile_export.testing.controls import ControlledPanel as ControlledPanel
    from profile_export.testing.scripted import ScriptedPanel as ScriptedPanel
    from profile_export.testing.served import SandboxPanel as SandboxPanel
    from profile_export.testing.traffic import SeenRequest as SeenRequest

__all__ = ["ControlledPanel", "SandboxPanel", "ScriptedPanel", "SeenRequest", "VirtualClock"]

_HOMES = {
    "ControlledPanel": "controls",
    "SandboxPanel": "served",
    "ScriptedPanel": "scripted",
    "SeenRequest": "traffic",
    "VirtualClock": "clock",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
