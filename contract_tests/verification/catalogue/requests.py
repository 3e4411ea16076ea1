"""Panels that let in who should not be let in, or take what they should refuse."""

from __future__ import annotations

import json
from typing import Any

from attrs import evolve

from contract_tests.conformance.faulty import Asked, Fault, Given
from contract_tests.verification.bench import Panel
from contract_tests.verification.catalogue.acts import (
    answers_with,
    creates,
    envelope,
    fails,
    finished,
    gives_file,
    hears,
    members,
    tells,
    trusts,
)
from profile_export.sandbox import xml as sandbox_xml
from scripts.verification.contract import JSON, XML
from scripts.verification.overlay import TOKEN
from scripts.verification.refusals import UNKNOWN_FILE, UNKNOWN_TASK

FIRST_TASK = "task_00000000-0000-4000-8000-000000000001"
"""What the sandbox calls its first task when it numbers them."""


def gives_data_away(asked: Asked, given: Given) -> bool:
    return fails(asked, given) and envelope(asked, given).get("error") in (401, 403)


def keeps_the_file() -> Fault:
    """Refuses a download by its status alone: the body is the file that was given before."""
    files: dict[str, bytes] = {}

    def after(asked: Asked, given: Given) -> Given:
        if gives_file(asked, given):
            files[asked.path] = given.body
        return evolve(given, body=files[asked.path]) if given.status == 403 and asked.path in files else given

    return Fault(after=after)


def refuses_the_token_on(path: str) -> Fault:
    """Knows the right token elsewhere, and here doesn't."""

    def before(asked: Asked) -> Asked:
        if path not in asked.path:
            return asked
        return evolve(asked, body=asked.body.replace(TOKEN.encode(), b"another"), query=b"token=another")

    return Fault(before=before)


def no_token(token: str | None) -> bool:
    return token is None


def any_token(token: str | None) -> bool:
    return token is not None


def beginning(token: str | None) -> bool:
    return bool(token) and TOKEN.startswith(str(token))


def longer(token: str | None) -> bool:
    return token is not None and token.startswith(TOKEN)


AUTH: dict[str, Panel] = {
    "any token opens everything": Panel(fault=trusts(any_token)),
    "any token opens create": Panel(fault=trusts(any_token, on="create")),
    "any token opens create in JSON": Panel(fault=trusts(any_token, on="create", only="json")),
    "any token opens create in XML": Panel(fault=trusts(any_token, on="create", only="xml")),
    "any token opens states": Panel(fault=trusts(any_token, on="status")),
    "any token opens files": Panel(fault=trusts(any_token, on="download")),
    "no token is needed": Panel(fault=trusts(no_token)),
    "no token is needed for create": Panel(fault=trusts(no_token, on="create")),
    "no token is needed for states": Panel(fault=trusts(no_token, on="status")),
    "no token is needed for files": Panel(fault=trusts(no_token, on="download")),
    "the beginning of the token is enough": Panel(fault=trusts(beginning)),
    "the beginning of the token is enough for states": Panel(fault=trusts(beginning, on="status")),
    "the beginning of the token is enough for files": Panel(fault=trusts(beginning, on="download")),
    "what follows the token is not looked at": Panel(fault=trusts(longer)),
    "what follows the token is not looked at for create": Panel(fault=trusts(longer, on="create")),
    "what follows the token is not looked at for files": Panel(fault=trusts(longer, on="download")),
    "case is not looked at": Panel(fault=trusts(lambda token: bool(token) and TOKEN.startswith(str(token).lower()))),
    "a refused token gets data": Panel(
        fault=tells(gives_data_away, lambda value: {**value, "data": {"task_id": FIRST_TASK}})
    ),
    "a refused token gets a list of links": Panel(
        fault=tells(gives_data_away, lambda value: {**value, "data": {"result": {"urls": ["/api/download/1/a.csv"]}}})
    ),
    "a refused download holds the file": Panel(fault=keeps_the_file),
    "the right token opens no file": Panel(fault=lambda: refuses_the_token_on("/download/")),
    "the right token opens no state of a task": Panel(
        fault=answers_with(finished, body=b'{"error": 403, "error_text": "No access", "data": null}', media_type=JSON)
    ),
}


def _filled(name: str, value: object) -> Panel:
    """A panel that puts in what a request leaves out."""
    return Panel(fault=hears(lambda said: None if name in said or "token" not in said else {**said, name: value}))


def _taken(name: str, known: tuple[object, ...], value: object, *, only: str = "") -> Panel:
    """A panel that takes what it doesn't know for something else."""
    return Panel(
        fault=hears(lambda said: {**said, name: value} if name in said and said[name] not in known else None, only=only)
    )


def accepts_letters(asked: Asked) -> Asked:
    return evolve(asked, body=asked.body.replace(b'"one"', b"1").replace(b">one<", b">1<"))


def accepts_halves(kind: str) -> Panel:
    """A panel that makes something of half a body."""

    def after(asked: Asked, given: Given) -> Given:
        if asked.downloads or kind not in asked.media_type or members(asked):
            return given
        data = {"task_id": FIRST_TASK} if asked.creates else {"status": "unknown", "progress": 0}
        value = {"data": data, "error": 0, "error_text": ""}
        body = sandbox_xml.encode(value) if kind == "xml" else json.dumps(value).encode()
        return evolve(given, body=body, status=200)

    return Panel(fault=lambda: Fault(after=after))


def without_words(said: dict[str, Any]) -> dict[str, Any] | None:
    return {**said, "custom_request": {}} if isinstance(said.get("custom_request"), str) else None


def _accepts(asked: Asked, given: Given) -> bool:
    return asked.creates and fails(asked, given) and envelope(asked, given).get("error") == 400


def _any_file(asked: Asked, given: Given) -> bool:
    return asked.downloads and UNKNOWN_FILE in asked.path


TAKEN = {"data": {"task_id": FIRST_TASK}, "error": 0, "error_text": "Successful operation"}

INPUT: dict[str, Panel] = {
    "create accepts everything": Panel(fault=tells(_accepts, lambda _: TAKEN)),
    "create accepts everything in XML": Panel(fault=tells(_accepts, lambda _: TAKEN, only="xml")),
    "source_id is 1 by default": _filled("source_id", 1),
    "source_type is database by default": _filled("source_type", "database"),
    "task_id is the first one by default": _filled("task_id", FIRST_TASK),
    "an unknown source_type is database": _taken("source_type", ("database", "segment"), "database"),
    "an unknown source_type is database in XML": _taken("source_type", ("database", "segment"), "database", only="xml"),
    "an unknown source_id is 1": _taken("source_id", (1, 7), 1),
    "an unknown source_id is 1 in JSON": _taken("source_id", (1, 7), 1, only="json"),
    "source_id in letters is 1": Panel(fault=lambda: Fault(before=accepts_letters)),
    "an unknown task is the first one": Panel(
        fault=hears(lambda said: {**said, "task_id": FIRST_TASK} if said.get("task_id") == UNKNOWN_TASK else None)
    ),
    "an unknown task is running": Panel(
        fault=tells(
            lambda asked, given: not asked.creates and "not found" in str(envelope(asked, given).get("error_text")),
            lambda _: {"data": {"status": "in_progress", "progress": 0}, "error": 0, "error_text": ""},
        )
    ),
    "an object as task_id is taken": Panel(
        fault=hears(lambda said: {**said, "task_id": FIRST_TASK} if isinstance(said.get("task_id"), dict) else None)
    ),
    "half a body of JSON is enough": accepts_halves("json"),
    "half a body of XML is enough": accepts_halves("xml"),
    "an unknown file is an empty one": Panel(
        fault=answers_with(_any_file, status=200, media_type="text/csv", body=b"")
    ),
    "a filter in words is ignored": Panel(fault=hears(without_words)),
    "refusals are successes without data": Panel(
        fault=tells(
            lambda asked, given: asked.creates and fails(asked, given),
            lambda value: {**value, "error": 0, "data": None},
        )
    ),
    "valid exports are refused": Panel(
        fault=answers_with(
            lambda asked, given: creates(asked, given) and asked.media_type == XML,
            body=b"<xml><data/><error>400</error><error_text>Bad request</error_text></xml>",
        )
    ),
}
