"""A catalogue of panels that break the contract, each in one way, and of the rule that has to catch each of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import quote

from attrs import evolve

from contract_tests.conformance.faulty import Asked, Fault, Given
from scripts.verification.contract import JSON, XML
from scripts.verification.overlay import TOKEN
from scripts.verification.phases import Phase

FIRST_TASK = "task_00000000-0000-4000-8000-000000000001"
"""What the sandbox calls its first task when it numbers them."""

SUCCESS = {
    JSON: b'{"data": {"task_id": "task_1"}, "error": 0, "error_text": "Successful operation"}',
    XML: b"<xml><data><task_id>task_1</task_id></data><error>0</error><error_text>ok</error_text></xml>",
}
EMPTY_SUCCESS = b'{"data": null, "error": 0, "error_text": "Successful operation"}'
TARIFF_LIMIT = b'{"data": null, "error": 402, "error_text": "Tariff limit"}'
NOT_FOUND = b'{"data": null, "error": 404, "error_text": "File not found"}'


def reads(pattern: str, replacement: str) -> Fault:
    """Reads something else than what was sent, in JSON and in XML."""

    def before(asked: Asked) -> Asked:
        return evolve(asked, body=re.sub(pattern.encode(), replacement.encode(), asked.body))

    return Fault(before=before)


def writes(pattern: str, replacement: str, media_type: str = "") -> Fault:
    """Writes something else than what is so, in the envelopes of one format or of all."""

    def after(asked: Asked, given: Given) -> Given:
        if asked.downloads or media_type not in given.media_type:
            return given
        return evolve(given, body=re.sub(pattern.encode(), replacement.encode(), given.body, flags=re.DOTALL))

    return Fault(after=after)


def breaks_on(pattern: bytes) -> Fault:
    """Answers some bodies with HTTP 500."""
    return Fault(after=lambda asked, given: evolve(given, status=500) if re.search(pattern, asked.body) else given)


def instead(when: Callable[[Asked, Given], bool], media_type: str, body: bytes, status: int | None = None) -> Fault:
    """Answers something else altogether."""

    def after(asked: Asked, given: Given) -> Given:
        if not when(asked, given):
            return given
        return evolve(given.replaced(media_type, body), status=status or given.status)

    return Fault(after=after)


def any_body_token(asked: Asked) -> Asked:
    if asked.media_type == XML:
        return evolve(asked, body=re.sub(b"<token>[^<]*</token>", f"<token>{TOKEN}</token>".encode(), asked.body))
    try:
        return evolve(asked, body=json.dumps({**json.loads(asked.body), "token": TOKEN}).encode())
    except (TypeError, ValueError, RecursionError):
        return asked


def any_query_token(asked: Asked) -> Asked:
    return evolve(asked, query=f"token={quote(TOKEN)}".encode()) if asked.downloads else asked


def no_request_id(asked: Asked) -> Asked:
    return evolve(asked, headers=tuple(pair for pair in asked.headers if pair[0] != b"request-id"))


def accept_everything(asked: Asked, given: Given) -> Given:
    if not (asked.creates and given.status == 200 and given.refuses):
        return given
    return given.replaced(given.media_type, SUCCESS[given.media_type])


def drop_last_row(asked: Asked, given: Given) -> Given:
    csv = given.media_type == "text/csv"
    return evolve(given, body=re.sub(rb"[^\n]*\n$", b"", given.body)) if csv else given


def claim_repetition(asked: Asked, given: Given) -> Given:
    return evolve(given, headers=(*given.headers, (b"duplicate-request", b"true"))) if asked.creates else given


def mark_repetition_in_words(asked: Asked, given: Given) -> Given:
    headers = tuple((name, b"yes" if name == b"duplicate-request" else value) for name, value in given.headers)
    return evolve(given, headers=headers)


def hide_allowed_methods(asked: Asked, given: Given) -> Given:
    return evolve(given, headers=tuple(pair for pair in given.headers if pair[0] != b"allow"))


def is_file(asked: Asked, given: Given) -> bool:
    return asked.downloads and given.status == 200


def is_refusal(asked: Asked, given: Given) -> bool:
    return not asked.downloads and given.refuses


def is_xml_create(asked: Asked, given: Given) -> bool:
    return asked.creates and asked.media_type == XML


def asks_for_csv(asked: Asked, given: Given) -> bool:
    return asked.creates and asked.media_type == JSON and b"csv" in asked.body and given.status == 200


SCHEMA = "response_schema_conformance"

SCRIPTED: dict[str, tuple[Fault, str]] = {
    "any token opens the API": (Fault(before=any_body_token), "only_the_token_opens"),
    "downloads need no token": (Fault(before=any_query_token), "only_the_token_opens"),
    "no task_id": (writes("task_id", "id"), SCHEMA),
    "no task_id in XML": (writes("task_id", "id", XML), SCHEMA),
    "success without data": (writes(r'"data": \{"task_id": "[^"]*"\}', '"data": null'), SCHEMA),
    "an unknown source_type is taken": (reads('"list"|>list<', '"database"'), "expected_refusal"),
    "an unknown source_id is taken": (reads("999999", "1"), "expected_refusal"),
    "an unknown task is another one": (reads('task_b2f9[^"<]*', FIRST_TASK), "expected_refusal"),
    "total as text": (writes(r'"total": (\d+)', r'"total": "\1"'), SCHEMA),
    "total in words in XML": (writes(r"<total>\d+</total>", "<total>many</total>"), SCHEMA),
    "finished without links": (writes(r'"urls": \[.*?\]', '"urls": null'), SCHEMA),
    "finished without links in XML": (writes("<urls>.*</urls>", "", XML), SCHEMA),
    "finished at 99 %": (writes('"progress": 100', '"progress": 99'), SCHEMA),
    "progress 150": (writes(r"(?<=progress\W{3})100|(?<=<progress>)100", "150"), SCHEMA),
    "another root in XML": (writes("(</?)xml>", r"\1response>"), SCHEMA),
    "a refusal with data": (writes('"data": null', '"data": {"task_id": "task_1"}'), "a_refusal_gives_nothing"),
    "a refusal without text": (writes(', "error_text": "[^S"][^"]*"', ""), SCHEMA),
    "JSON to everyone": (instead(is_xml_create, JSON, SUCCESS[JSON]), "answers_come_in_the_requests_format"),
    "500 on an odd source_id": (breaks_on(rb"source_id\W{1,3}-1"), "not_a_server_error"),
    "a web page for a refusal": (instead(is_refusal, "text/html", b"<html>Sorry</html>"), "content_type_conformance"),
    "a web page for a file": (instead(is_file, "text/html", b"<html>Log in</html>"), "a_file_is_no_envelope"),
    "an envelope for a file": (instead(is_file, JSON, EMPTY_SUCCESS), "a_file_is_no_envelope"),
    "links that lead nowhere": (instead(is_file, JSON, NOT_FOUND, status=404), "expected_success"),
    "the last row is missing": (Fault(after=drop_last_row), "total_counts_the_rows"),
    "filters are ignored": (
        reads(r', "custom_request": \{[^}]*\}|<custom_request>.*</custom_request>', ""),
        "a_filter_chooses",
    ),
    "another source is exported": (reads(r"(?<=source_id\W{3})7|(?<=source_id>)7", "1"), "the_result_is_of_the_source"),
    "Request-ID is ignored": (Fault(before=no_request_id), "a_request_id_makes_one_task"),
    "everything is a repetition": (Fault(after=claim_repetition), "only_a_request_id_is_repeated"),
    "a repetition is marked in words": (Fault(after=mark_repetition_in_words), "response_headers_conformance"),
    "all tasks have one id": (
        writes(r'(?<=task_id": ")[^"]*|(?<=<task_id>)[^<]*', FIRST_TASK),
        "every_task_has_its_own_id",
    ),
    "json by default": (reads(r'^\{"token"', '{"file_format": "json", "token"'), "csv_is_the_default"),
    "links of another shape": (writes("/api/download/data/", "/files/"), "links_have_a_documented_shape"),
    "the formats tell different things": (
        writes(r"<type>database</type>|<type>segment</type>", "<type>database</type>"),
        "every_status_tells_the_same",
    ),
}
"""Faults for the scripted traffic."""

GENERATED: dict[str, tuple[Fault, str, Phase]] = {
    "invalid data is accepted": (Fault(after=accept_everything), "invalid_data_is_refused", "coverage"),
    "valid data is refused": (instead(asks_for_csv, JSON, TARIFF_LIMIT), "valid_data_is_accepted", "coverage"),
    "files for everyone": (
        instead(lambda asked, given: asked.downloads and given.status != 405, "text/csv", b"_id\n", status=200),
        "only_the_token_opens",
        "coverage",
    ),
    "405 without Allow": (Fault(after=hide_allowed_methods), "unsupported_method", "coverage"),
    "500 on a letter": (breaks_on(rb"[\x80-\xff]|\\u"), "not_a_server_error", "fuzzing"),
}
"""Faults that nobody wrote a request for: generated data has to find them."""
