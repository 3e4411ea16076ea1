"""The workflows of CI are sound, pinned, modest, and run the commands of this repository."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.release_parts import interpreters

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def read(workflow: Path) -> dict[str, Any]:
    # YAML 1.1 takes the word `on` for true.
    document: dict[str, Any] = yaml.load(workflow.read_text(encoding="utf-8"), yaml.BaseLoader)
    return document


def test_actionlint_has_nothing_to_say() -> None:
    assert [path.name for path in WORKFLOWS] == ["ci.yml", "release.yml", "verify.yml"]
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
    for name, job in document["jobs"].items():
        assert ("permissions" in job) == ((workflow.name, name) == ("release.yml", "publish"))
        assert int(job["timeout-minutes"]) <= 60
        checkouts = [step for step in job["steps"] if "actions/checkout" in step.get("uses", "")]
        # The one job that may tell who it is runs no code of the repository.
        assert [step["with"]["persist-credentials"] for step in checkouts] == ["false"] * ("permissions" not in job)


def test_the_jobs_are_those_that_were_promised() -> None:
    ci, _, verify = (read(workflow) for workflow in WORKFLOWS)
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


def test_a_release_publishes_the_very_files_that_were_checked() -> None:
    release = read(ROOT / ".github" / "workflows" / "release.yml")
    assert release["on"] == {"push": {"tags": ["v*"]}}
    check, publish = release["jobs"]["check"], release["jobs"]["publish"]
    runs = [step.get("run", "") for step in check["steps"]]
    assert "scripts/release --check" in runs
    [named] = [run for run in runs if "GITHUB_REF_NAME" in run]
    assert "__version__" in named
    uploads = [
        step["with"]["path"].split() for step in check["steps"] if "actions/upload-artifact" in step.get("uses", "")
    ]
    assert uploads == [["dist/*.tar.gz", "dist/*.whl"], ["dist/*.cdx.json"]]

    assert publish["needs"] == "check"
    assert publish["environment"] == "pypi"
    assert publish["permissions"] == {"id-token": "write"}
    assert not any("run" in step for step in publish["steps"])
    download, upload = publish["steps"]
    assert download["with"] == {"name": "packages", "path": "dist"}
    assert upload["uses"].startswith("pypa/gh-action-pypi-publish@")
    assert upload["with"] == {"attestations": "true"}, (
        "trusted publishing needs no password, and signs what it hands over"
    )


def test_a_release_sets_up_every_python_that_it_tests() -> None:
    release = read(ROOT / ".github" / "workflows" / "release.yml")
    [setup] = [step for step in release["jobs"]["check"]["steps"] if "actions/setup-python" in step.get("uses", "")]
    wanted = {f"3.{minor}" for minor in range(interpreters.OLDEST, interpreters.NEWEST + 1)}
    assert set(setup["with"]["python-version"].split()) == wanted
