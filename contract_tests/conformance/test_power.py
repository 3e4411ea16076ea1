"""The judges catch panels that break the contract: a suite that finds nothing has proved nothing before this."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract_tests.conformance import plan
from contract_tests.conformance.faults import GENERATED, SCRIPTED, writes
from contract_tests.conformance.faulty import Fault
from contract_tests.conformance.panel import sandbox
from contract_tests.conformance.plan import PLAN
from contract_tests.conformance.traffic import Traffic
from scripts.verification.checks import CHECKS
from scripts.verification.contract import JSON
from scripts.verification.phases import explore
from scripts.verification.schema import schema_for


@pytest.mark.parametrize("name", SCRIPTED)
def test_scripted_traffic_catches(tmp_path: Path, name: str) -> None:
    fault, rule = SCRIPTED[name]
    with sandbox(tmp_path) as panel:
        traffic = Traffic(schema_for(fault.wrapped(panel.app)))
        for step in PLAN:
            step(traffic, panel.wait)
            if rule in {finding.rule for finding in traffic.findings}:
                return
    pytest.fail(f"{rule} didn't catch it; found were {traffic.findings}")


@pytest.mark.parametrize("name", GENERATED)
def test_generated_traffic_catches(tmp_path: Path, name: str) -> None:
    fault, rule, phase = GENERATED[name]
    with sandbox(tmp_path) as panel:
        run = explore(fault.wrapped(panel.app), phase)
    assert rule in {finding.rule for finding in run.findings}


def test_generated_traffic_with_a_bearer_catches_a_missing_one_that_is_called_something_else(tmp_path: Path) -> None:
    fault = writes('"error": 401', '"error": 400')
    with sandbox(tmp_path, auth="bearer") as panel:
        run = explore(fault.wrapped(panel.app), "coverage", 1, credential="bearer")
    assert {finding.rule for finding in run.findings} == {"a_missing_bearer_is_named"}


@pytest.mark.parametrize(
    ("fault", "rule"),
    [(writes('"progress": 0', '"progress": 60'), "progress_never_falls"), (Fault(), "tasks_come_to_an_end")],
    ids=["progress falls", "stuck for ever"],
)
def test_polling_catches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault, rule: str) -> None:
    monkeypatch.setattr(plan, "PATIENCE", 5)
    with sandbox(tmp_path, task_seconds=100.0 if rule == "tasks_come_to_an_end" else 3.0) as panel:
        traffic = Traffic(schema_for(fault.wrapped(panel.app)))
        plan.export(traffic, panel.wait, JSON, plan.DATABASE)
    assert {finding.rule for finding in traffic.findings} == {rule}


def test_every_check_has_a_fault_to_catch() -> None:
    caught = {rule for _, rule in SCRIPTED.values()} | {rule for _, rule, _ in GENERATED.values()}
    assert {check.__name__ for check in CHECKS} <= caught


def test_the_wrapper_alone_is_no_fault(tmp_path: Path) -> None:
    with sandbox(tmp_path) as panel:
        traffic = Traffic(schema_for(Fault().wrapped(panel.app)))
        for step in PLAN:
            step(traffic, panel.wait)
    assert traffic.findings == []
