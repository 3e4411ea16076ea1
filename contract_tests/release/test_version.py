"""The version is written once, and as PEP 440 writes it."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from profile_export import __version__
from scripts.release_parts import version
from scripts.release_parts.commands import ROOT
from scripts.release_parts.project import MODULE

HATCH = {"hatch": {"version": {"path": "a/_version.py"}}}
RIGHT: dict[str, Any] = {"project": {"dynamic": ["version"]}, "tool": HATCH}


def problems(told: str, pyproject: dict[str, Any] = RIGHT, **sources: str) -> str:
    return "; ".join(version.problems(told, pyproject, "a/_version.py", sources))


def test_this_repository_states_one_version() -> None:
    assert version.declared((ROOT / MODULE).read_text(encoding="utf-8")) == __version__
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert version.problems(__version__, pyproject, MODULE, {}) == []


@pytest.mark.parametrize("text", ["", '__version__ = "1"\n__version__ = "2"\n', "__version__ = compute()\n"])
def test_none_or_several_versions_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="instead of one"):
        version.declared(text)


@pytest.mark.parametrize("told", ["1.0.0", "1.0.0rc1", "0.9.dev3", "2.0.post1"])
def test_versions_of_pep_440(told: str) -> None:
    assert problems(told) == ""


@pytest.mark.parametrize(
    ("told", "says"),
    [("1.0.0-rc1", "writes 1.0.0-rc1 as 1.0.0rc1"), ("v1.0", "as 1.0"), ("one", "no version"), ("", "no version")],
)
def test_other_spellings_are_told(told: str, says: str) -> None:
    assert says in problems(told)


@pytest.mark.parametrize(
    ("pyproject", "says"),
    [
        ({"project": {"version": "1.0", "dynamic": ["version"]}, "tool": HATCH}, "a version of its own"),
        ({"project": {}, "tool": HATCH}, "a version of its own"),
        ({"project": {"dynamic": ["version"]}}, "from None"),
        ({"project": {"dynamic": ["version"]}, "tool": {"hatch": {"version": {"path": "b.py"}}}}, "from b.py"),
    ],
)
def test_a_second_place_in_pyproject_is_told(pyproject: dict[str, Any], says: str) -> None:
    assert says in problems("1.0.0", pyproject)


def test_a_second_place_in_the_sources_is_told() -> None:
    assert problems("1.0.0", right="'11.0.0'", wrong='agent = "1.0.0"') == "wrong repeats the version"
