"""What is installed with this package: little, under licences that go with its own, and extras only when used."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker

from contract_tests.cli.programs import environment

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = {
    package["name"]: package for package in tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
}
# Too large for the environment of the tests; its own lane has it.
ELSEWHERE = {"airflow"}
# Permissive ones, and MPL-2.0, which asks something only of those who change its files (certifi, tqdm).
ALLOWED = {
    *(
        "MIT",
        "MIT-0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "0BSD",
        "ISC",
        "Apache-2.0",
        "PSF-2.0",
        "Python-2.0",
        "Unlicense",
    ),
    "MPL-2.0",
}
# Older packages say it in other words.
SPELLINGS = {
    "MIT License": "MIT",
    "BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "ISC License (ISCL)": "ISC",
}


def locked(extras: Iterable[str]) -> set[str]:
    """Every package that the base and these extras bring to this machine, directly or not."""
    root = LOCK["profile-export"]
    left: list[dict[str, Any]] = list(root["dependencies"])
    for extra in extras:
        left += root["optional-dependencies"][extra]
    found: set[str] = set()
    while left:
        needed = left.pop()
        name = needed["name"]
        if name in found or ("marker" in needed and not Marker(needed["marker"]).evaluate({"extra": ""})):
            continue
        found.add(name)
        package = LOCK[name]
        left += package.get("dependencies", [])
        for extra in needed.get("extra", []):
            left += package.get("optional-dependencies", {}).get(extra, [])
    return found


HERE = sorted(locked(PROJECT["optional-dependencies"].keys() - ELSEWHERE))


def licence(name: str) -> str:
    told: dict[str, Any] = metadata(name).json
    expression = told.get("license_expression")
    if expression:
        return str(expression)
    classified = [line.split(" :: ")[-1] for line in told.get("classifier", []) if line.startswith("License ::")]
    known = [SPELLINGS.get(word, word) for word in classified if word != "OSI Approved"]
    return " AND ".join(known) if known else str(told.get("license") or "")


def fits(expression: str) -> bool:
    """Whether an expression of SPDX allows what is allowed here: all of its parts, or one of each choice."""
    choices = re.split(r"\s+OR\s+", expression.strip().strip("()"))
    return any(
        all(SPELLINGS.get(part, part) in ALLOWED for part in re.split(r"\s+AND\s+", choice.strip("() ")))
        for choice in choices
    )


@pytest.mark.parametrize("name", HERE)
def test_its_licence_goes_with_ours(name: str) -> None:
    try:
        told = licence(name)
    except PackageNotFoundError:
        pytest.fail(f"{name} is locked for this machine, but not installed: run scripts/setup")
    assert fits(told), f"{name}: {told!r} is not on the list"


def test_the_list_lets_not_everything_pass() -> None:
    assert fits("Apache-2.0 OR GPL-3.0-only")
    assert fits("MPL-2.0 AND MIT")
    for expression in ("GPL-3.0-only", "MIT AND AGPL-3.0-only", "LGPL-2.1-or-later", "", "Proprietary"):
        assert not fits(expression)


def names(requirements: Iterable[str]) -> Iterator[str]:
    for requirement in requirements:
        yield re.split(r"[^A-Za-z0-9_.-]", requirement)[0]


def test_the_base_install_is_small() -> None:
    assert sorted(names(PROJECT["dependencies"])) == ["anyio", "attrs", "click", "httpx", "tqdm"]
    assert len(locked([])) <= 14
    assert ELSEWHERE.isdisjoint(names(PROJECT["dependencies"]))


def test_what_extras_bring_is_loaded_by_nobody_else() -> None:
    code = (
        "import sys\n"
        "import profile_export\n"
        "for name in profile_export.__all__: getattr(profile_export, name)\n"
        "import profile_export.testing, profile_export.parquet, profile_export.cli.app\n"
        "from profile_export.testing import ScriptedPanel, VirtualClock\n"
        "print(*sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "httpx" in loaded
    assert loaded.isdisjoint(
        {"pyarrow", "keyring", "starlette", "uvicorn", "yaml", "opentelemetry", "pytest", "airflow"}
    )
