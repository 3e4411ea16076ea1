"""The public names: those of the design, sorted, importable, and cheap until they are used."""

from __future__ import annotations

import ast
import importlib
import importlib.resources
import inspect
import json
import pkgutil
import subprocess
import sys
from typing import Any

import pytest

import profile_export
from profile_export import errors, events

HEAVY = {"anyio", "attr", "attrs", "click", "httpx", "profile_export_api", "starlette", "tqdm", "uvicorn", "yaml"}


def loaded_by(code: str) -> set[str]:
    """The modules in memory after some code has run in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, json\n{code}\nprint(json.dumps(sorted(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout))


def test_the_names_are_sorted_and_said_once() -> None:
    assert profile_export.__all__ == sorted(set(profile_export.__all__))
    assert dir(profile_export) == profile_export.__all__


@pytest.mark.parametrize("name", profile_export.__all__)
def test_every_name_can_be_imported_and_is_described(name: str) -> None:
    value = getattr(profile_export, name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert value.__name__ == name
        assert value.__doc__
        assert value.__module__.startswith("profile_export.")


def test_every_public_name_has_its_home_and_its_type() -> None:
    """Type checkers see the imports under TYPE_CHECKING, programs the table of homes; both must say the same."""
    tree = ast.parse(inspect.getsource(profile_export))
    (typed,) = (node for node in tree.body if isinstance(node, ast.If))
    homes = {
        alias.name: (node.module or "").removeprefix("profile_export.")
        for node in typed.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert homes == profile_export._HOME_OF
    assert homes.keys() == set(profile_export.__all__) - {"__version__"}


def public(module: Any) -> set[str]:
    return {
        name
        for name, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }


def test_every_error_and_event_is_exported() -> None:
    assert public(errors) | public(events) <= set(profile_export.__all__)


def test_unknown_names_are_unknown() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        importlib.import_module("profile_export").nonsense  # noqa: B018


def test_importing_the_package_loads_nothing_of_weight() -> None:
    assert not loaded_by("import profile_export; profile_export.__version__; dir(profile_export)") & HEAVY


def test_errors_and_values_need_no_http_client() -> None:
    code = "from profile_export import Database, ExportError, PollPolicy, TaskPolled, parse_source"
    assert not loaded_by(code) & (HEAVY - {"attr", "attrs"})


def test_the_blocking_client_needs_no_sandbox_and_no_command_line() -> None:
    loaded = loaded_by("from profile_export import ExportClient")
    assert "httpx" in loaded
    assert not loaded & {"starlette", "uvicorn", "yaml", "tqdm", "profile_export.cli", "profile_export.sandbox"}


def test_every_module_can_be_imported() -> None:
    package = list(pkgutil.iter_modules(profile_export.__path__, "profile_export."))
    assert len(package) > 25
    for module in package:
        assert importlib.import_module(module.name).__doc__, module.name


def test_the_package_says_that_it_is_typed() -> None:
    (root,) = profile_export.__path__
    assert (importlib.resources.files("profile_export") / "py.typed").is_file(), root
