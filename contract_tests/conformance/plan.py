"""The scripted traffic: complete exports, and everything that a panel has to refuse. Each step stands on its own.

Rules about one exchange are checks (`checks.py`); the rules about several, such as that `total` counts the rows of the
files, are here, by name.
"""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections.abc import Callable
from typing import Any

from attrs import frozen
from schemathesis import Response

from contract_tests.conformance.traffic import Expected, Traffic
from scripts.verification import answers
from scripts.verification.contract import CREATE, DOWNLOAD, DOWNLOAD_SHORT, JSON, STATUS, XML
from scripts.verification.overlay import FINAL_WORDS, TOKEN

Wait = Callable[[], None]
Step = Callable[[Traffic, Wait], None]

FORMATS = (JSON, XML)
DATABASE: dict[str, Any] = {"source_type": "database", "source_id": 1}
SEGMENT: dict[str, Any] = {"source_type": "segment", "source_id": 7}
DOCTORS: dict[str, Any] = {**DATABASE, "custom_request": {"occupation": "doctor"}}
UNKNOWN_TASK = "task_b2f9fk6a-2479-4a63-b592-f15d4e3b69c5"
PATIENCE = 400
"""Polls until a task counts as stuck."""


@frozen
class Export:
    """One finished export: what the status told, and the rows of all its files."""

    task_id: str
    state: dict[str, Any]
    rows: list[dict[str, str]]

    @property
    def total(self) -> Any:
        return self.state["result"]["total"]


def export(traffic: Traffic, wait: Wait, media_type: str, request: dict[str, Any]) -> Export | None:
    """All three steps; None when a finding has cut them short."""
    created = traffic.post(CREATE, media_type, request, "success")
    task_id = created.data.get("task_id") if isinstance(created.data, dict) else None
    if not isinstance(task_id, str):
        return None
    state = follow(traffic, wait, media_type, task_id)
    result = state.get("result") if state else None
    if not isinstance(state, dict) or not isinstance(result, dict) or not isinstance(result.get("urls"), list):
        return None
    told = (result.get("type"), result.get("source_id"))
    asked = (request["source_type"], request["source_id"])
    traffic.require("the_result_is_of_the_source", told == asked, f"asked for {asked}, told {told}")
    rows = [row for url in result["urls"] for row in read_file(download(traffic, url))]
    traffic.require("total_counts_the_rows", result.get("total") == len(rows), f"{result} and {len(rows)} rows")
    return Export(task_id, state, rows)


def follow(traffic: Traffic, wait: Wait, media_type: str, task_id: str) -> dict[str, Any] | None:
    """Polls a task until its last state, and sees that it never goes back."""
    before = 0
    for _ in range(PATIENCE):
        state = traffic.post(STATUS, media_type, {"task_id": task_id}, "success").data
        if not isinstance(state, dict) or type(state.get("progress")) is not int:
            return None
        traffic.require("progress_never_falls", state["progress"] >= before, f"{before}, then {state['progress']}")
        before = state["progress"]
        if state.get("status") in FINAL_WORDS:
            return state
        wait()
    traffic.require("tasks_come_to_an_end", False, f"{task_id} after {PATIENCE} polls")
    return None


def download(traffic: Traffic, url: Any, expected: Expected = "success", token: str | None = TOKEN) -> Response | None:
    """Asks for the file behind a link, as far as the link has one of the two documented shapes."""
    parts = url.split("/") if isinstance(url, str) else []
    shape = DOWNLOAD if parts[:4] == ["", "api", "download", "data"] else DOWNLOAD_SHORT
    traffic.require("links_have_a_documented_shape", len(parts) == len(shape.split("/")), repr(url))
    if len(parts) != len(shape.split("/")):
        return None
    return traffic.get(shape, {"file_id": parts[-2], "file_name": parts[-1]}, expected, token=token)


def read_file(response: Response | None) -> list[dict[str, str]]:
    """The rows of a csv or json file; none of anything else."""
    if response is None or response.status_code != 200:
        return []
    text = response.content.decode("utf-8", errors="replace")
    if answers.answer_type(response) == "text/csv":
        return list(csv.DictReader(io.StringIO(text, newline="")))
    try:
        rows = json.loads(text)
    except ValueError:
        return []
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def whole_exports(traffic: Traffic, wait: Wait) -> None:
    """Both formats, both kinds of source, both formats of files, with and without a filter."""
    everything = export(traffic, wait, JSON, DATABASE)
    again = export(traffic, wait, XML, {**DATABASE, "file_format": "csv"})
    as_json = export(traffic, wait, XML, {**DATABASE, "file_format": "json"})
    doctors = export(traffic, wait, JSON, DOCTORS)
    doctors_in_xml = export(traffic, wait, XML, DOCTORS)
    segment = export(traffic, wait, JSON, SEGMENT)
    exports = [one for one in (everything, again, as_json, doctors, doctors_in_xml, segment) if one]
    ids = [one.task_id for one in exports]
    traffic.require("every_task_has_its_own_id", len(set(ids)) == len(ids), str(ids))
    if everything and again and as_json:
        traffic.require("csv_is_the_default", everything.rows == again.rows, "other rows when file_format is left out")
        traffic.require("file_formats_hold_the_same", len(as_json.rows) == len(again.rows), "json and csv differ")
    for one in (doctors, doctors_in_xml):
        if one and everything:
            chosen = [row for row in everything.rows if row.get("occupation") == "doctor"]
            traffic.require("a_filter_chooses", one.rows == chosen, f"{len(one.rows)} rows, not {len(chosen)}")


def both_formats_tell_the_same(traffic: Traffic, wait: Wait) -> None:
    """A finished task's state doesn't depend on the format, nor on how often it is asked for; its links may."""
    done = export(traffic, wait, JSON, SEGMENT)
    if done is None:
        return
    states = [traffic.post(STATUS, kind, {"task_id": done.task_id}, "success").data for kind in (*FORMATS, *FORMATS)]
    plain = [_without_links(state) for state in (done.state, *states)]
    traffic.require("every_status_tells_the_same", all(state == plain[0] for state in plain), str(plain))


def _without_links(state: Any) -> Any:
    if not isinstance(state, dict) or not isinstance(state.get("result"), dict):
        return state
    return {**state, "result": {name: value for name, value in state["result"].items() if name != "urls"}}


def documented_xml_text(traffic: Traffic, wait: Wait) -> None:
    """The API document's own XML, line by line as it is printed there, with this panel's token."""
    lines = ["<source_type>database</source_type>", "<source_id>1</source_id>", "<file_format>csv</file_format>"]
    headers: dict[str, str] = {}
    if traffic.credential == "bearer":
        headers = {"Authorization": f"Bearer {TOKEN}"}
    else:
        lines.insert(0, f"<token>{TOKEN}</token>")
    for prolog in ("", '<?xml version="1.0" encoding="UTF-8"?>\n'):
        text = prolog + "\n".join(["<xml>", *lines, "</xml>"])
        traffic.post_bytes(CREATE, XML, text.encode(), "success", headers=headers)


def repeated_request_ids(traffic: Traffic, wait: Wait) -> None:
    """The same `Request-ID` gets the first task again, marked; a fresh one gets a task of its own, or a refusal."""
    for kind in FORMATS:
        one, other = ({"Request-ID": str(uuid.UUID(int=number + len(kind)))} for number in (1, 1000))
        tasks = [traffic.post(CREATE, kind, SEGMENT, "success", headers=headers).data for headers in (one, one, other)]
        first, repeated, fresh = (task.get("task_id") if isinstance(task, dict) else None for task in tasks)
        traffic.require("a_request_id_makes_one_task", first == repeated != fresh, f"{first}, {repeated}, {fresh}")
        invalid = {"Request-ID": str(uuid.UUID(int=2000 + len(kind)))}
        traffic.post(CREATE, kind, {**SEGMENT, "source_type": "list"}, "refusal", headers=invalid)


def wrong_tokens(traffic: Traffic, wait: Wait) -> None:
    """No token and every kind of wrong token open nothing, not even for what exists."""
    done = export(traffic, wait, JSON, SEGMENT)
    task_id = done.task_id if done else UNKNOWN_TASK
    for token in WRONG_TOKENS:
        for kind in FORMATS:
            traffic.post(CREATE, kind, DATABASE, "refusal", token=token)
            traffic.post(STATUS, kind, {"task_id": task_id}, "refusal", token=token)
        for url in done.state["result"]["urls"] if done else []:
            download(traffic, url, "refusal", token)


def impossible_exports(traffic: Traffic, wait: Wait) -> None:
    """Values that a request can't have, or that this panel doesn't know."""
    for kind in FORMATS:
        for changes in (*IMPOSSIBLE, *(IMPOSSIBLE_IN_JSON if kind == JSON else ())):
            traffic.post(CREATE, kind, {**DATABASE, **changes}, "refusal")
        for name in DATABASE:
            traffic.post(CREATE, kind, {key: value for key, value in DATABASE.items() if key != name}, "refusal")


def unknown_tasks_and_files(traffic: Traffic, wait: Wait) -> None:
    """Ids that nobody gave."""
    for kind in FORMATS:
        for task in ({"task_id": UNKNOWN_TASK}, {"task_id": ""}, {}):
            traffic.post(STATUS, kind, task, "refusal")
    for value in STRANGE_TASK_IDS:
        traffic.post(STATUS, JSON, {"task_id": value}, "refusal")
    for shape in (DOWNLOAD, DOWNLOAD_SHORT):
        for file_id in (str(uuid.UUID(int=0)), "..", "%00"):
            traffic.get(shape, {"file_id": file_id, "file_name": "1_database_export.csv"}, "refusal")


def unreadable_bodies(traffic: Traffic, wait: Wait) -> None:
    """Bodies that aren't what their type says, and types that the API doesn't have."""
    for path in (CREATE, STATUS):
        for kind, bodies in UNREADABLE.items():
            for body in bodies:
                traffic.post_bytes(path, kind, body, "refusal")
        for content_type in ("text/plain", "application/x-www-form-urlencoded", "application/xml; charset=utf-16"):
            kind = XML if "xml" in content_type else JSON
            traffic.post_bytes(path, kind, b"{}", "refusal", headers={"Content-Type": content_type})
        latin = {"Content-Type": "application/json; charset=iso-8859-1"}
        traffic.post_bytes(path, JSON, b"{}", "refusal", headers=latin)


WRONG_TOKENS = (None, "", "wrong", TOKEN[:-1], f"{TOKEN}x", TOKEN.upper())

STRANGE_TASK_IDS: tuple[Any, ...] = (None, 7, True, [UNKNOWN_TASK], {"id": UNKNOWN_TASK})

IMPOSSIBLE: tuple[dict[str, Any], ...] = (
    *({"source_type": value} for value in ("list", "Database", "")),
    *({"source_id": value} for value in (0, -1, 999_999, "one", "")),
    *({"source_id": 10**30}, {"source_id": 1.5}),
    {"file_format": "xlsx"},
    {"custom_request": "doctor"},
    {"custom_request": {"no_such_field": "x"}},
    {"custom_request": {"$where": "1"}},
    {"custom_request": {"occupation": {"$regex": "."}}},
)
IMPOSSIBLE_IN_JSON: tuple[dict[str, Any], ...] = (
    *({"source_type": value} for value in (None, 1, True, ["database"])),
    *({"source_id": value} for value in (None, "1", True, [1], {"id": 1})),
    *({"file_format": value} for value in (None, 1, ["csv"])),
    *({"custom_request": value} for value in (None, 1, ["occupation"])),
    {"custom_request": {"$or": []}},
    {"custom_request": {"$or": {}}},
)
UNREADABLE: dict[str, tuple[bytes, ...]] = {
    JSON: (b"", b"{", b"[]", b"null", b"1", b'"token"', b'{"token": NaN}', b"\xff", b"<xml/>", b"[" * 5000),
    XML: (
        b"",
        b"<xml>",
        b"<xml/>",
        b"<root><token>x</token></root>",
        b"<xml><token>x</xml>",
        b'<!DOCTYPE xml [<!ENTITY a "b">]><xml><token>&a;</token></xml>',
        b"<xml>" + b"<a>" * 2000 + b"</a>" * 2000 + b"</xml>",
        b"{}",
        b"\xff",
    ),
}

PLAN: tuple[Step, ...] = (
    whole_exports,
    both_formats_tell_the_same,
    documented_xml_text,
    repeated_request_ids,
    wrong_tokens,
    impossible_exports,
    unknown_tasks_and_files,
    unreadable_bodies,
)
