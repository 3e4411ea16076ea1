"""Panels that differ from the sandbox in what the API document leaves open: none of them breaks the contract."""

from __future__ import annotations

import csv
import json
import re
import uuid
from collections import Counter
from typing import Any
from xml.dom import minidom

from attrs import evolve

from contract_tests.conformance.faulty import Asked, Fault, Given
from contract_tests.verification.bench import DATABASE, Panel
from contract_tests.verification.catalogue.acts import (
    answers_with,
    both,
    data,
    encoded,
    envelope,
    fails,
    finished,
    gives_file,
    header,
    hears,
    members,
    put,
    result,
    rewrites,
    rows,
    tells,
    tells_state,
)
from contract_tests.verification.catalogue.answers import always, refused_file
from scripts.verification.contract import JSON


def running(asked: Asked, given: Given) -> bool:
    return tells_state(asked, given) and not finished(asked, given)


def turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: turned(value[name]) for name in reversed(list(value))}
    return [turned(item) for item in value] if isinstance(value, list) else value


def with_extras(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: with_extras(member) for name, member in value.items()}
    return {"took_ms": 12, **inner, "hints": [{"id": 1, "text": "more"}, {"id": 2, "text": ""}], "version": "7.1"}


def queued() -> Fault:
    """Other words on the way, the first of them before there is any progress."""
    words = ("queued", "waiting for a slot", "PROCESSING", "in progress", "almost done")
    seen: Counter[str] = Counter()

    def after(asked: Asked, given: Given) -> Given:
        if not running(asked, given):
            return given
        task_id = str(members(asked)["task_id"])
        word = words[min(seen[task_id], len(words) - 1)]
        seen[task_id] += 1
        return evolve(given, body=encoded(data(put(status=word))(envelope(asked, given)), given.media_type))

    return Fault(after=after)


def odd_at_the_end() -> Fault:
    """At 100 % the task is `finalizing` once more, with its links, before it is completed."""
    seen: Counter[str] = Counter()

    def after(asked: Asked, given: Given) -> Given:
        if not finished(asked, given):
            return given
        task_id = str(members(asked)["task_id"])
        seen[task_id] += 1
        if seen[task_id] > 1:
            return given
        return evolve(given, body=encoded(data(put(status="finalizing"))(envelope(asked, given)), given.media_type))

    return Fault(after=after)


def by_status(asked: Asked, given: Given) -> Given:
    """Errors under the HTTP status that says the same."""
    if not fails(asked, given) or given.status != 200:
        return given
    code = envelope(asked, given)["error"]
    return evolve(given, status=404 if "not found" in str(envelope(asked, given)["error_text"]).lower() else code)


def without_data(value: dict[str, Any]) -> dict[str, Any]:
    return {name: member for name, member in value.items() if name != "data"}


def bare_ids() -> Fault:
    """Task ids without the prefix."""

    def before(asked: Asked) -> Asked:
        return evolve(asked, body=re.sub(rb'(task_id[">: ]+)(0000)', rb"\g<1>task_\2", asked.body))

    def after(asked: Asked, given: Given) -> Given:
        return given if asked.downloads else evolve(given, body=given.body.replace(b"task_0000", b"0000"))

    return Fault(before, after)


def fresh_links() -> Fault:
    """Every look at a finished task gives links that nobody has seen; all of them work."""
    made: dict[str, str] = {}

    def before(asked: Asked) -> Asked:
        return evolve(asked, path=made.get(asked.path, asked.path))

    def fresh(url: str) -> str:
        *start, _, name = url.split("/")
        link = "/".join((*start, str(uuid.uuid4()), name))
        made[link] = url
        return link

    def after(asked: Asked, given: Given) -> Given:
        if not finished(asked, given):
            return given
        change = result(lambda result: {**result, "urls": [fresh(url) for url in result["urls"]]})
        return evolve(given, body=encoded(change(envelope(asked, given)), given.media_type))

    return Fault(before, after)


def beyond_ascii() -> Fault:
    """The names of files have letters beyond ASCII; links tell them as they are."""

    def before(asked: Asked) -> Asked:
        return evolve(asked, path=asked.path.replace("_Müller", ""))

    tell = tells(
        finished,
        result(lambda made: {**made, "urls": [url.replace(".csv", "_Müller.csv") for url in made["urls"]]}),
    )
    return Fault(before, tell().after)


WRITTEN_OTHERWISE: dict[str, Any] = {"phones": "+71", "visits": 7, "subscribed": True}


def not_by_those(said: dict[str, Any]) -> dict[str, Any] | None:
    """The filter but for what everybody matches here."""
    chosen = said.get("custom_request")
    if not isinstance(chosen, dict):
        return None
    return {**said, "custom_request": {name: chosen[name] for name in chosen if name not in WRITTEN_OTHERWISE}}


def matching(lines: list[list[str]]) -> list[list[str]]:
    """Everybody matches, though no cell is what the filter says."""
    kept = [place for place, name in enumerate(lines[0]) if name not in WRITTEN_OTHERWISE]
    added = [[*WRITTEN_OTHERWISE], *(["0012, +71", "7.0", "1"] for _ in lines[1:])]
    return [[*(line[place] for place in kept), *more] for line, more in zip(lines, added, strict=True)]


def only_jobs(lines: list[list[str]]) -> list[list[str]]:
    """People of whom nothing is known but what they do."""
    place = lines[0].index("occupation")
    return [lines[0], *([text if at == place else "" for at, text in enumerate(line)] for line in lines[1:])]


def nothing_to_export(said: dict[str, Any]) -> dict[str, Any] | None:
    """The sources hold nobody."""
    chosen = said.get("custom_request", {})
    return {**said, "custom_request": {"email": "nobody"}} if "source_id" in said and isinstance(chosen, dict) else None


def pretty(body: bytes) -> bytes:
    return json.dumps(json.loads(body), indent=4).encode()


def pretty_xml(body: bytes) -> bytes:
    return minidom.parseString(body).toprettyxml(indent="  ", encoding="utf-8")


def first_header_only(body: bytes) -> bytes:
    return body.partition(b"\r\n")[2]


def later_file(asked: Asked, given: Given) -> bool:
    return gives_file(asked, given) and re.search(r"_([2-9]|\d\d)\.csv$", asked.path) is not None


def in_cyrillic(body: bytes) -> bytes:
    return body.decode().encode("windows-1251", errors="replace")


ERROR = json.dumps({"error": 403, "error_text": "No access"}).encode()

CONFORMING: dict[str, Panel] = {
    "the sandbox as it is": Panel(),
    "one source": Panel(aims={"sources": (DATABASE,)}),
    "JSON only": Panel(aims={"formats": ("json",)}),
    "XML only": Panel(aims={"formats": ("xml",)}),
    "the token in the header": Panel(settings={"auth": "bearer"}, options={"auth": "bearer"}),
    "the older copy: success, no errors, the shorter path": Panel(
        settings={"final_status": "success", "result_errors": False, "link_prefix": "/api/download"}
    ),
    "the older copy with the token in the header": Panel(
        settings={"final_status": "success", "link_prefix": "/api/download", "auth": "bearer"},
        options={"auth": "bearer"},
    ),
    "tasks are finished at the first look": Panel(settings={"task_seconds": 0.0}),
    "tasks take ten minutes": Panel(settings={"task_seconds": 600.0}),
    "exports in nine files": Panel(settings={"rows_per_file": 7}),
    "only the first file has a header": Panel(
        fault=rewrites(first_header_only, later_file), settings={"rows_per_file": 20}
    ),
    "JSON files": Panel(aims={"file_format": "json"}),
    "JSON files of a split export": Panel(aims={"file_format": "json"}, settings={"rows_per_file": 20}),
    "random ids": Panel(settings={"ids": "random"}),
    "ids without a prefix": Panel(fault=bare_ids),
    "other member order": Panel(fault=tells(always, turned)),
    "extra members": Panel(fault=tells(always, with_extras)),
    "other words on the way": Panel(fault=queued),
    "busy for a moment at 100 %": Panel(fault=odd_at_the_end),
    "no result while it runs": Panel(
        fault=tells(running, data(lambda state: {name: state[name] for name in ("status", "progress")}))
    ),
    "an empty result while it runs": Panel(fault=tells(running, data(put(result={})))),
    "a half result while it runs": Panel(
        fault=tells(running, data(put(result={"errors": [], "source_id": 1, "type": "database", "urls": None})))
    ),
    "errors under 4xx": Panel(fault=lambda: Fault(after=by_status)),
    "errors without data": Panel(fault=tells(fails, without_data)),
    "errors with an empty object": Panel(fault=tells(fails, put(data={}))),
    "errors with an empty list": Panel(fault=tells(fails, put(data=[]))),
    "errors with an empty text": Panel(fault=tells(fails, put(data=""))),
    "errors of other codes, in other words": Panel(fault=tells(fails, put(error=440, error_text="Ошибка запроса"))),
    "XML with a prolog": Panel(
        fault=rewrites(lambda body: b'<?xml version="1.0" encoding="UTF-8"?>\n' + body, always, only="xml")
    ),
    "pretty XML": Panel(fault=rewrites(pretty_xml, always, only="xml")),
    "pretty JSON": Panel(fault=rewrites(pretty, always, only="json")),
    "JSON with a BOM": Panel(fault=rewrites(lambda body: b"\xef\xbb\xbf" + body, always, only="json")),
    "charset parameters": Panel(
        fault=both(
            answers_with(lambda _, given: given.media_type == JSON, media_type="application/json; charset=UTF-8"),
            answers_with(
                lambda _, given: given.media_type == "application/xml", media_type='application/xml;charset="utf-8"'
            ),
        )
    ),
    "text/xml": Panel(
        fault=answers_with(lambda _, given: given.media_type == "application/xml", media_type="text/xml")
    ),
    "a refused download is a web page": Panel(
        fault=answers_with(refused_file, media_type="text/html", body=b"<html>No access</html>")
    ),
    "a refused download has no body": Panel(fault=answers_with(refused_file, body=b"")),
    "a refused download is an error under 200": Panel(
        fault=answers_with(refused_file, status=200, media_type=JSON, body=ERROR)
    ),
    "files with a BOM": Panel(fault=rewrites(lambda body: b"\xef\xbb\xbf" + body)),
    "files with LF": Panel(fault=rewrites(lambda body: body.replace(b"\r\n", b"\n"))),
    "all fields quoted": Panel(fault=rows(lambda lines: lines, quoting=csv.QUOTE_ALL)),
    "semicolons": Panel(fault=rows(lambda lines: lines, delimiter=";")),
    "tabs": Panel(fault=rows(lambda lines: lines, delimiter="\t")),
    "another charset, announced": Panel(
        fault=both(rewrites(in_cyrillic), header("content-type", "text/csv; charset=windows-1251", gives_file))
    ),
    "no end of the last line": Panel(fault=rewrites(lambda body: body.removesuffix(b"\r\n"))),
    "columns that no document names": Panel(
        fault=rows(lambda lines: [[f"Column {number}" for number, _ in enumerate(lines[0])], *lines[1:]])
    ),
    "empty exports": Panel(fault=hears(nothing_to_export)),
    "empty exports without a header": Panel(fault=both(hears(nothing_to_export), rewrites(lambda _: b""))),
    "empty exports as JSON": Panel(fault=hears(nothing_to_export), aims={"file_format": "json"}),
    "a filter that is asked for": Panel(aims={"where": {"occupation": "doctor"}}),
    "a filter that everybody matches": Panel(aims={"where": {"$or": [{"visits": {"$gte": 0}}]}, "formats": ("json",)}),
    "cells of several values, and true told by a number": Panel(
        fault=both(hears(not_by_those), rows(matching)), aims={"where": WRITTEN_OTHERWISE}
    ),
    "nobody can be told from others": Panel(fault=rows(only_jobs)),
    "links with letters beyond ASCII": Panel(fault=beyond_ascii),
    "fresh links at every look": Panel(fault=fresh_links),
}
