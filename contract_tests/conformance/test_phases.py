"""schemathesis' own phases against the sandbox: what the contract allows is accepted, what it forbids is refused.

Every run sends the same: fixed seed, no shrinking, no database, one worker, numbered ids.
"""

from __future__ import annotations

import importlib
import random
import sys
from pathlib import Path

import pytest

from contract_tests.conformance.panel import sandbox
from scripts.verification.contract import JSON, XML
from scripts.verification.outcomes import DOWNLOADS, POSTS, Observation, Outcome
from scripts.verification.overlay import Credential
from scripts.verification.phases import Phase, explore

EXAMPLES: dict[Phase, int] = {"examples": 1, "coverage": 1, "fuzzing": 20, "stateful": 12}
"""How many times to draw, for phases that draw."""


def posts(operation: str, *outcomes: Outcome) -> set[Observation]:
    return {Observation(operation, kind, outcome) for kind in (JSON, XML) for outcome in outcomes}


REFUSED_FILES = {Observation(operation, JSON, "refusal by status") for operation in DOWNLOADS}

# What a phase that isn't blind sees. Only the stateful phase knows the ids of tasks and files; what it draws beside
# them is luck, and refusals are what the others are for.
SEEN: dict[Phase, set[Observation]] = {
    "examples": posts("create_export", "success") | posts("get_task_status", "refusal under 200"),
    "coverage": posts("create_export", "success", "refusal under 200")
    | posts("get_task_status", "refusal under 200")
    | REFUSED_FILES,
    "fuzzing": posts("create_export", "success", "refusal under 200")
    | posts("get_task_status", "refusal under 200")
    | REFUSED_FILES,
    "stateful": {
        *(one for operation in POSTS for one in posts(operation, "success")),
        Observation("download_file", "text/csv", "success"),
    },
}


@pytest.mark.parametrize("credential", ["body", "bearer"])
@pytest.mark.parametrize("phase", SEEN)
def test_phase_finds_nothing_and_sees_enough(tmp_path: Path, phase: Phase, credential: Credential) -> None:
    with sandbox(tmp_path, auth=credential) as panel:
        run = explore(panel.app, phase, EXAMPLES[phase], credential=credential)
    assert run.findings == ()
    assert run.observed >= SEEN[phase], sorted(SEEN[phase] - run.observed)


def test_links_of_the_short_shape_are_followed_too(tmp_path: Path) -> None:
    with sandbox(tmp_path, link_prefix="/api/download", final_status="success") as panel:
        run = explore(panel.app, "stateful", 15)
    assert run.findings == ()
    assert Observation("download_file_short_path", "text/csv", "success") in run.observed


@pytest.mark.parametrize("phase", ["coverage", "fuzzing"])
def test_any_filter_is_answered_properly(tmp_path: Path, phase: Phase) -> None:
    with sandbox(tmp_path) as panel:
        run = explore(panel.app, phase, EXAMPLES[phase], any_filter=True)
    assert run.findings == ()


@pytest.mark.parametrize("phase", ["fuzzing", "stateful"])
def test_a_run_can_be_repeated(tmp_path: Path, phase: Phase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever has been imported or drawn in between."""
    module = tmp_path / "texts_of_somebody_else.py"
    module.write_text(f"TEXTS = {[str(number) * 3 for number in range(500)]}", encoding="utf-8")
    runs = []
    for folder in ("first", "second"):
        with sandbox(tmp_path / folder) as panel:
            runs.append(explore(panel.app, phase, 12).requests)
        monkeypatch.syspath_prepend(tmp_path)
        importlib.import_module(module.stem)
        random.seed(folder)
    del sys.modules[module.stem]
    assert len(runs[0]) >= 40
    assert runs[0] == runs[1]
