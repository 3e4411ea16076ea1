"""scripts/spec-diff as people and CI call it: what it reads, what it writes, how it exits."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract_tests.generation.test_report import git
from contract_tests.rehearsal import page
from scripts import _spec_diff
from scripts.spec_diff import report
from scripts.spec_diff.findings import Change
from scripts.spec_diff.report import Report
from scripts.verification import contract
from scripts.verification.contract import CONTRACT_FILE, ROOT, STATUS

COMMAND = ROOT / "scripts" / "spec-diff"


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def changed(tmp_path: Path, name: str, **task_state: Any) -> str:
    root = contract.load()
    root["components"]["schemas"]["TaskState"].update(task_state)
    (tmp_path / name).write_text(yaml.safe_dump(root), encoding="utf-8")
    return name


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """The command inside of this process; usage errors end like the process would."""
    try:
        code = _spec_diff.main(list(words))
    except SystemExit as end:
        code = int(str(end.code))
    written = capsys.readouterr()
    return code, written.out, written.err


def test_the_script_compares_two_files_from_any_folder(tmp_path: Path) -> None:
    new = changed(tmp_path, "new.yaml", required=["status"])
    done = subprocess.run(
        [COMMAND, CONTRACT_FILE, new], cwd=tmp_path, capture_output=True, text=True, check=False, env=os.environ
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [
        f"openapi.yaml: {CONTRACT_FILE} -> new.yaml",
        "",
        f"POST {STATUS}",
        "  answer: what callers get",
        "    BREAKS ~ 200 data.progress: the member is optional now",
        "",
        "1 change, 1 breaking. Version: major (callers break, so a major release is due).",
    ]


@pytest.mark.parametrize(
    ("task_state", "code", "version"),
    [
        ({}, 0, "none"),
        ({"description": "other words"}, 0, "patch"),
        ({"required": ["status", "progress", "result"]}, 0, "minor"),
        ({"required": []}, 1, "major"),
    ],
)
def test_the_exit_code_and_the_version_follow_from_the_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], task_state: Any, code: int, version: str
) -> None:
    new = changed(tmp_path, "new.yaml", **task_state)
    ended, out, err = run(capsys, str(CONTRACT_FILE), new, "--format", "json")
    document = json.loads(out)
    assert (ended, err) == (code, "")
    assert (document["version"], document["breaks"], document["head"]) == (version, code == 1, new)


def test_json_has_every_change_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = changed(tmp_path, "new.yaml", required=["status"])
    _, out, _ = run(capsys, str(CONTRACT_FILE), new, "--format", "json")
    assert json.loads(out)["changes"] == [
        {
            "operation": f"POST {STATUS}",
            "direction": "answer",
            "kind": "changed",
            "where": "200 data.progress",
            "text": "the member is optional now",
            "breaks": True,
            "media": ["application/json", "application/xml"],
        }
    ]


def test_markdown_puts_the_verdict_first_and_escapes_what_it_shows() -> None:
    change = Change("GET /a_b", "answer", "added", "200 x|y", "the value <b> *is* new", breaks=True, media=("text/a",))
    lines = report.markdown(Report("old", "new", [change], differs=True)).splitlines()
    assert lines[0] == "**1 change, 1 breaking. Version: major (callers break, so a major release is due).**"
    assert "### GET /a\\_b" in lines
    assert "| **breaks** | answer | 200 x\\|y | the value &lt;b> \\*is\\* new (text/a only) |" in lines


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "the following arguments are required: BASE"),
        (["nowhere"], "'nowhere' is neither a file nor a git revision with a contract"),
        (["--", "--output=x"], "neither a file nor a git revision"),
        (["broken.yaml"], "broken.yaml is no YAML"),
        (["words.yaml"], "words.yaml is no OpenAPI document"),
        (["old.yaml"], "old.yaml is not OpenAPI 3.1 but 3.0.3"),
        (["half.yaml"], "isn't valid OpenAPI"),
        ([str(CONTRACT_FILE), "--format", "pdf"], "invalid choice"),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    for name, text in {
        "broken.yaml": "a: [",
        "words.yaml": "just words",
        "old.yaml": "openapi: 3.0.3\npaths: {}\n",
        "half.yaml": "openapi: 3.1.0\npaths: {/a: {get: {responses: 7}}, /api/v1.1/tasks/status: {post: 7}}\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert sentence in err
    assert "Traceback" not in err


def test_help_tells_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--help")
    assert code == 0
    assert "0 nothing breaks, 1 something breaks, 2 bad usage or nothing to compare" in out


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits: a small wrapper with the true contract and client, then one parameter and one flag changed."""
    folder = tmp_path / "repository"
    package = folder / "wrapper" / "profile_export"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('__all__ = ["export"]\n\ndef export(to: str) -> None: ...\n', encoding="utf-8")
    shutil.copytree(ROOT / "generated", folder / "generated", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CONTRACT_FILE, folder)
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "first")
    (package / "__init__.py").write_text(
        '__all__ = ["export"]\n\ndef export(folder: str) -> None: ...\n', encoding="utf-8"
    )
    changed(folder, "openapi.yaml", required=["status"])
    git(folder, "commit", "--quiet", "--all", "--message", "second")
    return folder


def test_revisions_are_compared_with_what_programs_import(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--repository", str(repository)]
    code, out, _ = run(capsys, "HEAD~1", "HEAD", *where)
    assert code == 1
    assert "200 data.progress: the member is optional now" in out
    assert "Python package profile_export\n" in out
    assert "parameter was removed: to" in out
    code, out, _ = run(capsys, "HEAD~1", "HEAD", "--no-python", *where)
    assert (code, "Python" in out) == (1, False)
    # Without HEAD it is the working tree that counts, committed or not.
    git(repository, "checkout", "--quiet", "HEAD~1", "--", ".")
    assert run(capsys, "HEAD~1", *where)[:2] == (
        0,
        "openapi.yaml: HEAD~1 -> working tree\n\nVersion: none (nothing has changed).\n",
    )
    code, out, _ = run(capsys, "HEAD~1:openapi.yaml", "HEAD:openapi.yaml", *where)
    assert (code, "Python" in out) == (1, False)
    assert git_is_clean(repository)


def test_the_commands_of_the_page_run(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    lines = re.findall(r"^\$ scripts/spec-diff (.*)$", page.PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(lines) == 3
    for line in lines:
        code, out, err = run(capsys, *line.split(), "--repository", str(repository))
        assert (code in {0, 1}, err) == (True, "")
        assert "ersion" in out


def git_is_clean(folder: Path) -> bool:
    """Nothing but what the test itself checked out differs, and no worktree is left behind."""
    done = subprocess.run(["git", "-C", folder, "worktree", "list"], capture_output=True, text=True, check=True)
    return len(done.stdout.splitlines()) == 1
