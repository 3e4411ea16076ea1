"""What programs import is compared by griffe: public names, parameters, and the constructors that attrs makes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from contract_tests.rehearsal import page
from contract_tests.spec_diff.documents import told
from scripts.spec_diff import python_surface
from scripts.verification.contract import ROOT

INIT = """from profile_export._inside import hidden
from profile_export.client import {imports}

__all__ = [{names}]
"""
CLIENT = """import attrs

class Client:
    def export(self, source: str, *, to: str) -> None: ...
    def _private(self) -> None: ...

@attrs.frozen
class Result:
    rows: int
    size: int = 0
    _token: str = attrs.field(default="", alias="key")
    seen: list = attrs.field(init=False, factory=list)

def unlisted() -> None: ...
"""


def tree(folder: Path, *, client: str = CLIENT, names: tuple[str, ...] = ("Client", "Result"), api: str = "") -> Path:
    for name, text in {
        "wrapper/profile_export/__init__.py": INIT.format(
            imports=", ".join(names), names=", ".join(f'"{name}"' for name in names)
        ),
        "wrapper/profile_export/_inside.py": "hidden = 1\n",
        "wrapper/profile_export/client.py": client,
        "generated/profile_export_api/__init__.py": "",
        "generated/profile_export_api/models/__init__.py": "from .word import Word\n__all__ = ('Word',)\n",
        "generated/profile_export_api/models/word.py": "class Word:\n    DONE = 'done'\n",
        "generated/profile_export_api/api/__init__.py": "",
        "generated/profile_export_api/api/tasks/__init__.py": "",
        "generated/profile_export_api/api/tasks/status.py": api or "def sync(*, client: str) -> None: ...\n",
    }.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


EDITS: dict[str, tuple[str, str, str | None]] = {
    # what: old text, new text, what breaks
    "nothing": ("", "", None),
    "what isn't listed": ("def unlisted", "def renamed", None),
    "what is private": ("_private", "_other", None),
    "a parameter's name": ("to: str", "folder: str", "client.Client.export: parameter was removed: to"),
    "a method's name": ("def export", "def run", "client.Client.export: public object was removed"),
    "a required attribute": (
        "rows: int",
        "rows: int\n    name: str",
        "client.Result.__init__: parameter was added as required: name",
    ),
    "an attribute's alias": ('"key"', '"secret"', "client.Result.__init__: parameter was removed: key"),
    "an attribute with a default": ('alias="key")', 'alias="key")\n    name: str = ""', None),
    "an attribute that isn't given": ("seen: list =", "noted: list =", "client.Result.seen: public object was removed"),
}


@pytest.mark.parametrize("what", EDITS)
def test_what_breaks_programs(tmp_path: Path, what: str) -> None:
    old, new, broken = EDITS[what]
    found = python_surface.compare(tree(tmp_path / "old"), tree(tmp_path / "new", client=CLIENT.replace(old, new)))
    breaking = {f"{one.where}: {one.text}" for one in found if one.breaks}
    assert (broken in breaking) if broken else not breaking, told(found)


def test_a_parameter_of_an_operation_breaks_programs(tmp_path: Path) -> None:
    new = tree(tmp_path / "new", api="def sync(*, client: str, body: str) -> None: ...\n")
    [change] = python_surface.compare(tree(tmp_path / "old"), new)
    assert (change.where, change.text) == ("api.tasks.status.sync", "parameter was added as required: body")


def test_a_name_that_is_not_listed_any_more_breaks_programs(tmp_path: Path) -> None:
    [change] = python_surface.compare(tree(tmp_path / "old"), tree(tmp_path / "new", names=("Client",)))
    assert (change.where, change.kind, change.breaks) == ("Result", "removed", True)
    hidden = tree(tmp_path / "hidden")
    page.apply([('"Client", "Result"', '"Client"')], hidden / "wrapper/profile_export/__init__.py")
    [change] = python_surface.compare(tree(tmp_path / "old"), hidden)
    assert (change.where, change.text) == ("Result", "it is no longer public")


def test_new_names_are_told_and_break_nothing(tmp_path: Path) -> None:
    old = tree(tmp_path / "old", names=("Client",))
    [change] = python_surface.compare(old, tree(tmp_path / "new"))
    assert (change.kind, change.where, change.breaks) == ("added", "Result", False)


def test_a_module_of_the_client_that_is_gone_is_told_once(tmp_path: Path) -> None:
    new = tree(tmp_path / "new")
    (new / "generated/profile_export_api/api/tasks/status.py").rename(
        new / "generated/profile_export_api/api/tasks/state.py"
    )
    found = python_surface.compare(tree(tmp_path / "old"), new)
    assert [(one.where, one.breaks) for one in found] == [("api.tasks.status", True), ("api.tasks.state", False)]


def test_the_true_packages_do_not_differ_from_themselves_and_do_from_another(tmp_path: Path) -> None:
    for name in python_surface.SOURCES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    models = tmp_path / "generated/profile_export_api/models"
    page.apply([("    source_id: int\n", "    source_id: int\n    lang: str\n")], models / "create_export_request.py")
    page.apply([("COMPLETED =", "FINISHED =")], models / "task_status_word_type_0.py")
    breaking = {one.where: one.text for one in python_surface.compare(ROOT, tmp_path) if one.breaks}
    assert breaking == {
        "models.create_export_request.CreateExportRequest.__init__": "parameter was added as required: lang",
        "models.task_status_word_type_0.TaskStatusWordType0.COMPLETED": "public object was removed",
    }
