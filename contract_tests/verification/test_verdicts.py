"""When nothing can be said, that is what is said: never that the contract is kept, never that it is broken."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio.from_thread import BlockingPortal

from contract_tests.conformance.faulty import Asked, Fault, Given
from contract_tests.verification.bench import DATABASE, URL, InProcess, Panel, options, running
from contract_tests.verification.catalogue import FAULTS
from contract_tests.verification.catalogue.acts import answers_with, both, creates, finished, put, tells
from scripts.verification import __main__ as program
from scripts.verification import adequacy
from scripts.verification.ledger import Ledger
from scripts.verification.overlay import TOKEN
from scripts.verification.plan import Aims
from scripts.verification.rules import RULES
from scripts.verification.run import verify
from scripts.verification.verdict import Outcome

Answer = Callable[[httpx.Request], httpx.Response]


def told(answer: Answer, **changes: Any) -> tuple[Outcome, list[httpx.Request]]:
    """What is said of something that answers like this, and what it was sent."""
    sent: list[httpx.Request] = []

    def watch(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return answer(request)

    outcome = Outcome()
    verify(
        options(Panel(), **changes),
        httpx.MockTransport(watch),
        outcome=outcome,
        clock=lambda: 0.0,
        sleep=lambda _: None,
    )
    return outcome, sent


def run(panel: Panel, data_dir: Path, portal: BlockingPortal, **changes: Any) -> Outcome:
    outcome = Outcome()
    with running(panel, data_dir) as (app, clock, sleep):
        verify(options(panel, **changes), InProcess(app, portal), outcome=outcome, clock=clock, sleep=sleep)
    return outcome


NOT_THE_API: dict[str, Answer] = {
    "a web server": lambda _: httpx.Response(200, html="<html><body>Welcome</body></html>"),
    "a lost path": lambda _: httpx.Response(404, text="Not found"),
    "a redirect": lambda _: httpx.Response(302, headers={"Location": "https://elsewhere.example.com/"}),
    "another API": lambda _: httpx.Response(400, json={"error": "invalid_request"}),
    "a list": lambda _: httpx.Response(200, json=[]),
    "nothing": lambda _: httpx.Response(200),
    "a login in XML": lambda _: httpx.Response(200, text="<login><error>1</error></login>"),
}


@pytest.mark.parametrize("name", NOT_THE_API)
def test_what_is_not_the_api_gets_one_status_call_and_no_more(name: str) -> None:
    outcome, sent = told(NOT_THE_API[name])
    assert (outcome.word, outcome.exit_code) == ("unknown", 3)
    assert outcome.reason.startswith("not the API")
    assert [(request.method, request.url.path) for request in sent] == [("POST", "/api/v1.1/tasks/status")]


def test_an_unreachable_panel() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused", request=request)

    outcome, sent = told(refuse)
    assert (outcome.exit_code, len(sent)) == (3, 1)
    assert "connection refused" in outcome.reason


@pytest.mark.parametrize("status", [200, 401])
def test_a_refused_token_stops_at_the_preflight(status: int) -> None:
    envelope = {"data": None, "error": 401, "error_text": "Token required"}
    outcome, sent = told(lambda _: httpx.Response(status, json=envelope))
    assert (outcome.exit_code, len(sent)) == (3, 1)
    assert "token was refused" in outcome.reason


def test_a_wrong_token_is_no_broken_contract(tmp_path: Path, portal: BlockingPortal) -> None:
    """Hardly any rule is broken by a panel that refuses everything."""
    outcome = run(Panel(), tmp_path, portal, token="another-token")
    assert (outcome.exit_code, outcome.requests[0]) == (3, 2)
    assert "token was refused" in outcome.reason


@pytest.mark.parametrize(("auth", "other"), [("body", "bearer"), ("bearer", "body")])
def test_a_refused_token_is_said_to_come_from_where_and_to_be_sent_how(
    tmp_path: Path, portal: BlockingPortal, auth: str, other: str
) -> None:
    envelope = {"data": None, "error": 401, "error_text": "Token required"}
    preflight, _ = told(lambda _: httpx.Response(401, json=envelope), auth=auth)
    create = run(Panel(), tmp_path, portal, token="another-token", auth=auth)
    for outcome in (preflight, create):
        assert f"--auth {other}" in outcome.reason
        assert "PROFILE_EXPORT_TOKEN" in outcome.reason


def test_too_many_requests_stop_it() -> None:
    outcome, sent = told(lambda _: httpx.Response(429, json={"error": 429, "error_text": "Slow down"}))
    assert (outcome.exit_code, len(sent)) == (3, 1)
    assert "--pace" in outcome.reason


def test_a_tariff_limit_is_no_broken_contract(tmp_path: Path, portal: BlockingPortal) -> None:
    limited = Panel(fault=tells(creates, lambda _: {"data": None, "error": 402, "error_text": "Tariff limit"}))
    outcome = run(limited, tmp_path, portal)
    assert (outcome.exit_code, "tariff" in outcome.reason) == (3, True)


def test_a_failed_task_is_no_broken_contract(tmp_path: Path, portal: BlockingPortal) -> None:
    failed = Panel(fault=tells(finished, put(data={"status": "failed", "progress": 100, "result": None})))
    outcome = run(failed, tmp_path, portal)
    assert (outcome.exit_code, "failed on the panel" in outcome.reason) == (3, True)


def test_a_task_that_never_ends_is_no_broken_contract(tmp_path: Path, portal: BlockingPortal) -> None:
    slow = Panel(settings={"task_seconds": 10_000.0}, aims={"task_timeout": 100.0})
    outcome = run(slow, tmp_path, portal)
    assert (outcome.exit_code, "--task-timeout" in outcome.reason) == (3, True)


@pytest.mark.parametrize("requests", [1, 2, 7, 19, 30, 40])
def test_a_spent_budget_says_nothing(tmp_path: Path, portal: BlockingPortal, requests: int) -> None:
    outcome = run(Panel(), tmp_path, portal, max_requests=requests)
    assert outcome.exit_code == 3
    assert outcome.requests[0] <= outcome.requests[1] == requests
    assert "--max-requests" in outcome.reason
    assert outcome.missing


def test_a_budget_of_one_export_says_nothing(tmp_path: Path, portal: BlockingPortal) -> None:
    outcome = run(Panel(aims={"sources": (DATABASE,)}), tmp_path, portal, max_exports=1)
    assert (outcome.exit_code, outcome.exports) == (3, (1, 1))
    assert "--max-exports" in outcome.reason


def test_what_was_found_before_the_budget_was_spent_is_found(tmp_path: Path, portal: BlockingPortal) -> None:
    outcome = run(FAULTS["source_id is 1 by default"], tmp_path, portal, max_requests=12)
    assert (outcome.exit_code, outcome.requests) == (1, (12, 12))


def test_what_was_found_before_a_bug_of_the_verification_is_found(
    tmp_path: Path, portal: BlockingPortal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--base-url", URL, "--source", "database:1", "--pace", "0"]
    with running(FAULTS["source_id is 1 by default"], tmp_path) as (app, clock, sleep):

        def say(line: str) -> None:
            if line.startswith("wait"):
                raise ValueError("nobody thought of this")

        def stumble(*given: Any, **more: Any) -> None:
            verify(*given, **{**more, "say": say, "clock": clock, "sleep": sleep})

        monkeypatch.setattr(program, "transport_for", lambda _: InProcess(app, portal))
        monkeypatch.setattr(program, "verify", stumble)
        assert program.main(words, {"PROFILE_EXPORT_TOKEN": TOKEN}) == 1
    verdict = json.loads(capsys.readouterr().out)
    assert verdict["verdict"] == "broken"
    assert "a bug of scripts/verify: ValueError: nobody thought of this" in verdict["reason"]


def test_a_panel_that_accepts_everything_makes_no_more_exports_than_allowed(
    tmp_path: Path, portal: BlockingPortal
) -> None:
    panel = FAULTS["any token opens everything"]
    outcome = Outcome()
    with running(panel, tmp_path) as (app, clock, sleep):
        made = 0

        class Counting(InProcess):
            def handle_request(self, request: httpx.Request) -> httpx.Response:
                nonlocal made
                response = super().handle_request(request)
                response.read()
                made += b'"task_id"' in response.content or b"<task_id>" in response.content
                return response

        verify(options(panel), Counting(app, portal), outcome=outcome, clock=clock, sleep=sleep)
    assert outcome.exit_code == 1
    assert made == outcome.exports[0] == 3


@pytest.mark.parametrize(
    "told",
    [
        answers_with(creates, status=502, media_type="text/html", body=b"<html>Bad gateway</html>"),
        answers_with(creates, status=500, body=b'{"data": null, "error": 500, "error_text": "Internal error"}'),
    ],
    ids=["a gateway's page", "an envelope"],
)
def test_an_export_that_an_error_of_the_server_hides_is_counted(
    tmp_path: Path, portal: BlockingPortal, told: Callable[[], Fault]
) -> None:
    made = 0

    def counted(asked: Asked, given: Given) -> Given:
        nonlocal made
        made += creates(asked, given)
        return given

    panel = Panel(fault=both(lambda: Fault(after=counted), told), aims={"sources": (DATABASE,)})
    outcome = run(panel, tmp_path, portal, max_exports=1)
    assert outcome.exit_code == 1
    assert (made, outcome.exports) == (1, (1, 1))


def test_the_pace_is_kept(tmp_path: Path, portal: BlockingPortal) -> None:
    moments: list[float] = []
    panel = Panel(settings={"task_seconds": 0.0})
    with running(panel, tmp_path) as (app, clock, sleep):

        class Timed(InProcess):
            def handle_request(self, request: httpx.Request) -> httpx.Response:
                moments.append(clock())
                return super().handle_request(request)

        verify(options(panel, pace=3.0), Timed(app, portal), outcome=Outcome(), clock=clock, sleep=sleep)
    assert min(later - earlier for earlier, later in itertools.pairwise(moments)) >= 3.0


@pytest.mark.parametrize(("task_seconds", "pace"), [(0.3, 0.0), (1.0, 0.0), (30.0, 0.0), (8.0, 0.2)])
def test_a_verification_waits_about_as_long_as_the_tasks_take(
    tmp_path: Path, portal: BlockingPortal, task_seconds: float, pace: float
) -> None:
    """A look right after the creation finds a progress of a few percent: that is no slow task, however late it is."""
    panel = Panel(settings={"task_seconds": task_seconds})
    with running(panel, tmp_path) as (app, clock, sleep):

        class Young(InProcess):
            def handle_request(self, request: httpx.Request) -> httpx.Response:
                clock.now += 0.01
                return super().handle_request(request)

        began, outcome = clock(), Outcome()
        verify(options(panel, pace=pace), Young(app, portal), outcome=outcome, clock=clock, sleep=sleep)
    exports = outcome.exports[0]
    assert (outcome.word, exports) == ("kept", 3)
    assert clock() - began <= exports * (2 * task_seconds + 3) + outcome.requests[0] * pace


def test_it_says_for_which_task_it_waits_and_how_long(tmp_path: Path, portal: BlockingPortal) -> None:
    said: list[str] = []
    slept: list[float] = []
    panel = Panel(settings={"task_seconds": 8.0})
    with running(panel, tmp_path) as (app, clock, sleep):

        def wait(seconds: float) -> None:
            slept.append(seconds)
            sleep(seconds)

        asked = options(panel, pace=0.2)
        verify(asked, InProcess(app, portal), outcome=Outcome(), say=said.append, clock=clock, sleep=wait)
    told = [re.search(r"^the task of (database:1|segment:7) is at \d+ %: .* in ([\d.]+) s$", line) for line in said]
    waits = [f"{seconds:.1f}" for seconds in slept if seconds > asked.pace + 0.01]
    assert [found[2] for found in told if found] == waits
    assert waits


def test_a_budget_of_one_export_more_filters_in_json_too(tmp_path: Path, portal: BlockingPortal) -> None:
    outcome = run(Panel(aims={"sources": (DATABASE,)}), tmp_path, portal, max_exports=3, max_requests=60)
    assert (outcome.word, outcome.exports) == ("kept", (3, 3))
    bodies = [one.request.body for one in outcome.ledger.exchanges if one.what == "export database:1 with a filter"]
    assert len(bodies) == 2
    assert sorted(body[:1] for body in bodies) == [b"<", b"{"]


def test_an_unseen_rule_is_a_gap(tmp_path: Path, portal: BlockingPortal) -> None:
    """The gate notices whatever is taken away from a whole run."""
    aims = Aims(sources=(DATABASE,))
    outcome = run(Panel(aims={"sources": (DATABASE,)}), tmp_path, portal)
    ledger = outcome.ledger
    assert adequacy.missing(ledger, aims) == []
    required = [rule.name for rule in RULES.values() if rule.reach != "when there is data"]
    assert len(required) > 20
    for name in required:
        blind = Ledger(passed=Counter({cell: count for cell, count in ledger.passed.items() if cell.rule != name}))
        assert adequacy.missing(blind, aims)


def test_links_that_lead_away_are_never_followed(tmp_path: Path, portal: BlockingPortal) -> None:
    asked: list[str] = []
    panel = FAULTS["links lead to another host"]
    with running(panel, tmp_path) as (app, clock, sleep):

        class Watched(InProcess):
            def handle_request(self, request: httpx.Request) -> httpx.Response:
                asked.append(str(request.url))
                return super().handle_request(request)

        outcome = Outcome()
        verify(options(panel), Watched(app, portal), outcome=outcome, clock=clock, sleep=sleep)
    assert outcome.exit_code == 1
    assert {httpx.URL(url).host for url in asked} == {"panel.example.com"}


def test_a_refused_file_is_no_file_without_rows_and_its_refusal_no_file(tmp_path: Path, portal: BlockingPortal) -> None:
    """The same page refuses the right token and a wrong one: what is wrong is that no file can be had."""
    refused = answers_with(
        lambda asked, _: asked.downloads, status=403, media_type="text/html", body=b"<p>No access</p>"
    )
    outcome = run(Panel(fault=refused), tmp_path, portal)
    assert {(one.rule.name, one.operation) for one in outcome.ledger.findings} == {
        ("valid_requests_are_accepted", "download")
    }


def test_a_panel_that_dies_on_the_way(tmp_path: Path, portal: BlockingPortal) -> None:
    with running(Panel(), tmp_path) as (app, clock, sleep):

        class Dying(InProcess):
            left = 9

            def handle_request(self, request: httpx.Request) -> httpx.Response:
                self.left -= 1
                if self.left < 0:
                    raise httpx.ReadTimeout("timed out", request=request)
                return super().handle_request(request)

        outcome = Outcome()
        verify(options(Panel()), Dying(app, portal), outcome=outcome, clock=clock, sleep=sleep)
    assert (outcome.exit_code, outcome.requests[0]) == (3, 10)
    assert "timed out" in outcome.reason


def test_a_body_that_breaks_off_is_a_finding(tmp_path: Path, portal: BlockingPortal) -> None:
    """As httpcore tells it: fewer bytes than announced, and the connection is gone."""

    class Broken(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            yield b"_id,email\r\n"
            raise httpx.RemoteProtocolError("peer closed connection")

    with running(Panel(), tmp_path) as (app, clock, sleep):

        class Breaking(InProcess):
            def handle_request(self, request: httpx.Request) -> httpx.Response:
                response = super().handle_request(request)
                if request.method == "POST":
                    return response
                return httpx.Response(response.status_code, headers=response.headers, stream=Broken())

        outcome = Outcome()
        verify(options(Panel()), Breaking(app, portal), outcome=outcome, clock=clock, sleep=sleep)
    assert outcome.exit_code == 1
    assert "answers_are_whole" in {one.rule.name for one in outcome.ledger.findings}


def test_a_status_of_another_kind_in_the_preflight_is_a_finding(tmp_path: Path, portal: BlockingPortal) -> None:
    """It is this API, and it breaks a rule: an unknown task has a state."""
    panel = Panel(
        fault=answers_with(
            lambda asked, _: b"task_b2f9" in asked.body,
            media_type="application/json",
            body=json.dumps({"data": {"status": "new", "progress": 0}, "error": 0, "error_text": ""}).encode(),
        )
    )
    outcome = run(panel, tmp_path, portal)
    assert outcome.exit_code == 1
    assert "unknown_input_is_refused" in {one.rule.name for one in outcome.ledger.findings}
