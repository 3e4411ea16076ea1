"""Panels whose tasks, links and files don't go together, though each answer alone looks right."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import Any

from attrs import evolve

from contract_tests.conformance.faulty import Asked, Fault, Given
from contract_tests.verification.bench import Panel
from contract_tests.verification.catalogue.acts import (
    answers_with,
    both,
    creates,
    data,
    drop,
    encoded,
    envelope,
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
from contract_tests.verification.catalogue.requests import FIRST_TASK

SPLIT: dict[str, Any] = {"rows_per_file": 20}


def after_the_first(change: Any) -> Any:
    """Does it to every finished state of a task but the first one that is shown."""

    def made() -> Fault:
        shown: Counter[str] = Counter()

        def after(asked: Asked, given: Given) -> Given:
            if not finished(asked, given):
                return given
            task_id = str(members(asked).get("task_id"))
            shown[task_id] += 1
            if shown[task_id] == 1:
                return given
            return evolve(given, body=encoded(change(envelope(asked, given)), given.media_type))

        return Fault(after=after)

    return made


def falling_progress() -> Fault:
    """Progress goes up, and then down again, while a task runs."""
    seen: Counter[str] = Counter()

    def after(asked: Asked, given: Given) -> Given:
        if not tells_state(asked, given) or finished(asked, given):
            return given
        task_id = str(members(asked)["task_id"])
        seen[task_id] += 1
        told = envelope(asked, given)
        told["data"]["progress"] = 60 if seen[task_id] == 1 else 10
        return evolve(given, body=encoded(told, given.media_type))

    return Fault(after=after)


def links_work_once() -> Fault:
    """A link is used up by its first download."""
    used: set[str] = set()

    def after(asked: Asked, given: Given) -> Given:
        if not gives_file(asked, given):
            return given
        if asked.path in used:
            return evolve(given.replaced("application/json", b'{"error": 410, "error_text": "Gone"}'), status=410)
        used.add(asked.path)
        return given

    return Fault(after=after)


def other_bytes_the_second_time() -> Fault:
    """Each download of a link gives the rows in another order."""
    used: Counter[str] = Counter()

    def after(asked: Asked, given: Given) -> Given:
        if not gives_file(asked, given):
            return given
        used[asked.path] += 1
        head, *lines = list(csv.reader(io.StringIO(given.body.decode(), newline="")))
        written = io.StringIO(newline="")
        csv.writer(written).writerows([head, *(lines if used[asked.path] % 2 else reversed(lines))])
        return evolve(given, body=written.getvalue().encode())

    return Fault(after=after)


def second_file(asked: Asked, given: Given) -> bool:
    return gives_file(asked, given) and "_2." in asked.path


def only_first_links(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "urls": value["urls"][:-1] if len(value["urls"]) > 1 else value["urls"]}


def first_link_twice(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "urls": [value["urls"][0] for _ in value["urls"]]}


def links(change: Any) -> Any:
    return tells(finished, result(lambda made: {**made, "urls": [change(url) for url in made["urls"]]}))


def xml_says(change: Any) -> Any:
    return tells(finished, change, only="xml")


FLOW: dict[str, Panel] = {
    "all tasks have one id": Panel(fault=tells(creates, data(put(task_id=FIRST_TASK)))),
    "new tasks are unknown": Panel(
        fault=tells(creates, data(lambda task: {"task_id": task["task_id"].replace("task_", "job_")}))
    ),
    "tasks are unknown in XML": Panel(
        fault=hears(lambda said: {**said, "task_id": "none"} if "task_id" in said else None, only="xml")
    ),
    "progress falls": Panel(fault=falling_progress),
    "completed at 99 %": Panel(fault=tells(finished, data(put(progress=99)))),
    "completed without a result": Panel(fault=tells(finished, data(put(result=None)))),
    "completed without a result in XML": Panel(fault=xml_says(data(drop("result")))),
    "completed without links": Panel(fault=tells(finished, result(put(urls=None)))),
    "completed without links in XML": Panel(fault=xml_says(result(put(urls=[])))),
    "completed without a total": Panel(fault=tells(finished, result(drop("total")))),
    "completed while it runs": Panel(
        fault=tells(
            lambda asked, given: tells_state(asked, given) and not finished(asked, given), data(put(status="completed"))
        )
    ),
    "another last word": Panel(fault=tells(finished, data(put(status="done")))),
    "a finished task runs again": Panel(
        fault=after_the_first(data(lambda _: {"status": "in_progress", "progress": 50, "result": None}))
    ),
    "a finished task counts anew": Panel(
        fault=after_the_first(result(lambda made: {**made, "total": made["total"] + 1}))
    ),
    "links work once": Panel(fault=links_work_once),
    "a link gives other bytes the second time": Panel(fault=other_bytes_the_second_time),
    "links lead nowhere": Panel(fault=links(lambda url: url.replace("00000000-", "11111111-"))),
    "links lead to another host": Panel(fault=links(lambda url: f"https://files.example.net{url}")),
    "links lead to another host without a scheme": Panel(fault=links(lambda url: f"//files.example.net{url}")),
    "links have another shape": Panel(fault=links(lambda url: url.replace("/api/download/data/", "/files/"))),
    "links climb": Panel(fault=links(lambda url: url.replace("/data/", "/../data/"))),
    "links climb where an id should be": Panel(
        fault=links(lambda url: re.sub(r"/data/[^/]+/", "/data/../", url)),
    ),
    "links hide that they climb": Panel(fault=links(lambda url: re.sub(r"/data/[^/]+/", "/data/%2e%2E/", url))),
    "links hold control characters": Panel(fault=links(lambda url: url.replace(".csv", "\x7f.csv"))),
    "links lack the first slash": Panel(fault=links(lambda url: url.removeprefix("/"))),
    "the second link of a split export is broken": Panel(
        fault=answers_with(
            second_file, status=404, media_type="application/json", body=b'{"error": 404, "error_text": ""}'
        ),
        settings=SPLIT,
    ),
    "every create is a repetition": Panel(fault=header("duplicate-request", "true", creates)),
}


def another_source(said: dict[str, Any]) -> dict[str, Any] | None:
    return {**said, "source_id": 9} if said.get("source_type") == "segment" and said.get("source_id") == 7 else None


def database_for_segment() -> Fault:
    """Exports the whole database whatever segment is asked for, and says what was asked for."""
    made: set[str] = set()

    def before(asked: Asked) -> Asked:
        said = members(asked)
        if said.get("source_type") != "segment" or said.get("source_id") != 7:
            return asked
        body = asked.body.replace(b"segment", b"database")
        body = re.sub(rb'(source_id[">: ]*)7', rb"\g<1>1", body)
        return evolve(asked, body=body)

    def after(asked: Asked, given: Given) -> Given:
        if creates(asked, given) and members(asked).get("source_type") == "segment":
            made.add(envelope(asked, given)["data"]["task_id"])
        if finished(asked, given) and members(asked)["task_id"] in made:
            change = result(put(type="segment", source_id=7))
            return evolve(given, body=encoded(change(envelope(asked, given)), given.media_type))
        return given

    return Fault(before, after)


def inverted_filter(said: dict[str, Any]) -> dict[str, Any] | None:
    chosen = said.get("custom_request")
    return {**said, "custom_request": {"visits": 1}} if isinstance(chosen, dict) and chosen else None


def no_match(said: dict[str, Any]) -> dict[str, Any] | None:
    chosen = said.get("custom_request")
    return {**said, "custom_request": {"email": "nobody"}} if isinstance(chosen, dict) and chosen else None


def without_filter(said: dict[str, Any]) -> dict[str, Any] | None:
    return {name: value for name, value in said.items() if name != "custom_request"} if "source_id" in said else None


def with_line_breaks(lines: list[list[str]]) -> list[list[str]]:
    return [lines[0], *([*line[:-1], "two\nlines"] for line in lines[1:])]


def unquoted(body: bytes) -> bytes:
    """csv whose fields are never quoted."""
    found = list(csv.reader(io.StringIO(body.decode(), newline="")))
    return "".join(
        ",".join(field.replace(",", " ").replace('"', "") for field in line) + "\r\n" for line in found
    ).encode()


def one_more(made: dict[str, Any]) -> dict[str, Any]:
    return {**made, "total": made["total"] + 1}


MEANING: dict[str, Panel] = {
    "filters are ignored": Panel(fault=hears(without_filter)),
    "filters are ignored in XML": Panel(fault=hears(without_filter, only="xml")),
    "filters are ignored in JSON": Panel(fault=hears(without_filter, only="json"), aims={"formats": ("json",)}),
    "filters choose other rows": Panel(fault=hears(inverted_filter)),
    "filters choose nothing": Panel(fault=hears(no_match)),
    "a filter that is asked for is ignored": Panel(
        fault=hears(without_filter), aims={"where": {"occupation": "doctor"}}
    ),
    "another segment is exported": Panel(fault=hears(another_source)),
    "segments are the whole database": Panel(fault=database_for_segment),
    "the result tells another source_id": Panel(fault=tells(finished, result(put(source_id=2)))),
    "the result always tells database": Panel(fault=tells(finished, result(put(type="database")))),
    "the result always tells database in XML": Panel(fault=xml_says(result(put(type="database")))),
    "the result tells the type in capitals": Panel(
        fault=tells(finished, result(lambda made: {**made, "type": made["type"].upper()}))
    ),
    "XML tells another total": Panel(fault=xml_says(result(one_more))),
    "XML tells another progress": Panel(fault=xml_says(data(put(progress=0)))),
    "XML tells fewer links": Panel(fault=xml_says(result(only_first_links)), settings=SPLIT),
    "total counts the header": Panel(fault=tells(finished, result(one_more))),
    "total counts the first file only": Panel(
        fault=tells(finished, result(lambda made: {**made, "total": min(20, made["total"])})), settings=SPLIT
    ),
    "total is always 0": Panel(fault=tells(finished, result(put(total=0)))),
    "the last row is missing": Panel(fault=rows(lambda lines: lines[:-1])),
    "files are empty": Panel(fault=rewrites(lambda _: b"")),
    "files are cut off": Panel(fault=rewrites(lambda body: body[:-40])),
    "the last link of a split export is missing": Panel(
        fault=tells(finished, result(only_first_links)), settings=SPLIT
    ),
    "every link of a split export is the first one": Panel(
        fault=tells(finished, result(first_link_twice)), settings=SPLIT
    ),
    "a row stands there twice": Panel(
        fault=both(rows(lambda lines: [*lines, lines[-1]]), tells(finished, result(one_more)))
    ),
    "a row stands in the place of another": Panel(fault=rows(lambda lines: [*lines[:-1], lines[1]])),
    "line breaks are not quoted": Panel(fault=both(rows(with_line_breaks), rewrites(unquoted, only="csv"))),
    "quotes are not escaped": Panel(
        fault=both(
            rows(lambda lines: [*lines[:-1], [*lines[-1][:-1], '"']]),
            rewrites(lambda body: body.replace(b'""""', b'"'), only="csv"),
        )
    ),
    "rows have a field too few": Panel(fault=rows(lambda lines: [lines[0], *(line[:-1] for line in lines[1:])])),
    "nothing separates the fields of some rows": Panel(
        fault=rows(lambda lines: [*lines[:-1], ["".join(lines[-1]).replace('"', "")]])
    ),
}
