"""Judges one exchange: by schemathesis against openapi.yaml, and by the rules that a single answer can break."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from typing import Any, Final

import httpx
from jsonschema.exceptions import best_match
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.errors import FailureGroup
from schemathesis.specs.openapi import checks as builtin

from scripts.verification import answers, contract
from scripts.verification.answers import XML_TYPES
from scripts.verification.contract import XML
from scripts.verification.ledger import Ledger
from scripts.verification.overlay import Credential, overlay
from scripts.verification.schema import schema_for
from scripts.verification.values import MEDIA_TYPES, OPERATION_IDS, Exchange

_CHECKS: Final[dict[str, list[CheckFunction]]] = {
    "no_server_error": [not_a_server_error],
    "answers_have_a_documented_type": [builtin.content_type_conformance],
    "answers_fit_the_schema": [builtin.response_headers_conformance, builtin.response_schema_conformance],
}
_SUCCESSES: Final = {"create": "CreateExportSuccess", "status": "TaskStatusSuccess"}


async def _nobody(_scope: Any, _receive: Any, _send: Any) -> None:
    """The application of a schema that only judges."""
    raise AssertionError("the judge sends nothing")


class Judge:
    """Holds exchanges against the contract."""

    def __init__(self, credential: Credential) -> None:
        self._schema = schema_for(_nobody, credential=credential)
        self._document = overlay(credential=credential)

    def judge(self, exchange: Exchange, ledger: Ledger) -> None:
        """Notes every rule that this exchange alone can keep or break."""
        answer = exchange.answer
        ledger.note("answers_are_whole", exchange, not answer.problem, answer.problem)
        applying = {rule: checks for rule, checks in _CHECKS.items() if self._applies(rule, exchange)}
        # All at once is quicker; only where something is wrong it is asked which rule says so.
        is_fine = not any(self._failures(exchange, [list(chain.from_iterable(applying.values()))]))
        for rule, checks in applying.items():
            words = "" if is_fine else "; ".join(self._failures(exchange, [[check] for check in checks]))
            source = self._place(exchange) if rule == "answers_fit_the_schema" and words else ""
            ledger.note(rule, exchange, not words, words, source=source)
        if exchange.format is not None:
            asked, came = exchange.format, answer.media_type
            fits = came in XML_TYPES if asked == "xml" else came == MEDIA_TYPES[asked]
            # Whether the body itself is of that format, the schema check tells.
            ledger.note(
                "answers_come_in_the_requests_format", exchange, fits, f"{MEDIA_TYPES[asked]} was answered by {came!r}"
            )

    def _applies(self, rule: str, exchange: Exchange) -> bool:
        if exchange.operation != "download":
            return True
        if rule == "answers_fit_the_schema":
            return False  # a file has no schema; `files.py` reads it
        # What a refused download looks like isn't documented, so it may be a web page.
        return rule == "no_server_error" or exchange.gave_something

    def _failures(self, exchange: Exchange, groups: list[list[CheckFunction]]) -> Iterator[str]:
        operation = self._schema[exchange.path][exchange.request.method]
        case = operation.Case(**_parts(exchange))
        response = _as_documented(exchange)
        for checks in groups:
            try:
                case.validate_response(response, checks=checks)
            except FailureGroup as group:
                yield from (_in_words(failure) for failure in group.exceptions)

    def _place(self, exchange: Exchange) -> str:
        """Where in the contract the answer doesn't fit."""
        envelope = exchange.envelope
        name = "ErrorAnswer"
        if envelope is not None and envelope.succeeded:
            name = _SUCCESSES[exchange.operation]
        value = answers.read(_text(exchange), exchange.answer.media_type, exchange.path, "answer")
        schema = self._document["components"]["schemas"][name]
        error = best_match(contract.validator(self._document, schema).iter_errors(value))
        path = "" if error is None else "/".join(str(step) for step in list(error.absolute_schema_path)[2:])
        operation = OPERATION_IDS[exchange.operation]
        return f"openapi.yaml: {operation}, #/components/schemas/{name}" + (f"/{path}" if path else "")


def _parts(exchange: Exchange) -> dict[str, Any]:
    """What schemathesis needs to know of the request."""
    if exchange.format is not None:
        return {"media_type": MEDIA_TYPES[exchange.format]}
    *_, file_id, file_name = exchange.request.path.split("/")
    return {"path_parameters": {"file_id": file_id, "file_name": file_name}}


def _text(exchange: Exchange) -> bytes:
    return exchange.answer.body.removeprefix(b"\xef\xbb\xbf")


def _as_documented(exchange: Exchange) -> httpx.Response:
    """The answer as schemathesis knows it: the alias of the XML type by its documented name, and without a BOM.

    Of a file it gets no content: the contract says nothing about it, and it may have gigabytes.
    """
    answer, request = exchange.answer, exchange.request
    headers = httpx.Headers(answer.headers)
    for name in ("Content-Encoding", "Content-Length", "Transfer-Encoding"):
        headers.pop(name, None)
    if answer.media_type in XML_TYPES:
        headers["Content-Type"] = XML
    body = b"[]" if exchange.operation == "download" else _text(exchange)
    sent = httpx.Request(request.method, f"http://panel{request.path}", headers=request.headers, content=request.body)
    response = httpx.Response(answer.status, headers=headers, content=body, request=sent)
    response.elapsed = timedelta(seconds=answer.elapsed)
    return response


def _in_words(failure: BaseException) -> str:
    """The first lines of what schemathesis says; the rest shows schema and value at length."""
    lines = [line.strip() for line in str(failure).splitlines() if line.strip()]
    return ": ".join(lines[:3])[:300]
