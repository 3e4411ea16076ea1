"""The token goes to the panel and nowhere else, even where the panel repeats it in all that it answers."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest
from anyio.from_thread import BlockingPortal
from attrs import evolve

from contract_tests.conformance.faulty import Asked, Fault, Given
from contract_tests.secrets.sweep import MARKER, Log, leaks
from contract_tests.verification.bench import DATABASE, InProcess, Panel, options, running
from contract_tests.verification.catalogue.acts import encoded, envelope
from scripts.verification import writing
from scripts.verification.credentials import CUT_OFF, LONGER, RIGHT, WRONG, Credentials
from scripts.verification.reports import as_json, github, junit, page, text
from scripts.verification.run import verify
from scripts.verification.verdict import Outcome


def echoing() -> Fault:
    """Repeats every token that it gets: in texts, headers and links, as it is and as it looks elsewhere."""

    def after(asked: Asked, given: Given) -> Given:
        said = asked.body.decode("latin-1") + asked.query.decode() + str(asked.headers)
        echo = f"{said} {MARKER} {quote(MARKER)} {escape(MARKER)} {json.dumps(MARKER)} {MARKER[:-1]} {MARKER}x"
        headers = (*given.headers, (b"x-echo", MARKER.encode()), (b"location", f"/?token={quote(MARKER)}".encode()))
        if asked.downloads:
            return evolve(given, headers=headers)
        told = envelope(asked, given)
        if not told:
            return evolve(given, headers=headers, body=echo.encode())
        told["error_text"] = echo
        return evolve(given, headers=headers, body=encoded(told, given.media_type))

    return Fault(after=after)


@pytest.fixture
def log() -> Iterator[Log]:
    root = logging.getLogger()
    level, handler = root.level, Log()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize("auth", ["body", "bearer"])
@pytest.mark.parametrize("fault", ["echoes", "echoes and is broken"])
def test_nothing_that_is_written_or_logged_holds_the_token(
    tmp_path: Path, portal: BlockingPortal, log: Log, auth: str, fault: str
) -> None:
    def open_to_all() -> Fault:
        def after(asked: Asked, given: Given) -> Given:
            opened = envelope(asked, given) if not asked.downloads else {}
            if opened.get("error") in (401, 403):
                opened = {**opened, "error": 0, "data": {"task_id": "1", "status": "new", "progress": 0}}
                given = evolve(given, body=encoded(opened, given.media_type))
            return echoing().after(asked, given)

        return Fault(after=after)

    panel = Panel(
        fault=open_to_all if fault == "echoes and is broken" else echoing,
        settings={"token": MARKER, "auth": auth},
        aims={"sources": (DATABASE,)},
        options={"auth": auth, "token": MARKER},
    )
    said: list[str] = []
    outcome = Outcome()
    with running(panel, tmp_path / "panel") as (app, clock, sleep):
        verify(options(panel), InProcess(app, portal), outcome=outcome, say=said.append, clock=clock, sleep=sleep)
    reports = [as_json.render(outcome), junit.render(outcome), page.render(outcome)]
    everything = [*reports, *said, *text.render(outcome, ""), *github.render(outcome), repr(outcome), *log.records]
    assert [found for part in everything for found in leaks(part)] == []
    assert outcome.requests[0] > 10
    assert "***" in repr(outcome)
    assert (outcome.word == "broken") == (fault == "echoes and is broken")


def test_the_panel_gets_each_kind_of_token(tmp_path: Path, portal: BlockingPortal) -> None:
    """Above the line there are placeholders only, and below it none."""
    sent: list[bytes] = []
    panel = Panel(settings={"token": MARKER}, options={"token": MARKER}, aims={"sources": (DATABASE,)})
    outcome = Outcome()
    with running(panel, tmp_path) as (app, clock, sleep):

        class Watched(InProcess):
            def handle_request(self, request: Any) -> Any:
                sent.append(request.url.query + request.content)
                return super().handle_request(request)

        verify(options(panel), Watched(app, portal), outcome=outcome, clock=clock, sleep=sleep)
    assert outcome.word == "kept"
    wire = b"\n".join(sent)
    assert not any(placeholder.encode() in wire for placeholder in (RIGHT, CUT_OFF, LONGER))
    assert WRONG.encode() in wire
    for form in (json.dumps(MARKER), f">{escape(MARKER)}<", f"token={quote(MARKER, safe='')}"):
        assert form.encode() in wire
    for wrong in (MARKER[:-1], f"{MARKER}x"):
        assert json.dumps(wrong).encode() in wire
        assert f"token={quote(wrong, safe='')}".encode() in wire


FORMS = {
    "plain": MARKER,
    "URL": quote(MARKER, safe=""),
    "JSON": json.dumps(MARKER.replace("<", '"'))[1:-1],
    "XML": escape(MARKER),
    "base64": base64.b64encode(MARKER.encode()).decode(),
    "base64 behind something": base64.b64encode(f"user:{MARKER}".encode()).decode(),
    "base64 of a URL": base64.urlsafe_b64encode(f"a{MARKER}b".encode()).decode(),
    "cut off": MARKER[:-1],
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_is_found_in_what_was_written(name: str) -> None:
    token = MARKER.replace("<", '"') if name == "JSON" else MARKER
    assert Credentials(token).leaks(f"before {FORMS[name]} after")


def test_innocent_texts_are_not_suspected() -> None:
    assert Credentials(MARKER).leaks("an innocent text with mark3r and t0ken in it, and a bTRya2VyK3Q in base64") == []


def test_a_report_that_holds_the_token_is_removed_and_no_verdict_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last line of defence: it stands where the others are broken."""
    monkeypatch.setattr(page, "render", lambda _: f"<p>{escape(MARKER)}</p>")
    given = options(Panel(options={"token": MARKER, "html": tmp_path / "page.html", "json": tmp_path / "out.json"}))
    outcome = Outcome(word="kept")
    writing.write(outcome, given, given.json, writing.Console())
    assert (outcome.word, outcome.exit_code) == ("unknown", 3)
    assert not (tmp_path / "page.html").exists()
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["verdict"] == "unknown"
    assert "page.html held the token" in outcome.reason
    assert leaks(capsys.readouterr().err + outcome.reason) == []
