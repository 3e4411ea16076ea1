"""Find and read `openapi.yaml`: inside an installed package, or at the root of a source checkout."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import cast

import yaml

_NAME = "openapi.yaml"


@cache
def contract_text() -> str:
    """The contract as it was written."""
    return _find().read_text(encoding="utf-8")


@cache
def contract() -> dict[str, object]:
    """The contract as data."""
    return cast("dict[str, object]", yaml.safe_load(contract_text()))


def _find() -> Traversable:
    installed = files("profile_export") / _NAME
    if installed.is_file():
        return installed
    # wrapper/profile_export/sandbox/contract.py
    checkout = Path(__file__).resolve().parents[3] / _NAME
    if checkout.is_file():
        return checkout
    raise FileNotFoundError(f"{_NAME} is neither in the installed package nor at the root of the checkout")
