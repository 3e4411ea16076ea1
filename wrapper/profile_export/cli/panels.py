"""The sandbox as the command line needs it: its settings from options, its failures as this package's errors."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from profile_export import DownloadError, UsageError
from profile_export import sandbox as sandbox_package

if TYPE_CHECKING:
    # At run time it would load the whole sandbox, which is an extra and may not be installed.
    from profile_export.sandbox import SandboxSettings

EXTRA_HINT = "install it with: pip install 'profile-export[sandbox]'"


def require() -> None:
    """Loads the sandbox.

    Raises:
        UsageError: The packages that it needs are not installed.
    """
    try:
        for name in ("starlette", "uvicorn", "yaml"):
            import_module(name)
    except ModuleNotFoundError as error:
        what = f"the sandbox is not installed: it needs the package {error.name}"
        raise UsageError(what, hints=(EXTRA_HINT,)) from None


def settings(**values: Any) -> SandboxSettings:
    """Checked settings.

    Raises:
        UsageError: One of them can't be used.
    """
    try:
        return sandbox_package.SandboxSettings(**values)
    except ValueError as error:
        raise UsageError(str(error)) from None


@contextmanager
def starting() -> Generator[None]:
    """Around the start: a port that is taken and a folder that can't be used are no bugs."""
    try:
        yield
    except (UsageError, DownloadError):
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        raise UsageError(f"can't start the sandbox: {where}{reason}") from None
    except (sqlite3.Error, ValueError) as error:
        raise UsageError(f"can't start the sandbox: {error}") from None
