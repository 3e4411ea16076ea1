"""Which Pythons there are on this machine, and which of those that a release is tested on are not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from scripts.release_parts.commands import environment

OLDEST: Final = 11
# Looked for as well, so that what comes next is known to work, or told to be missing.
NEWEST: Final = 14
ASK: Final = "import sys; print(sys.implementation.name, '%d.%d.%d' % sys.version_info[:3])"
CLASSIFIER: Final = re.compile(r"Programming Language :: Python :: 3\.(\d+)")


def declared(classifiers: Iterable[str]) -> set[int]:
    """The minor versions that the package says it is for."""
    return {int(found[1]) for line in classifiers if (found := CLASSIFIER.fullmatch(line))}


def places(minor: int) -> Iterator[Path]:
    home = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    uvs = Path(os.environ.get("UV_PYTHON_INSTALL_DIR", Path.home() / ".local/share/uv/python"))
    for named in (shutil.which(f"python3.{minor}"), f"/usr/bin/python3.{minor}", f"/usr/local/bin/python3.{minor}"):
        if named:
            yield Path(named)
    yield from sorted(home.glob(f"versions/3.{minor}.*/bin/python"), reverse=True)
    yield from sorted(uvs.glob(f"cpython-3.{minor}.*/bin/python3"), reverse=True)


def version_of(python: Path, minor: int) -> str | None:
    """The version of a CPython that really runs; the shims of pyenv lead nowhere for versions that aren't chosen."""
    try:
        done = subprocess.run(
            [python, "-I", "-c", ASK], env=environment(), capture_output=True, text=True, check=False, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    name, _, version = done.stdout.strip().partition(" ")
    return version if (name, done.returncode) == ("cpython", 0) and version.startswith(f"3.{minor}.") else None


def look() -> dict[int, tuple[Path, str]]:
    """By minor version: the first interpreter that runs, and its whole version."""
    found: dict[int, tuple[Path, str]] = {}
    for minor in range(OLDEST, NEWEST + 1):
        for python in places(minor):
            if version := version_of(python, minor):
                found[minor] = (python, version)
                break
    return found


def problems(found: Iterable[int], promised: Iterable[int]) -> list[str]:
    """A version that the package says it is for can't stay untested; one that comes next can."""
    needed = {OLDEST, *promised}
    return [f"3.{minor} is promised, and not on this machine" for minor in sorted(needed - set(found))]


def told(found: Mapping[int, str]) -> str:
    missing = [f"3.{minor}" for minor in range(OLDEST, NEWEST + 1) if minor not in found]
    there = ", ".join(found[minor] for minor in sorted(found))
    return f"{there}; not to be had on this machine: {', '.join(missing) or 'none'}"
