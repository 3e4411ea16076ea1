"""The tests against the built wheel: in environments of their own, beside a copy of the tests without the sources."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

from scripts.release_parts.building import unpacked
from scripts.release_parts.commands import ROOT, run, uv
from scripts.release_parts.outcomes import Found

# Airflow has an environment, and tests, of its own: scripts/test-airflow.
EXTRAS: Final = ("cloud", "keyring", "otel", "parquet", "sandbox")
# What is about the package as users have it. The other folders are about this repository, or take minutes.
WHOLE: Final = ("cli", "observability", "sandbox", "tables", "testing", "wire", "workflow", "xml")
# What touches the dependencies most: the network, the command line, pyarrow.
SMALL: Final = ("cli", "tables", "wire", "workflow")
# These ask the generator of the client, which no user has.
WITHOUT: Final = ("contract_tests/xml/test_shapes.py",)
# The tools of the small set. The whole test group would ask for newer versions of our own dependencies.
TOOLS: Final = (
    *("hypothesis", "pytest", "pytest-randomly", "pytest-timeout", "pytest-xdist"),
    *("jsonschema", "opentelemetry-sdk", "respx", "trustme", "trio"),
)
COPIED: Final = ("contract_tests", "scripts", "docs", "openapi.yaml", "pyproject.toml", "README.md")
SUMMARY: Final = re.compile(r"^\d+ passed.* in [\d.]+s", re.MULTILINE)


def tools(group: Iterable[str | dict[str, str]], names: Iterable[str]) -> list[str]:
    """The lines of a dependency group for these packages.

    Raises:
        LookupError: one of them isn't in the group.
    """
    lines = {Requirement(line).name: line for line in group if isinstance(line, str)}
    return [lines[name] for name in names]


def pins(text: str) -> dict[str, str]:
    """The versions that a list of requirements settles."""
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))


@dataclass(frozen=True)
class Lane:
    """Where one suite runs: an interpreter, a wheel, and a folder for all that is needed."""

    folder: Path
    python: Path
    wheel: Path

    def wheel_with_extras(self) -> str:
        """The wheel as a requirement."""
        return f"profile-export[{','.join(EXTRAS)}] @ {self.wheel.as_uri()}"

    def install(self, *words: str | Path) -> Path:
        """An environment of this interpreter that has the wheel, and what the words ask for."""
        venv = self.folder / "venv"
        uv("venv", "--quiet", "--python", self.python, venv)
        uv(
            *("pip", "install", "--quiet", "--compile-bytecode", "--python", venv / "bin/python"),
            *(*words, self.wheel_with_extras()),
        )
        return venv

    def tested(self, venv: Path, folders: Iterable[str]) -> str:
        """The summary of the tests.

        Raises:
            CheckFailed: a test failed, or what was tested isn't the wheel.
        """
        source = unpacked(self.folder / "source", *COPIED)
        told = run(
            *(
                venv / "bin/python",
                "-m",
                "pytest",
                "-q",
                "-p",
                "scripts.release_parts.origin",
                "-p",
                "no:cacheprovider",
            ),
            *("-n", os.environ.get("PYTEST_WORKERS", "2"), *(f"--ignore={path}" for path in WITHOUT)),
            *(f"contract_tests/{folder}" for folder in folders),
            cwd=source,
            more={"PROFILE_EXPORT_WHEEL": str(self.wheel)},
            tail=25,
        )
        summary = SUMMARY.search(told)
        if not summary:
            raise ValueError(f"pytest didn't tell that tests passed\n{told[-2000:]}")
        return summary[0]


def on_locked(lane: Lane) -> Found:
    """The tests with the locked versions, which only another interpreter can break."""
    locked = lane.folder / "locked.txt"
    lane.folder.mkdir(parents=True)
    quiet = ("export", "--quiet", "--locked", "--no-hashes", "--no-emit-project", "--no-annotate")
    # Constraints for the wheel's own dependencies, requirements for the tools.
    locked.write_text(uv(*quiet, "--no-default-groups", *(word for name in EXTRAS for word in ("--extra", name))))
    tests = lane.folder / "tests.txt"
    tests.write_text(uv(*quiet, "--only-group", "test"))
    venv = lane.install("--constraint", locked, "--requirement", tests)
    return Found((), lane.tested(venv, WHOLE))


def on_resolution(lane: Lane, resolution: str, minor: int) -> Found:
    """The small set of tests with the lowest versions that pyproject.toml allows, or the highest there are."""
    lane.folder.mkdir(parents=True)
    settled = lane.folder / "settled.txt"
    settled.write_text(
        uv(
            *("pip", "compile", "--quiet", "--no-header", "--no-annotate", "--resolution", resolution),
            *("--python-version", f"3.{minor}", "pyproject.toml"),
            *(word for name in EXTRAS for word in ("--extra", name)),
        )
    )
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = tools(pyproject["dependency-groups"]["test"], TOOLS)
    venv = lane.install("--constraint", settled, *needed)
    direct = [Requirement(line).name for line in pyproject["project"]["dependencies"]]
    versions = pins(settled.read_text())
    summary = lane.tested(venv, SMALL)
    return Found((), f"{summary}, with {', '.join(f'{name} {versions[name]}' for name in direct)}")
