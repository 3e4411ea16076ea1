"""The how-to pages: every command and every line of Python in them runs, against a panel on this machine."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.docs.code import PANEL, ROOT, TOKEN, commands, runnable, shell
from profile_export.cli import configuration
from profile_export.sandbox import RunningSandbox, SandboxSettings, start_sandbox

# These are run by scripts/test-engines, in an environment that has them.
ENGINES = ("pandas", "polars", "duckdb")
KEYRING = """
import json
from pathlib import Path
from keyring.backend import KeyringBackend

class Keyring(KeyringBackend):
    priority = 1
    file = Path(__file__).with_suffix(".json")

    def _all(self):
        return json.loads(self.file.read_text()) if self.file.exists() else {}

    def get_password(self, service, name):
        return self._all().get(f"{service}/{name}")

    def set_password(self, service, name, password):
        self.file.write_text(json.dumps({**self._all(), f"{service}/{name}": password}))
"""


@pytest.fixture
def panel(tmp_path: Path) -> Iterator[RunningSandbox]:
    settings = SandboxSettings(data_dir=tmp_path / "panel", token=TOKEN, profiles=200, task_seconds=0)
    with start_sandbox(settings) as running:
        yield running


def ran(command: str, panel: RunningSandbox, folder: Path, **variables: str) -> str:
    done = shell(command.replace(PANEL, panel.url), folder, typed=f"{TOKEN}\n", **variables)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


def test_the_commands_that_configure(panel: RunningSandbox, tmp_path: Path) -> None:
    tmp_path.joinpath("keyring_of_the_test.py").write_text(KEYRING)
    tmp_path.joinpath("trial-token.txt").write_text(TOKEN)
    variables = {
        "MAIN_PANEL_TOKEN": TOKEN,
        "PYTHON_KEYRING_BACKEND": "keyring_of_the_test.Keyring",
        "PYTHONPATH": str(tmp_path),
    }
    told = [ran(command, panel, tmp_path, **variables) for command in commands("docs/how-to/configure.md")]
    assert len(told) == 11
    assert sorted(path.name for path in (tmp_path / "exports").iterdir()) == ["main", "trial"]
    doctor = told[7].splitlines()
    assert [line[:3] for line in doctor] == ["ok "] * 5
    assert "keyring" in doctor[2]
    assert TOKEN not in "".join(told)
    assert TOKEN not in (tmp_path / "config.toml").read_text()


def test_the_file_that_is_shown_is_in_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    [shown] = runnable("docs/how-to/configure.md", "toml")
    file = tmp_path / "config.toml"
    file.write_text(shown)
    monkeypatch.setenv("PROFILE_EXPORT_CONFIG", str(file))
    read = configuration.read()
    assert (read.problems, list(read.panels)) == ((), ["main", "trial"])
    used = {key for table in tomllib.loads(shown)["panels"].values() for key in table}
    assert used == {*configuration.SETTINGS, "token_env", "token_file"}


def test_the_files_as_rows_and_as_parquet(
    panel: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = "docs/how-to/parquet.md"
    python = [block for block in runnable(page, "python") if not any(f"import {engine}" in block for engine in ENGINES)]
    assert len(python) == 2
    for number, example in enumerate(python):
        exec(compile(example.replace(PANEL, panel.url), f"parquet.md, block {number}", "exec"), {})
    for command in commands(page):
        ran(command, panel, tmp_path, PROFILE_EXPORT_TOKEN=TOKEN, PROFILE_EXPORT_BASE_URL=panel.url)
    assert sorted(path.relative_to(tmp_path / "exports").as_posix() for path in tmp_path.glob("exports/**/*.*")) == [
        "customers.parquet",
        "customers/1_database_export.csv",
        "customers/1_database_export.parquet",
        "medical/7_segment_export.csv",
        "medical/7_segment_export.parquet",
        "rows/7_segment_export.csv",
        "typed/1_database_export.parquet",
    ]


def test_every_extra_that_is_named_exists() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for path in (ROOT / "docs").rglob("*.md"):
        assert set(re.findall(r"profile-export\[(\w+)\]", path.read_text(encoding="utf-8"))) <= set(extras), path
