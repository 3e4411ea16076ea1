"""The sandbox, in every mode that it has, keeps the contract in complete exports and in all that it has to refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contract_tests.conformance.panel import sandbox
from contract_tests.conformance.plan import DATABASE, PLAN, follow
from contract_tests.conformance.traffic import Traffic
from scripts.verification.contract import CREATE, JSON, STATUS
from scripts.verification.outcomes import EVERYTHING
from scripts.verification.schema import schema_for

MODES: dict[str, dict[str, Any]] = {
    "default": {},
    "body token only": {"auth": "body"},
    "bearer only": {"auth": "bearer"},
    "random ids": {"ids": "random"},
    "as in the older copy": {"final_status": "success", "result_errors": False, "link_prefix": "/api/download"},
    "several files, in a while": {"rows_per_file": 7, "task_seconds": 4.0},
}


def talk(data_dir: Path, **mode: Any) -> Traffic:
    """The whole plan with a new panel."""
    with sandbox(data_dir, **mode) as panel:
        traffic = Traffic(schema_for(panel.app), "bearer" if mode.get("auth") == "bearer" else "body")
        for step in PLAN:
            step(traffic, panel.wait)
        return traffic


@pytest.mark.parametrize("mode", MODES)
def test_every_exchange_keeps_the_contract(tmp_path: Path, mode: str) -> None:
    assert talk(tmp_path, **MODES[mode]).findings == []


def test_everything_was_really_observed(tmp_path: Path) -> None:
    """No operation, format or outcome is left out. A panel has links of one shape, so it takes two."""
    observed = talk(tmp_path / "1").observed | talk(tmp_path / "2", link_prefix="/api/download").observed
    assert observed >= EVERYTHING, sorted(EVERYTHING - observed)


def test_a_blind_suite_is_noticed(tmp_path: Path) -> None:
    """With a token that the panel doesn't know everything is refused, which is what most requests expect."""
    blind = talk(tmp_path, token="another-token")
    successes = {observation for observation in EVERYTHING if observation.outcome == "success"}
    assert not successes & blind.observed
    assert EVERYTHING - blind.observed >= successes


def test_a_running_task_is_seen_running(tmp_path: Path) -> None:
    with sandbox(tmp_path, task_seconds=5.0) as panel:
        traffic = Traffic(schema_for(panel.app))
        task_id = traffic.post(CREATE, JSON, DATABASE, "success").data["task_id"]
        running = traffic.post(STATUS, JSON, {"task_id": task_id}, "success").data
        done = follow(traffic, panel.wait, JSON, task_id)
    assert running["progress"] < 100
    assert done is not None
    assert done["progress"] == 100
    assert traffic.findings == []
