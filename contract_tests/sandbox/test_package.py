"""The package's borders: its public names, and that it shares no code with the client it checks."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import profile_export.sandbox

FOLDER = Path(str(profile_export.sandbox.__file__)).parent
MODULES = sorted(FOLDER.glob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            names.add(str(node.module))
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_imports_only_this_package_and_its_extra(path: Path) -> None:
    allowed = {*sys.stdlib_module_names, "attrs", "starlette", "uvicorn", "yaml"}
    for name in imported(path):
        ours = name.split(".")[:2] == ["profile_export", "sandbox"]
        assert ours or name.partition(".")[0] in allowed, name


def test_every_public_name_exists() -> None:
    names = profile_export.sandbox.__all__
    assert names == sorted(names)
    assert dir(profile_export.sandbox) == names
    for name in names:
        assert getattr(profile_export.sandbox, name).__name__ == name
    with pytest.raises(AttributeError, match="nothing"):
        profile_export.sandbox.nothing  # noqa: B018


def test_importing_it_loads_no_server() -> None:
    code = "import sys, profile_export.sandbox; print(sorted({'starlette', 'uvicorn', 'yaml'} & set(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
