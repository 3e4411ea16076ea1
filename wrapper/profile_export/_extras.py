"""Packages that are not always installed: loaded when needed, and named with their extra when missing."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from profile_export.errors import UsageError


def needed(package: str, *, extra: str, what: str) -> ModuleType:
    """The module `package`, for `what`.

    Raises:
        UsageError: It is not installed.
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        missing = error.name
    raise UsageError(
        f"{what} needs the package {missing}", hints=(f"install it with: pip install 'profile-export[{extra}]'",)
    )
