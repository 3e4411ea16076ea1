"""generated/ is exactly what openapi.yaml gives, and `scripts/generate --check` says what to do when it isn't."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from contract_tests.generation.workbench import CLIENT, COMMAND, Workbench, contents
from scripts import _generate


@pytest.fixture
def workbench(tmp_path: Path) -> Workbench:
    return Workbench.in_folder(tmp_path)


def test_generated_fits_the_contract() -> None:
    done = subprocess.run([COMMAND, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_touched_client_is_named_file_by_file_with_what_to_run(workbench: Workbench) -> None:
    edited, removed, added = (workbench.client / name for name in ("client.py", "errors.py", "models/handmade.py"))
    edited.write_text(edited.read_text(encoding="utf-8") + "\n# a quick fix\n", encoding="utf-8")
    removed.unlink()
    added.write_text("", encoding="utf-8")
    before = contents(workbench.client)

    done = workbench.generate("--check")

    assert done.returncode == 1
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    for line in ("differs: client.py", "missing: errors.py", "not generated: models/handmade.py"):
        assert line in lines
    assert "run scripts/generate" in lines[-1]
    assert len(lines) == 5
    assert contents(workbench.client) == before


def test_a_changed_contract_makes_the_client_stale(workbench: Workbench) -> None:
    text = workbench.contract.read_text(encoding="utf-8")
    workbench.contract.write_text(text.replace("required: [task_id]", "required: []"), encoding="utf-8")

    done = workbench.generate("--check")

    assert done.returncode == 1
    assert "differs: models/created_task.py" in done.stderr
    assert "run scripts/generate" in done.stderr


def edit(client: Path) -> str:
    (client / "types.py").write_bytes((client / "types.py").read_bytes() + b"\n")
    return "differs: types.py"


def change_line_ends(client: Path) -> str:
    text = (client / "client.py").read_text(encoding="utf-8")
    (client / "client.py").write_bytes(text.replace("\n", "\r\n").encode())
    return "differs: client.py"


def remove(client: Path) -> str:
    (client / "api" / "tasks" / "get_task_status.py").unlink()
    return "missing: api/tasks/get_task_status.py"


def add(client: Path) -> str:
    (client / "api" / "extra.py").touch()
    return "not generated: api/extra.py"


def rename(client: Path) -> str:
    shutil.move(client / "models", client / "Models")
    return "missing: models/__init__.py"


@pytest.mark.parametrize("touch", [edit, change_line_ends, remove, add, rename])
def test_every_kind_of_difference_is_found(workbench: Workbench, touch: Callable[[Path], str]) -> None:
    expected = touch(workbench.client)
    assert expected in _generate.differences(CLIENT, workbench.client)


def test_equal_clients_have_no_differences_and_caches_do_not_count(workbench: Workbench) -> None:
    cache = workbench.client / "__pycache__"
    cache.mkdir()
    (cache / "client.cpython-311.pyc").touch()
    assert _generate.differences(CLIENT, workbench.client) == []


def test_a_client_that_is_not_there_is_all_missing(tmp_path: Path) -> None:
    assert _generate.differences(CLIENT, tmp_path) == [f"missing: {name}" for name in sorted(contents(CLIENT))]
