"""The reference is complete: pages from code are up to date, and every public name has its place and its docstring."""

from __future__ import annotations

import ast
import builtins
import inspect
import re
import textwrap
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs
import pytest

from profile_export import errors
from profile_export.cli import main
from scripts import _reference
from scripts.reference import commands, exit_codes

ROOT = Path(__file__).resolve().parents[2]
API = ROOT / "docs" / "reference" / "api"
WRAPPER = ROOT / "wrapper" / "profile_export"
# The interface by its modules; those that have no __all__ name what they give here.
PUBLIC = {
    "profile_export": None,
    "profile_export.testing": None,
    "profile_export.airflow": None,
    "profile_export.logs": ["RedactingFilter", "Redaction", "redact_logs"],
    "profile_export.otel": ["OpenTelemetrySink"],
    "profile_export.sandbox": ["SandboxSettings"],
    "profile_export.testing.plugin": ["profile_export_sandbox"],
}
# Airflow is not in this environment; its classes are read, not imported.
NOT_HERE = "profile_export.airflow"
# They are no classes or functions, so that Python keeps no docstring of them.
VALUES = {"Source", "__version__"}


def public(module: str) -> list[str]:
    names = PUBLIC[module]
    return list(import_module(module).__all__) if names is None else names


NAMES = [(module, name) for module in PUBLIC if module != NOT_HERE for name in public(module) if name not in VALUES]


def members(module: str, name: str) -> Iterator[tuple[str, Any]]:
    """A public name and what is public in it, its bases of this package included."""
    thing = getattr(import_module(module), name)
    yield name, thing
    if isinstance(thing, type):
        for base in thing.__mro__:
            if base.__module__.startswith("profile_export"):
                for member, value in vars(base).items():
                    function = getattr(value, "__func__", value)
                    if not member.startswith("_") and (inspect.isfunction(function) or isinstance(value, property)):
                        yield f"{name}.{member}", function


EVERY = [(f"{module}.{path}", thing) for module, name in NAMES for path, thing in members(module, name)]


def test_pages_written_from_code_are_up_to_date() -> None:
    assert _reference.stale() == [], _reference.REMEDY


def test_writing_pages_leaves_the_program_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Where all run in one process: click keeps the first names of a command's help."""
    commands.page()
    assert main(["resume", "-h"]) == 0
    assert "-h, --help" in capsys.readouterr().out


def test_every_exit_code_has_its_meaning() -> None:
    assert sorted(exit_codes.meanings()) == [*range(11), 129, 130, 141, 143]
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ExportError)]
    assert {kind.exit_code for kind in kinds} <= set(exit_codes.meanings())
    assert exit_codes.meanings()[0] == "done, files verified"
    assert exit_codes.meanings()[5] == "the task failed"


def test_every_public_name_is_on_one_page() -> None:
    found: list[tuple[str, str]] = []
    for page in API.glob("*.md"):
        module = ""
        for kind, target in re.findall(r"^\.\. (\w+):: ([\w.]+)", page.read_text(encoding="utf-8"), re.MULTILINE):
            if kind == "currentmodule":
                module = target
            elif kind.startswith("auto"):
                found.append((module, target))
    wanted = {(module, name) for module in PUBLIC for name in public(module)}
    twice = {("profile_export", name) for name in ("RedactingFilter", "redact_logs")}  # shown where they live
    assert sorted(found) == sorted(wanted - twice)


def test_everything_public_has_a_docstring() -> None:
    assert [path for path, thing in EVERY if not (inspect.getdoc(thing) or "").strip()] == []


def test_that_finds_every_member() -> None:
    paths = {path for path, _ in EVERY}
    assert {
        "profile_export.ExportClient.export",
        "profile_export.AsyncExportTask.watch",
        "profile_export.DownloadedFile.url",
        "profile_export.TargetExists.at",
        "profile_export.testing.ScriptedPanel.fail_next",
    } <= paths
    assert len(paths) > 150


@pytest.mark.parametrize("name", ["hook", "operator", "trigger"])
def test_the_classes_for_airflow_have_docstrings(name: str) -> None:
    tree = ast.parse((WRAPPER / "airflow" / f"{name}.py").read_text(encoding="utf-8"))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)]
    assert ast.get_docstring(tree)
    assert [node.name for node in nodes if not node.name.startswith("_") and not ast.get_docstring(node)] == []


def test_docstrings_of_classes_name_every_field() -> None:
    for path, thing in EVERY:
        # Events say it in sentences.
        told = inspect.cleandoc(thing.__doc__ or "")
        if isinstance(thing, type) and attrs.has(thing) and "Attributes:" in told:
            own = [field for field in attrs.fields(thing) if not field.inherited and not field.name.startswith("_")]
            assert [one.name for one in own if not re.search(rf"^    {one.name}: ", told, re.MULTILINE)] == [], path


FUNCTIONS = [(path, thing) for path, thing in EVERY if inspect.isfunction(thing)]


def test_docstrings_name_every_argument() -> None:
    for path, thing in FUNCTIONS:
        told = inspect.getdoc(thing) or ""
        if "\nArgs:\n" in told:
            names = [name for name in inspect.signature(thing).parameters if name not in {"self", "cls"}]
            assert [name for name in names if not re.search(rf"^    \*?{name}: ", told, re.MULTILINE)] == [], path


def test_docstrings_name_the_errors_that_are_raised() -> None:
    for path, thing in FUNCTIONS:
        tree = ast.parse(textwrap.dedent(inspect.getsource(thing)))
        raised = {
            node.exc.func.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name)
        }
        section = (inspect.getdoc(thing) or "").partition("\nRaises:\n")[2]
        assert [name for name in raised if name not in section and "ExportError" not in section] == [], path


def test_errors_that_docstrings_name_exist() -> None:
    named = {
        name
        for _, thing in EVERY
        for line in re.findall(
            r"^    ([A-Z]\w+(?:, [A-Z]\w+)*): ",
            (inspect.getdoc(thing) or "").partition("\nRaises:\n")[2].partition("\n\n")[0],
            re.MULTILINE,
        )
        for name in line.split(", ")
    }
    assert len(named) > 15
    assert [name for name in named if not hasattr(errors, name) and not hasattr(builtins, name)] == []
