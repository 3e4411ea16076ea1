"""The workflows of CI are sound, pinned, modest, and run the commands of this repository."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def read(workflow: Path) -> dict[str, Any]:
    # YAML 1.1 takes the word `on` for true.
    document: dict[str, Any] = yaml.load(workflow.read_text(encoding="utf-8"), yaml.BaseLoader)
    return document


def test_actionlint_has_nothing_to_say() -> None:
    assert [path.name for path in WORKFLOWS] == ["ci.yml", "verify.yml"]
    actionlint = Path(sys.executable).with_name("actionlint")
    done = subprocess.run([actionlint, *WORKFLOWS], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout


def test_actionlint_would_say_something(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text(
        WORKFLOWS[0].read_text(encoding="utf-8").replace("matrix.python", "matrix.snake"), encoding="utf-8"
    )
    actionlint = Path(sys.executable).with_name("actionlint")
    assert subprocess.run([actionlint, broken], capture_output=True, check=False, cwd=ROOT).returncode == 1


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_with_their_version(workflow: Path) -> None:
    lines = [line for line in workflow.read_text(encoding="utf-8").splitlines() if "uses:" in line]
    assert lines
    assert [line for line in lines if not PINNED.search(line)] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_read_only_ends_in_time_and_runs_once(workflow: Path) -> None:
    document = read(workflow)
    assert document["permissions"] == {"contents": "read"}
    assert document["concurrency"]["group"]
    for job in document["jobs"].values():
        assert "permissions" not in job
        assert int(job["timeout-minutes"]) <= 60
        checkouts = [step for step in job["steps"] if "actions/checkout" in step.get("uses", "")]
        assert [step["with"]["persist-credentials"] for step in checkouts] == ["false"]


def test_the_jobs_are_those_that_were_promised() -> None:
    ci, verify = (read(workflow) for workflow in WORKFLOWS)
    runs = {name: "\n".join(step.get("run", "") for step in job["steps"]) for name, job in ci["jobs"].items()}
    assert ".ci/run" in runs["test"]
    assert "scripts/generate --check" in runs["drift"]
    assert "scripts/spec-diff" in runs["drift"]
    assert "profile-export sandbox" in runs["verify"]
    assert "scripts/verify" in runs["verify"]
    assert verify["on"]["schedule"][0]["cron"]
    [job] = verify["jobs"].values()
    [step] = [step for step in job["steps"] if "scripts/verify" in step.get("run", "")]
    assert step["env"]["PROFILE_EXPORT_TOKEN"] == "${{ secrets.PANEL_TOKEN }}"
    assert "${{" not in step["run"], "what a person may set is handed over as a variable, never as a part of the script"
