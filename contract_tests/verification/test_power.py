"""Every faulty panel is caught, every conforming one passes, and neither is sent what a live panel must not be sent."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from anyio.from_thread import BlockingPortal

from contract_tests.verification import matrix
from contract_tests.verification.bench import InProcess, Panel, caught_by, options, running
from contract_tests.verification.catalogue import FAULTS, FAULTY
from contract_tests.verification.conforming import CONFORMING
from scripts.verification.rules import RULES
from scripts.verification.run import verify
from scripts.verification.verdict import Outcome

ALLOWED = re.compile(
    r"POST /api/v1\.1/profiles/get_all|POST /api/v1\.1/tasks/status"
    r"|GET /api/download/(data/)?[\w-]+/[\w%]+\.(csv|json)(\?.*)?"
)
PAGE = matrix.rows(matrix.PAGE.read_text(encoding="utf-8"))


class Watched(InProcess):
    """Remembers what the panel was asked."""

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        self.asked: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.raw_path.decode()}")
        return super().handle_request(request)


def observed(panel: Panel, data_dir: Path, portal: BlockingPortal) -> Outcome:
    """The outcome, after a look at everything that was sent."""
    outcome, asked = Outcome(), options(panel)
    with running(panel, data_dir) as (app, clock, sleep):
        network = Watched(app, portal)
        verify(asked, network, outcome=outcome, clock=clock, sleep=sleep)
    assert all(ALLOWED.fullmatch(line) for line in network.asked), network.asked
    assert len(network.asked) == outcome.requests[0] <= asked.max_requests
    assert outcome.exports[0] <= asked.max_exports
    return outcome


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_panel_is_caught(tmp_path: Path, portal: BlockingPortal, name: str) -> None:
    outcome = observed(FAULTS[name], tmp_path, portal)
    assert (outcome.word, outcome.exit_code) == ("broken", 1), outcome.reason
    rules = ", ".join(f"`{rule}`" for rule in caught_by(outcome))
    assert PAGE[name][0] == rules, matrix.REMEDY
    assert all(finding.source and finding.message for finding in outcome.ledger.findings)


@pytest.mark.parametrize("name", CONFORMING)
def test_a_conforming_panel_passes(tmp_path: Path, portal: BlockingPortal, name: str) -> None:
    outcome = observed(CONFORMING[name], tmp_path, portal)
    found = [(one.rule.name, one.operation, one.format, one.message) for one in outcome.ledger.findings]
    assert (outcome.word, outcome.reason, found) == ("kept", "", [])
    assert outcome.missing == []


def test_one_source_in_both_formats_takes_at_most_50_requests_and_2_exports(
    tmp_path: Path, portal: BlockingPortal
) -> None:
    outcome = observed(CONFORMING["one source"], tmp_path, portal)
    assert outcome.requests[0] <= outcome.requests[1] == 50
    assert outcome.exports == (2, 2)


def test_the_catalogues_are_large_enough() -> None:
    assert len(FAULTS) == sum(map(len, FAULTY.values())) >= 60
    assert all(len(panels) >= 15 for panels in FAULTY.values())
    assert len(CONFORMING) >= 15


def test_every_rule_has_a_fault_that_only_it_or_few_others_see() -> None:
    """A rule that nothing breaks may as well not be there. `test_fuzz` has the one that takes made-up requests."""
    caught = {rule.strip("`") for rules, _ in PAGE.values() for rule in rules.split(", ")}
    assert caught == set(RULES) - {"generated_requests_find_nothing"}
