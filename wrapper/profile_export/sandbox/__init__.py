"""A panel that really implements the export API, so that people can try the client without an account.

It shares no code with the client on purpose: each checks the other. Heavy modules load on first use, because the
command line imports this package before it knows whether the ``[sandbox]`` extra is installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from profile_export.sandbox.app import create_app as create_app
    from profile_export.sandbox.server import RunningSandbox as RunningSandbox
    from profile_export.sandbox.server import serve as serve
    from profile_export.sandbox.server import start_sandbox as start_sandbox
    from profile_export.sandbox.settings import SandboxSettings as SandboxSettings
    from profile_export.sandbox.store import DataDirError as DataDirError

__all__ = ["DataDirError", "RunningSandbox", "SandboxSettings", "create_app", "serve", "start_sandbox"]

_HOMES = {
    "DataDirError": "store",
    "RunningSandbox": "server",
    "SandboxSettings": "settings",
    "create_app": "app",
    "serve": "server",
    "start_sandbox": "server",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
