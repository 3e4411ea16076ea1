"""`--fuzz`: schemathesis makes up requests behind the same line, with the same budget and the same allow-list."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from anyio.from_thread import BlockingPortal

from contract_tests.conformance.faulty import Fault
from contract_tests.secrets.sweep import MARKER, leaks
from contract_tests.verification.bench import DATABASE, InProcess, Panel, options, running
from contract_tests.verification.catalogue.acts import answers_with, both, tells
from contract_tests.verification.catalogue.answers import always, refused_file
from contract_tests.verification.conforming import CONFORMING, with_extras
from scripts.verification import fuzz as module
from scripts.verification.reports import as_json, page
from scripts.verification.run import verify
from scripts.verification.verdict import Outcome

MADE_UP = "generated_requests_find_nothing"


class Watched(InProcess):
    asked: list[httpx.Request]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return super().handle_request(request)


def fuzzed(panel: Panel, data_dir: Path, portal: BlockingPortal, requests: int) -> tuple[Outcome, list[httpx.Request]]:
    outcome = Outcome()
    given = options(panel, fuzz=True, max_requests=requests, max_exports=4)
    with running(panel, data_dir, task_seconds=0.0, token=MARKER) as (app, clock, sleep):
        network = Watched(app, portal)
        network.asked = []
        verify(given, network, outcome=outcome, clock=clock, sleep=sleep)
    assert len(network.asked) == outcome.requests[0] <= requests
    assert outcome.exports[0] <= 4
    return outcome, network.asked


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PHASES", ("examples", "coverage"))


def kind(**more: object) -> Panel:
    return Panel(aims={"sources": (DATABASE,)}, options={"token": MARKER}, **more)  # type: ignore[arg-type]


DIFFERENT = {
    "as it is": kind(),
    "in other types": kind(fault=both(CONFORMING["text/xml"].fault, CONFORMING["charset parameters"].fault)),
    "with more": kind(fault=both(tells(always, with_extras), answers_with(refused_file, media_type="text/html"))),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_conforming_panel_passes_within_the_budget(tmp_path: Path, portal: BlockingPortal, name: str) -> None:
    outcome, asked = fuzzed(DIFFERENT[name], tmp_path, portal, 100)
    assert (outcome.word, outcome.reason) == ("kept", ""), outcome.ledger.findings[:2]
    assert len(asked) == 100
    assert {(cell.operation, cell.format) for cell in outcome.ledger.passed if cell.rule == MADE_UP} >= {
        ("status", "json"),
        ("download", None),
    }
    methods = {request.method for request in asked}
    assert methods == {"GET", "POST"}
    assert all(request.url.path.startswith("/api/") for request in asked)


def test_what_only_made_up_requests_meet_is_found(tmp_path: Path, portal: BlockingPortal) -> None:
    """No request of the plan has a null in it."""
    panel = kind(fault=answers_with(lambda asked, _: b"null" in asked.body, status=500))
    outcome, _ = fuzzed(panel, tmp_path, portal, 250)
    assert outcome.word == "broken"
    assert {one.rule.name for one in outcome.ledger.findings} == {MADE_UP}
    finding = outcome.ledger.findings[0]
    assert b"null" in finding.exchange.request.body
    assert finding.exchange.answer.status == 500
    for report in (as_json.render(outcome), page.render(outcome), repr(outcome)):
        assert leaks(report) == []


def test_a_panel_that_dies_meanwhile_gives_no_verdict(tmp_path: Path, portal: BlockingPortal) -> None:
    class Dying(InProcess):
        left = 70

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            self.left -= 1
            if self.left < 0:
                raise httpx.ConnectError("refused", request=request)
            return super().handle_request(request)

    panel = kind(fault=Fault)
    outcome = Outcome()
    with running(panel, tmp_path, task_seconds=0.0, token=MARKER) as (app, clock, sleep):
        network = Dying(app, portal)
        verify(options(panel, fuzz=True, max_requests=150), network, outcome=outcome, clock=clock, sleep=sleep)
    assert (outcome.exit_code, "no answer" in outcome.reason) == (3, True)


def test_too_many_requests_end_it_at_once(tmp_path: Path, portal: BlockingPortal) -> None:
    class Limited(Watched):
        left = 70

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            self.left -= 1
            response = super().handle_request(request)
            return response if self.left >= 0 else httpx.Response(429, json={"error": 429, "error_text": "Slow down"})

    panel, outcome = kind(), Outcome()
    with running(panel, tmp_path, task_seconds=0.0, token=MARKER) as (app, clock, sleep):
        network = Limited(app, portal)
        network.asked = []
        verify(options(panel, fuzz=True, max_requests=150), network, outcome=outcome, clock=clock, sleep=sleep)
    assert (outcome.exit_code, "--pace" in outcome.reason) == (3, True), outcome.ledger.findings[:2]
    assert len(network.asked) == outcome.requests[0] == 71
    assert outcome.ledger.exchanges[-1].answer.status == 429
