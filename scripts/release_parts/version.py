"""The version: written once, in the words of PEP 440, and the same in everything that states it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from packaging.version import InvalidVersion, Version

DECLARED = re.compile(r'^__version__ = "([^"]*)"$', re.MULTILINE)


def declared(module: str) -> str:
    """The version that the text of the module states.

    Raises:
        ValueError: it states none, or several.
    """
    found = DECLARED.findall(module)
    if len(found) != 1:
        raise ValueError(f"the module of the version states {len(found)} versions instead of one")
    return str(found[0])


def problems(version: str, pyproject: Mapping[str, Any], module: str, sources: Mapping[str, str]) -> list[str]:
    """What is wrong with the version; `module` is the path of its one place, `sources` the text of all the others."""
    found: list[str] = []
    try:
        if str(Version(version)) != version:
            found.append(f"PEP 440 writes {version} as {Version(version)}")
    except InvalidVersion:
        found.append(f"{version!r} is no version in the sense of PEP 440")
    project = pyproject["project"]
    if "version" in project or "version" not in project.get("dynamic", []):
        found.append("pyproject.toml states a version of its own")
    path = pyproject.get("tool", {}).get("hatch", {}).get("version", {}).get("path")
    if path != module:
        found.append(f"pyproject.toml takes the version from {path}, not from {module}")
    repeated = sorted(name for name, text in sources.items() if f'"{version}"' in text or f"'{version}'" in text)
    return found + [f"{name} repeats the version" for name in repeated]
