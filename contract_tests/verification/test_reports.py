"""The reports: what each finding shows, that people, programs and CI can read them, and that no profile is in them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from anyio.from_thread import BlockingPortal

from contract_tests.verification.bench import DATABASE, Panel, verified
from contract_tests.verification.catalogue import FAULTS
from scripts.verification.__main__ import main
from scripts.verification.reports import as_json, github, junit, page, redacted, text
from scripts.verification.rules import RULES
from scripts.verification.verdict import Outcome

BROKEN = "any token opens states"


@pytest.fixture(scope="module")
def outcomes(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    panels = {
        "broken": FAULTS[BROKEN],
        "rows": FAULTS["rows have a field too few"],
        "kept": Panel(aims={"sources": (DATABASE,)}),
        "unknown": Panel(options={"max_requests": 9}),
        "hidden file": FAULTS["files come under 404"],
        "open refusal": FAULTS["a refused download holds the file"],
        "odd letters": FAULTS["a web page that calls itself csv"],
    }
    return {name: verified(panel, tmp_path_factory.mktemp("panel"), portal) for name, panel in panels.items()}


class Balance(HTMLParser):
    """Finds tags that aren't closed, and everything that a page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [str(value) for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("name", ["broken", "rows", "kept", "unknown", "odd letters"])
def test_the_page_is_whole_and_loads_nothing(outcomes: dict[str, Outcome], name: str) -> None:
    outcome = outcomes[name]
    html = page.render(outcome)
    read = Balance()
    read.feed(html)
    assert (read.open, read.loaded) == ([], [])
    assert "url(" not in html
    assert "@import" not in html
    assert outcome.sentence in read.text
    assert all(rule.text in read.text for rule in RULES.values())
    assert html.count("<article") == len(outcome.ledger.findings)
    assert ("✗" in html) == bool(outcome.ledger.findings)


def test_a_finding_says_what_where_why_and_how_to_repeat_it(outcomes: dict[str, Outcome]) -> None:
    document = json.loads(as_json.render(outcomes["broken"]))
    assert (document["verdict"], document["exit_code"]) == ("broken", 1)
    finding = next(one for one in document["findings"] if one["rule"] == "a_wrong_token_is_refused")
    assert (finding["operation"], finding["format"]) == ("status", "json")
    assert finding["source"].startswith("Document: ")
    assert finding["request"].startswith("POST /api/v1.1/tasks/status\n")
    assert finding["answer"].startswith("HTTP 200\n")
    assert "curl " in finding["repeat"]


def test_a_schema_finding_names_the_place_in_the_contract(portal: BlockingPortal, tmp_path: Path) -> None:
    outcome = verified(FAULTS["total is a text"], tmp_path, portal)
    sources = {one.source for one in outcome.ledger.findings if one.rule.name == "answers_fit_the_schema"}
    [source] = sources
    assert source.startswith("openapi.yaml: get_task_status, #/components/schemas/TaskStatusSuccess/properties/data/")
    assert source.endswith("/total/type") or "total" in source


def test_a_kept_contract_says_what_was_observed(outcomes: dict[str, Outcome]) -> None:
    document = json.loads(as_json.render(outcomes["kept"]))
    assert (document["verdict"], document["findings"], document["not_observed"]) == ("kept", [], [])
    assert document["requests"]["sent"] <= document["requests"]["budget"] == 50
    observed = {rule["rule"]: rule["observed"] for rule in document["rules"]}
    assert set(observed) == set(RULES)
    assert {"operation": "status", "format": "xml", "passed": 1, "failed": 0} in observed["missing_input_is_refused"]


@pytest.mark.parametrize("name", ["broken", "kept", "unknown", "odd letters"])
def test_junit_counts_right(outcomes: dict[str, Outcome], name: str) -> None:
    outcome = outcomes[name]
    suite = ET.fromstring(junit.render(outcome).encode())[0]
    cases = suite.findall("testcase")
    assert int(suite.get("tests", "")) == len(cases)
    assert (
        int(suite.get("failures", ""))
        == len(suite.findall("testcase/failure"))
        == sum(count > 0 for count in outcome.ledger.failed.values())
    )
    assert int(suite.get("errors", "")) == len(suite.findall("testcase/error"))
    assert bool(suite.findall("testcase/failure") or suite.findall("testcase/error")) == (outcome.exit_code != 0)


def test_annotations_are_one_line_each(outcomes: dict[str, Outcome]) -> None:
    lines = list(github.render(outcomes["broken"]))
    assert len(lines) == len(outcomes["broken"].ledger.findings)
    assert all(re.fullmatch(r"::error title=\w+ \([^:,]*\)::[^\r\n]+", line) for line in lines)
    assert list(github.render(outcomes["kept"])) == []
    [warning] = github.render(outcomes["unknown"])
    assert warning.startswith("::warning title=Nothing can be said.::")


def test_people_read_the_verdict_last(outcomes: dict[str, Outcome]) -> None:
    for outcome in outcomes.values():
        assert list(text.render(outcome, "see report.html"))[-1].startswith(outcome.sentence)


def test_people_can_tell_findings_of_one_rule_apart(outcomes: dict[str, Outcome]) -> None:
    """Three tokens are refused with the file: but for the request, the findings are the same."""
    findings = outcomes["open refusal"].ledger.findings
    asked = [f"hile asking for: {one.exchange.what}" for one in findings]
    assert len(set(asked)) == len(findings) > 1
    told = "\n".join(text.render(outcomes["open refusal"], "see report.html"))
    assert "The requests, the answers, and how to repeat them: see report.html" in told
    annotations = list(github.render(outcomes["open refusal"]))
    for number, words in enumerate(asked):
        assert told.count(words + "\n") == 1
        assert [line for line in annotations if words + "%0A" in line] == [annotations[number]]


def test_a_list_that_is_cut_says_how_much_is_missing_and_where_it_is(outcomes: dict[str, Outcome]) -> None:
    missing = outcomes["unknown"].missing
    [line] = [one for one in text.render(outcomes["unknown"], "see report.html") if one.startswith("Not observed")]
    shown = [what for what in missing if what in line]
    assert line.endswith(f"; {len(missing) - len(shown)} more: see report.html")
    assert 0 < len(shown) < len(missing)


def console_of(capsys: pytest.CaptureFixture[str], *reports: str) -> str:
    """The end of what is said of a panel that can't be reached."""
    words = ["--base-url", "http://127.0.0.1:1", "--source", "database:1", *reports]
    assert main(words, {"PROFILE_EXPORT_TOKEN": "abcdefghijklmnqrstuvwxyz"}) == 3
    return capsys.readouterr().err


def test_the_place_of_the_rest_is_that_of_the_reports(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "more: see the JSON on stdout\n" in console_of(capsys)
    assert "more: see a.html, the JSON on stdout\n" in console_of(capsys, "--html", "a.html")
    assert "more: see a.json, a.xml\n" in console_of(capsys, "--json", "a.json", "--junit", "a.xml")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert "more: add --html FILE or --json FILE\n" in console_of(capsys)


def test_no_report_holds_a_profile(outcomes: dict[str, Outcome]) -> None:
    for outcome in outcomes.values():
        for report in (as_json.render(outcome), page.render(outcome), junit.render(outcome)):
            assert not re.search(r"user\d+@|@example\.(com|org)|mail\.example\.net", report)


def test_the_command_to_repeat_is_what_a_shell_and_curl_understand(outcomes: dict[str, Outcome]) -> None:
    """The shell puts the token in; what curl then reads is the request, byte for byte."""
    outcome = outcomes["broken"]
    for one in outcome.ledger.findings:
        command = redacted.repeat(one.exchange, outcome.panel)
        assert command.startswith("curl ")
        shown = subprocess.run(
            ["sh", "-c", command.replace("curl --silent --show-error --include --config -", "cat", 1)],
            env={"PROFILE_EXPORT_TOKEN": "s3cret-token", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        settings = dict(re.findall(r'^([\w-]+) = "(.*)"$', shown, re.MULTILINE))
        assert settings["url"] == outcome.panel + one.exchange.request.path
        body = settings["data-binary"].replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
        token = {"a_cut_off_token_is_refused": "s3cret-toke", "a_longer_token_is_refused": "s3cret-tokenx"}
        assert token.get(one.rule.name, "verification-of-a-wrong-token") in body
        assert "PROFILE_EXPORT_TOKEN" not in shown
