"""Exports as tasks of Apache Airflow: a hook, an operator that waits without a worker slot, and its trigger.

Names are loaded when they are first used: Airflow reads `provider` through this package in every one of its processes.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from profile_export.airflow.hook import ProfileExportHook as ProfileExportHook
    from profile_export.airflow.operator import ProfileExportOperator as ProfileExportOperator
    from profile_export.airflow.trigger import ProfileExportTrigger as ProfileExportTrigger

__all__ = ["ProfileExportHook", "ProfileExportOperator", "ProfileExportTrigger"]

_HOMES = {
    "ProfileExportHook": "hook",
    "ProfileExportOperator": "operator",
    "ProfileExportTrigger": "trigger",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        home = import_module(f"{__name__}.{_HOMES[name]}")
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "airflow":
            raise
        raise ImportError(f"{name} needs Apache Airflow 3.1 or newer: pip install 'profile-export[airflow]'") from error
    return getattr(home, name)


def __dir__() -> list[str]:
    return sorted(__all__)
