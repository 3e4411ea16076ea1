"""The API's own rules as schemathesis checks, and its built-in checks made to see errors that travel under HTTP 200.

They judge every exchange, generated and scripted ones alike, of a schema that was made from the overlay. Importing this
module hands them to schemathesis' engine too. What is switched off there (`REPLACED`) has a replacement here.

Tolerances, each with its reason:
- `valid_data_is_accepted` lets a refusal that says "not found" pass: ids of tasks and files are drawn, not known.
- `invalid_data_is_refused` lets data pass that is invalid as drawn and valid as sent. XML has no types: `"1"` and 1 are
  the same bytes, and so are null, `""` and `[]`. Also, the panel has more sources than the overlay lets be drawn.
- `invalid_data_is_refused` lets an answer pass that is marked as the repeated one of an earlier request: a known
  `Request-ID` gets its first answer whatever the body says now. `only_a_request_id_is_repeated` forbids the mark where
  no id was sent, and the scripted traffic proves that a request with a fresh id is judged by its body.
- `ignored_auth` would ask whether accepted requests need their credentials, by HTTP status and for declared schemes
  only. `only_the_token_opens` asks it of every exchange, by the token that was really sent and what was really given.
"""

from __future__ import annotations

import copy
from typing import Any

import schemathesis
from schemathesis import Case, CheckContext, Response
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.specs.openapi import checks as builtin

from scripts.verification import answers, contract
from scripts.verification.contract import CREATE, JSON, STATUS, XML
from scripts.verification.overlay import TOKEN, request_schema

REPLACED = ("negative_data_rejection", "positive_data_acceptance", "ignored_auth", "missing_required_header")

_POSTS = (CREATE, STATUS)


def effective_status(response: Response, case: Case[Any]) -> int:
    """The status that HTTP would tell if errors didn't travel under 200: 404 for not found, 422 for other refusals."""
    envelope = answers.envelope(response, case.path)
    if response.status_code != 200 or envelope is None or envelope.succeeded:
        return response.status_code
    return 404 if "not found" in str(envelope.error_text).lower() else 422


def gave_something(response: Response, case: Case[Any]) -> bool:
    """Whether the answer is a task, a state, or (a part of) a file, and no refusal."""
    return 200 <= effective_status(response, case) < 300


def _with_effective_status(response: Response, case: Case[Any]) -> Response:
    seen = copy.copy(response)
    seen.status_code = effective_status(response, case)
    return seen


@schemathesis.check
def only_the_token_opens(_: CheckContext, response: Response, case: Case[Any]) -> None:
    """Without the token, or with a wrong one, there is no task, no state and no file."""
    if gave_something(response, case):
        tokens = answers.sent_tokens(response, case.path)
        assert tokens, "an answer was given without a token"
        assert set(map(repr, tokens)) == {repr(TOKEN)}, "an answer was given to a wrong token"


@schemathesis.check
def a_refusal_gives_nothing(_: CheckContext, response: Response, case: Case[Any]) -> None:
    """An error is no success: it carries no data, and a status other than 2xx carries no success."""
    envelope = answers.envelope(response, case.path)
    if envelope is None:
        return
    if envelope.succeeded:
        assert 200 <= response.status_code < 300, f"error 0 under HTTP {response.status_code}"
    else:
        assert envelope.data in answers.EMPTY, "an error that carries data"


@schemathesis.check
def answers_come_in_the_requests_format(_: CheckContext, response: Response, case: Case[Any]) -> None:
    """JSON is answered in JSON and XML in XML."""
    asked = answers.request_type(response)
    if case.path in _POSTS and asked in (JSON, XML):
        assert answers.answer_type(response) == asked, f"{asked} was answered by {answers.answer_type(response)}"


@schemathesis.check
def a_file_is_no_envelope(_: CheckContext, response: Response, case: Case[Any]) -> None:
    """What a download gives has the media type of the name's ending, and is not an answer of the API itself."""
    if case.path in _POSTS or not gave_something(response, case) or response.request.method != "GET":
        return
    expected = JSON if str(response.request.path_url).partition("?")[0].endswith(".json") else "text/csv"
    assert answers.answer_type(response) == expected, f"a file of type {answers.answer_type(response)}"
    assert answers.envelope(response, case.path) is None, "an envelope in place of a file"


@schemathesis.check
def only_a_request_id_is_repeated(_: CheckContext, response: Response, case: Case[Any]) -> None:
    """An answer says that it is a repeated one only where the request could have been one."""
    if "duplicate-request" in response.headers:
        assert response.request.headers.get("Request-ID"), "a repeated answer to a request without Request-ID"
        assert gave_something(response, case), "a refusal that says it is a repeated answer"


@schemathesis.check
def invalid_data_is_refused(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """The built-in check, told the effective status."""
    if _is_repeated(response) or _is_valid_as_sent(response, case):
        return None
    return builtin.negative_data_rejection(context, _with_effective_status(response, case), case)


@schemathesis.check
def valid_data_is_accepted(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """The built-in check, told the effective status."""
    return builtin.positive_data_acceptance(context, _with_effective_status(response, case), case)


@schemathesis.check
def a_missing_bearer_is_named(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """The built-in check of required headers, told the envelope's code: 401 is "token required" there, too."""
    envelope = answers.envelope(response, case.path)
    seen = copy.copy(response)
    if response.status_code == 200 and envelope is not None and type(envelope.error) is int and envelope.error != 0:
        seen.status_code = envelope.error
    return builtin.missing_required_header(context, seen, case)


def _is_repeated(response: Response) -> bool:
    return "duplicate-request" in response.headers


def _is_valid_as_sent(response: Response, case: Case[Any]) -> bool:
    """Whether all that is invalid about a drawn body got lost on its way into bytes."""
    if case.path not in _POSTS or case.meta is None or case.method != "POST":
        return False
    others = [part for location, part in case.meta.components.items() if location.value != "body"]
    if any(part.mode.is_negative for part in others):
        return False
    document = case.operation.schema.raw_schema
    accepted = contract.validator(document, request_schema(document, case.path))
    return bool(accepted.is_valid(answers.request_value(response, case.path)))


# Not among them: status_code_conformance, which every operation's `default` answer satisfies.
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    builtin.content_type_conformance,
    builtin.response_headers_conformance,
    builtin.response_schema_conformance,
    builtin.unsupported_method,
    only_the_token_opens,
    a_refusal_gives_nothing,
    answers_come_in_the_requests_format,
    a_file_is_no_envelope,
    only_a_request_id_is_repeated,
    invalid_data_is_refused,
    valid_data_is_accepted,
]
