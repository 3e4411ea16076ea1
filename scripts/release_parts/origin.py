"""A plugin of pytest that proves, file by file and in each process, that the tests import the wheel and nothing else.

It is loaded with `-p`, and finds the wheel's path in PROFILE_EXPORT_WHEEL.
"""

from __future__ import annotations

import os
import sys
import sysconfig
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

PACKAGES = ("profile_export", "profile_export_api")
FOUND: list[str] = []


def is_ours(name: str) -> bool:
    return name.partition(".")[0].partition("/")[0] in PACKAGES


def differing(wheel: Path, installed: Path) -> list[str]:
    """The files of the wheel's packages that are not installed byte for byte."""
    with zipfile.ZipFile(wheel) as archive:
        return [
            name
            for name in archive.namelist()
            if is_ours(name)
            and not ((installed / name).is_file() and (installed / name).read_bytes() == archive.read(name))
        ]


def foreign(modules: Iterable[tuple[str, str | None]], installed: Path) -> list[str]:
    """The modules of our packages that were imported from anywhere else."""
    folder = installed.resolve()
    return sorted(
        f"{name} from {file}"
        for name, file in modules
        if is_ours(name) and not (file and Path(file).resolve().is_relative_to(folder))
    )


def installed() -> Path:
    return Path(sysconfig.get_path("purelib"))


def pytest_configure() -> None:
    wrong = differing(Path(os.environ["PROFILE_EXPORT_WHEEL"]), installed())
    if wrong:
        raise pytest.UsageError(f"not the wheel's: {', '.join(wrong[:5])}")


def loaded_from_elsewhere() -> list[str]:
    return foreign([(name, getattr(module, "__file__", None)) for name, module in [*sys.modules.items()]], installed())


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """What a process of pytest-xdist says at its end: an error that it raised there would be heard by nobody."""
    FOUND.extend(node.workeroutput.get("foreign", ["nothing was said by a process that broke"]))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Ends in an error in the process that pytest was started as, whichever process imported something else."""
    wrong = loaded_from_elsewhere()
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["foreign"] = wrong
    elif wrong := [*FOUND, *wrong]:
        raise pytest.UsageError(f"not imported from the wheel: {', '.join(wrong[:5])}")
