"""How a panel does wrong, or does otherwise: it mishears a request, changes an answer, or changes a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import evolve

from contract_tests.conformance.faulty import Asked, Fault, Given
from profile_export import _xml
from profile_export.sandbox import xml as sandbox_xml
from profile_export_api.xml_shapes import SHAPES
from scripts.verification import answers
from scripts.verification.contract import CREATE, JSON, STATUS, XML
from scripts.verification.overlay import TOKEN

SUCCESS = "Successful operation"

Change = Callable[[Any], Any]
Test = Callable[[Asked, Given], bool]


def path_of(asked: Asked) -> str:
    return CREATE if asked.creates else STATUS


def members(asked: Asked) -> dict[str, Any]:
    """What a POST says; nothing when it can't be read."""
    value = answers.read(asked.body, asked.media_type, path_of(asked), "request")
    return value if isinstance(value, dict) else {}


def envelope(asked: Asked, given: Given) -> dict[str, Any]:
    value = answers.read(given.body, given.media_type, path_of(asked), "answer")
    return value if isinstance(value, dict) else {}


def encoded(value: Mapping[str, Any], media_type: str) -> bytes:
    return sandbox_xml.encode(value) if media_type == XML else json.dumps(value, ensure_ascii=False).encode()


def succeeds(asked: Asked, given: Given) -> bool:
    return not asked.downloads and envelope(asked, given).get("error") == 0


def fails(asked: Asked, given: Given) -> bool:
    return not asked.downloads and not succeeds(asked, given)


def creates(asked: Asked, given: Given) -> bool:
    return asked.creates and succeeds(asked, given)


def tells_state(asked: Asked, given: Given) -> bool:
    return not asked.creates and succeeds(asked, given)


def finished(asked: Asked, given: Given) -> bool:
    return tells_state(asked, given) and bool(envelope(asked, given)["data"].get("result"))


def gives_file(asked: Asked, given: Given) -> bool:
    return asked.downloads and given.status == 200


def tells(when: Test, change: Change, *, only: str = "") -> Callable[[], Fault]:
    """Says something else in its envelopes, in both formats, or in one only."""

    def after(asked: Asked, given: Given) -> Given:
        if not when(asked, given) or only not in given.media_type:
            return given
        return evolve(given, body=encoded(change(envelope(asked, given)), given.media_type))

    return lambda: Fault(after=after)


def data(change: Change) -> Change:
    """A change of the envelope's data."""
    return lambda value: {**value, "data": change(value["data"])}


def result(change: Change) -> Change:
    """A change of a state's result."""
    return data(lambda state: {**state, "result": change(state["result"])})


def put(**values: Any) -> Change:
    return lambda value: {**value, **values}


def drop(name: str) -> Change:
    return lambda value: {key: member for key, member in value.items() if key != name}


def hears(change: Change, *, only: str = "") -> Callable[[], Fault]:
    """Understands something else than a POST says. `change` gives the members, or None for what was said."""

    def before(asked: Asked) -> Asked:
        said = members(asked)
        heard = change(said) if said and only in asked.media_type else None
        if heard is None:
            return asked
        body = json.dumps(heard).encode() if asked.media_type == JSON else _in_xml(heard, path_of(asked))
        return evolve(asked, body=body)

    return lambda: Fault(before=before)


def _in_xml(heard: dict[str, Any], path: str) -> bytes:
    return _xml.encode(heard, SHAPES[path]["request"])


def trusts(accepts: Callable[[str | None], bool], *, on: str = "create status download", only: str = "") -> Any:
    """Takes tokens for the right one that are not. `accepts` gets the token, or None."""

    def before(asked: Asked) -> Asked:
        operation = "download" if asked.downloads else "create" if asked.creates else "status"
        if operation not in on or only not in asked.media_type:
            return asked
        if asked.downloads:
            token = dict(_pairs(asked.query)).get("token")
            return evolve(asked, query=f"token={TOKEN}".encode()) if accepts(token) else asked
        said = members(asked)
        token = said.get("token")
        if not said or not accepts(token if token is None else str(token)):
            return asked
        try:
            return evolve(asked, body=encoded({**said, "token": TOKEN}, asked.media_type))
        except _xml.XmlEncodingError:
            return asked

    return lambda: Fault(before=before)


def _pairs(query: bytes) -> Iterable[tuple[str, str]]:
    for part in query.decode().split("&"):
        name, _, value = part.partition("=")
        yield name, value


def answers_with(
    when: Test, *, status: int | None = None, media_type: str | None = None, body: bytes | None = None
) -> Callable[[], Fault]:
    """Answers with another status, type or body."""

    def after(asked: Asked, given: Given) -> Given:
        if not when(asked, given):
            return given
        changed = given if media_type is None else given.replaced(media_type, given.body)
        changed = changed if body is None else evolve(changed, body=body)
        return changed if status is None else evolve(changed, status=status)

    return lambda: Fault(after=after)


def rewrites(change: Callable[[bytes], bytes], when: Test = gives_file, *, only: str = "") -> Callable[[], Fault]:
    """Changes the bytes of files, or of other answers."""

    def after(asked: Asked, given: Given) -> Given:
        return evolve(given, body=change(given.body)) if when(asked, given) and only in given.media_type else given

    return lambda: Fault(after=after)


def rows(change: Callable[[list[list[str]]], list[list[str]]], **style: Any) -> Callable[[], Fault]:
    """Changes the rows of csv files, the header among them, or how they are written."""

    def rewritten(body: bytes) -> bytes:
        found = list(csv.reader(io.StringIO(body.decode(), newline="")))
        written = io.StringIO(newline="")
        # An export of one or none shows nothing wrong.
        csv.writer(written, **style).writerows(change(found) if len(found) > 2 else found)
        return written.getvalue().encode()

    return rewrites(rewritten, only="csv")


def header(name: str, value: str | None, when: Test) -> Callable[[], Fault]:
    """Sets a header of answers, or leaves it out."""

    def after(asked: Asked, given: Given) -> Given:
        if not when(asked, given):
            return given
        kept = tuple(pair for pair in given.headers if pair[0] != name.encode())
        return evolve(given, headers=kept if value is None else (*kept, (name.encode(), value.encode())))

    return lambda: Fault(after=after)


def both(*faults: Callable[[], Fault]) -> Callable[[], Fault]:
    """Several changes at once, the first one nearest to the panel."""

    def made() -> Fault:
        parts = [fault() for fault in faults]

        def before(asked: Asked) -> Asked:
            for part in reversed(parts):
                asked = part.before(asked)
            return asked

        def after(asked: Asked, given: Given) -> Given:
            for part in parts:
                given = part.after(asked, given)
            return given

        return Fault(before, after)

    return made
