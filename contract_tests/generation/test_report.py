"""scripts/generate tells what a changed contract means, and says nothing where there is nothing to tell."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from contract_tests.generation.workbench import Workbench
from scripts import _generate

AS_IF_ALONE = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "-C", folder, *identity, *words], check=True, capture_output=True, env=AS_IF_ALONE)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that runs in a git hook must not look into that hook's repository."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def committed(tmp_path: Path) -> Workbench:
    """A contract and its client in a git checkout, in a folder below its top."""
    folder = tmp_path / "checkout" / "below"
    folder.mkdir(parents=True)
    bench = Workbench.in_folder(folder)
    git(folder.parent, "init", "--quiet")
    git(folder.parent, "add", ".")
    git(folder.parent, "commit", "--quiet", "--message", "first")
    return bench


def edit(contract: Path, old: str, new: str) -> None:
    text = contract.read_text(encoding="utf-8")
    assert old in text
    contract.write_text(text.replace(old, new), encoding="utf-8")


def test_a_changed_contract_is_reported_and_the_client_written(committed: Workbench) -> None:
    edit(committed.contract, "required: [token, source_type, source_id]", "required: [token, source_type]")
    done = committed.generate()
    assert (done.returncode, done.stderr) == (0, "")
    assert "openapi.yaml: HEAD -> working tree" in done.stdout
    assert "body source_id: the member is optional now" in done.stdout
    assert "1 change, 0 breaking. Version: minor" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("scripts/spec-diff HEAD")
    assert "source_id: int | Unset" in (committed.client / "models/create_export_request.py").read_text(
        encoding="utf-8"
    )


def test_an_unchanged_contract_is_not_worth_a_word(committed: Workbench) -> None:
    assert _generate.since_last_commit(committed.contract) == ""


def test_comments_and_line_ends_are_no_change(committed: Workbench) -> None:
    edit(committed.contract, "openapi: 3.1.0", "# a comment\nopenapi: 3.1.0")
    assert _generate.since_last_commit(committed.contract) == ""


def test_changed_words_make_a_patch(committed: Workbench) -> None:
    edit(committed.contract, "title: Profile export API", "title: The profile export API")
    assert "Version: patch" in _generate.since_last_commit(committed.contract)


def test_outside_of_a_checkout_nothing_is_said(tmp_path: Path) -> None:
    bench = Workbench.in_folder(tmp_path)
    edit(bench.contract, "required: [task_id]", "required: []")
    assert _generate.since_last_commit(bench.contract) == ""


def test_without_git_nothing_is_said(committed: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(committed.contract, "required: [task_id]", "required: []")
    assert "the member is optional now" in _generate.since_last_commit(committed.contract)
    monkeypatch.setenv("PATH", str(committed.contract.parent))
    assert shutil.which("git") is None
    assert _generate.since_last_commit(committed.contract) == ""


def test_a_contract_that_was_none_is_said_in_a_sentence(committed: Workbench) -> None:
    good = committed.contract.read_bytes()
    committed.contract.write_text("openapi: 3.0.0\npaths: {}\n", encoding="utf-8")
    git(committed.contract.parent, "commit", "--quiet", "--all", "--message", "another version")
    committed.contract.write_bytes(good)
    assert "can't be told: HEAD is not OpenAPI 3.1" in _generate.since_last_commit(committed.contract)
