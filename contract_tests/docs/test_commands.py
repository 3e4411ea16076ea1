"""Every command and every line of Python in the README runs, against a panel on this machine."""

from __future__ import annotations

import gzip
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.docs.code import PANEL, ROOT, TOKEN, commands, runnable, shell
from profile_export import pending_exports
from profile_export.sandbox import RunningSandbox, SandboxSettings, start_sandbox


@pytest.fixture
def panel(tmp_path: Path) -> Iterator[RunningSandbox]:
    settings = SandboxSettings(data_dir=tmp_path / "panel", token=TOKEN, profiles=300, task_seconds=0.1)
    with start_sandbox(settings) as running:
        yield running


def test_the_readme_shows_the_two_commands_and_one_export() -> None:
    assert commands("README.md") == [
        "make demo",
        f"profile-export run database:1 --to exports/all --base-url {PANEL}",
        "make test",
    ]


@pytest.mark.parametrize("target", ["demo", "test"])
def test_make_knows_the_command(target: str) -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "scripts/setup" in done.stdout


def test_the_shell_line_exports(panel: RunningSandbox, tmp_path: Path) -> None:
    [command] = [command for command in commands("README.md") if command.startswith("profile-export")]
    run_in_shell(command, panel, tmp_path)
    assert (tmp_path / "exports" / "all" / "1_database_export.csv").is_file()


def test_the_shell_line_exports_many(panel: RunningSandbox, tmp_path: Path) -> None:
    [command] = commands("docs/how-to/many-segments.md")
    run_in_shell(command, panel, tmp_path)
    assert len(list((tmp_path / "exports" / "shell").glob("*.csv"))) == 3


def test_the_python_of_the_object_stores_exports(
    panel: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [example] = runnable("docs/how-to/object-stores.md", "python")
    monkeypatch.chdir(tmp_path)
    exec(compile(example.replace(PANEL, panel.url), "object-stores", "exec"), {})
    assert capsys.readouterr().out.startswith("memory:///1_database_export.csv ")
    assert not list(tmp_path.glob("*.csv"))


def test_the_line_for_a_pipe_exports(panel: RunningSandbox, tmp_path: Path) -> None:
    [command] = runnable("docs/how-to/object-stores.md", "bash")
    run_in_shell(f"PROFILE_EXPORT_BASE_URL={PANEL} {command}", panel, tmp_path)
    assert len(gzip.decompress((tmp_path / "all.csv.gz").read_bytes()).splitlines()) > 300


def test_the_shell_lines_of_the_journal_work(panel: RunningSandbox, tmp_path: Path) -> None:
    lines = commands("docs/how-to/resume-after-a-crash.md")
    run, pending, resume, forget = (f"PROFILE_EXPORT_BASE_URL={PANEL} {line}" for line in lines)
    with pytest.raises(AssertionError, match="within 0 s:"):
        run_in_shell(f"{run} --timeout 0s", panel, tmp_path)
    [left] = pending_exports(tmp_path / "exports" / ".journal")
    run_in_shell(pending, panel, tmp_path)
    run_in_shell(resume, panel, tmp_path)
    assert (tmp_path / "exports" / "safe" / "1_database_export.csv").is_file()
    run_in_shell(forget.replace("0123456789abcdef-1", left.id), panel, tmp_path)
    assert not list((tmp_path / "exports" / ".journal").glob("*.json"))


def run_in_shell(command: str, panel: RunningSandbox, folder: Path) -> None:
    done = shell(command.replace(PANEL, panel.url), folder, PROFILE_EXPORT_TOKEN=TOKEN)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "page",
    ["README.md", "docs/reference/python.md", "docs/how-to/many-segments.md", "docs/how-to/resume-after-a-crash.md"],
)
def test_the_lines_of_python_run(
    panel: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.chdir(tmp_path)
    examples = runnable(page, "python")
    assert examples
    for number, example in enumerate(examples):
        exec(compile(example.replace(PANEL, panel.url), f"{page}, block {number}", "exec"), {})
    files = list((tmp_path / "exports").glob("*/*.csv"))
    assert len(files) >= len(examples)
