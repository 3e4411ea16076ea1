"""What every answer to a call becomes: a value, a refusal with all its fields, or a breach that names what is wrong."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from contract_tests.wire.dialogue import (
    LINK,
    ONCE,
    TASK,
    TOKEN,
    Envelope,
    Mode,
    Panel,
    Step,
    completed,
    created,
    raw,
    refused,
    running,
    success,
    written,
)
from profile_export import Database, TaskSnapshot, _bodies, errors


def create(client: Any) -> Any:
    return client.create_export(Database(1))


def status(client: Any) -> Any:
    return client.status(TASK)


CALLS: dict[str, Step] = {"create": create, "status": status}
every_call = pytest.mark.parametrize("call", CALLS)


def fails(panel: Panel, mode: Mode, call: str, *answers: Any, **options: Any) -> errors.ExportError:
    """The error that an answer to a call leads to."""
    (panel.create if call == "create" else panel.status)(*answers)
    with pytest.raises(errors.ExportError) as caught:
        mode.speak(CALLS[call], **{"retry": ONCE, **options})
    assert caught.value.operation == call
    assert caught.value.task_id == (TASK if call == "status" else None)
    assert (caught.value.request_id is not None) is (call == "create")
    return caught.value


REFUSALS: list[tuple[int, type[errors.ApiError]]] = [
    (400, errors.InvalidRequest),
    (401, errors.AuthenticationError),
    (402, errors.ApiError),
    (403, errors.AuthenticationError),
    (429, errors.RateLimited),
    (440, errors.ApiError),
    (7, errors.ApiError),
    (-1, errors.ApiError),
    (100_000, errors.ApiError),
]


@every_call
@pytest.mark.parametrize(("code", "kind"), REFUSALS)
def test_a_refusal_under_http_200(panel: Panel, mode: Mode, call: str, code: int, kind: type[errors.ApiError]) -> None:
    error = fails(panel, mode, call, refused(code, "Because"))
    assert type(error) is kind
    assert isinstance(error, errors.ApiError)
    assert (error.code, error.text, error.http_status, error.retry_after) == (code, "Because", 200, None)
    assert f"error {code}" in str(error)
    assert "Because" in str(error)


@pytest.mark.parametrize("data", [None, {}, [], "absent"], ids=str)
def test_what_a_refusal_s_data_may_be(panel: Panel, mode: Mode, data: Any) -> None:
    envelope = refused(401, "API token required") if data == "absent" else refused(401, "API token required", data=data)
    error = fails(panel, mode, "create", envelope)
    assert isinstance(error, errors.AuthenticationError)
    assert error.code == 401
    assert error.hints


STATUSES: list[tuple[int, type[errors.ApiError]]] = [
    (401, errors.AuthenticationError),
    (403, errors.AuthenticationError),
    (429, errors.RateLimited),
]


@pytest.mark.parametrize(("http_status", "kind"), STATUSES)
@pytest.mark.parametrize("body", [b"", b"<html><body>Nope</body></html>", b"Nope"], ids=["empty", "html", "text"])
def test_a_refusal_by_http_status_alone(
    panel: Panel, mode: Mode, http_status: int, kind: type[errors.ApiError], body: bytes
) -> None:
    answer = raw(http_status, body, Content_Type="text/html", Retry_After="120")
    error = fails(panel, mode, "create", answer)
    assert type(error) is kind
    assert isinstance(error, errors.ApiError)
    assert (error.code, error.text, error.http_status, error.retry_after) == (None, "", http_status, 120)


@pytest.mark.parametrize("http_status", [500, 502, 503, 504, 520, 599])
def test_a_failing_server(panel: Panel, mode: Mode, http_status: int) -> None:
    error = fails(panel, mode, "status", httpx.Response(http_status, text="Bad gateway"))
    assert type(error) is errors.ServerError
    assert error.http_status == http_status


@pytest.mark.parametrize("answer", [httpx.Response(502), httpx.Response(520), refused(500, "Failed")], ids=str)
def test_a_failing_server_leaves_a_create_in_doubt(panel: Panel, mode: Mode, answer: Any) -> None:
    error = fails(panel, mode, "create", answer)
    assert isinstance(error, errors.CreateOutcomeUnknown)
    assert isinstance(error.__cause__, errors.ServerError)


@pytest.mark.parametrize("http_status", [400, 404, 409, 422, 500])
def test_status_and_code_are_two_signals(panel: Panel, mode: Mode, http_status: int) -> None:
    answer = mode.answer(refused(402, "Upgrade your tariff"), http_status)
    if http_status < 500:
        error = fails(panel, mode, "create", answer)
        assert type(error) is errors.ApiError
        assert (error.code, error.http_status) == (402, http_status)
    else:
        assert isinstance(fails(panel, mode, "create", answer), errors.CreateOutcomeUnknown)


NOT_FOUND: list[tuple[int, int, str]] = [
    (200, 404, "Not found"),
    (404, 404, "Task not found"),
    (404, 400, "Whatever"),
    (404, 0, "Successful operation"),
    (200, 400, "Task not found"),
    (200, 440, "Unknown task"),
]


@pytest.mark.parametrize(("http_status", "code", "text"), NOT_FOUND)
def test_an_unknown_task(panel: Panel, mode: Mode, http_status: int, code: int, text: str) -> None:
    error = fails(panel, mode, "status", mode.answer(refused(code, text, data=None), http_status))
    assert type(error) is errors.TaskNotFound


def test_an_unknown_task_s_words_mean_nothing_to_a_create(panel: Panel, mode: Mode) -> None:
    assert type(fails(panel, mode, "create", refused(400, "Task not found"))) is errors.InvalidRequest


BREACHES: dict[str, Any] = {
    "html": raw(200, b"<!DOCTYPE html><html><body>Log in</body></html>", Content_Type="text/html"),
    "html as json": raw(200, b"<html><body>Log in</body></html>", Content_Type="application/json"),
    "html as xml": raw(200, b"<html><body>Log in</body></html>", Content_Type="application/xml"),
    "empty": raw(200, b"", Content_Type="application/json"),
    "empty xml": raw(200, b"", Content_Type="application/xml"),
    "no content": raw(204, b""),
    "blank": raw(200, b" \r\n "),
    "text": raw(200, b"OK", Content_Type="text/plain"),
    "array": raw(200, b"[]", Content_Type="application/json"),
    "number": raw(200, b"7", Content_Type="application/json"),
    "half": raw(200, b'{"error": 0, "data"', Content_Type="application/json"),
    "half xml": raw(200, b"<xml><error>0</error>", Content_Type="application/xml"),
    "doctype": raw(200, b'<!DOCTYPE x [<!ENTITY e "e">]><xml><error>0</error></xml>', Content_Type="application/xml"),
    "other root": raw(200, b"<answer><error>0</error></answer>", Content_Type="application/xml"),
    "no envelope": raw(200, b'{"task_id": "t"}', Content_Type="application/json"),
    "deep": raw(200, b'{"error":' + b"[" * 100_000, Content_Type="application/json"),
    "latin": raw(200, b'{"error": 0, "error_text": "\xe9"}', Content_Type="application/json; charset=latin-1"),
    "redirect": raw(302, b"", Location="https://evil.example/"),
    "not found": raw(404, b"<h1>Not Found</h1>", Content_Type="text/html"),
    "teapot": raw(418, b"short and stout"),
    "not gzip": raw(200, b'{"error": 0}', Content_Type="application/json", Content_Encoding="gzip"),
    "too long": raw(200, b" " * (10 * 2**20 + 1), Content_Type="application/json"),
    "half under another name": raw(200, b'{"error": 0, "data"', Content_Type="text/plain"),
}
# Neither a success of HTTP in a format of the API: whoever gave them has not created a task.
NO_SUCCESSES = ("html", "no content", "blank", "text", "redirect", "not found", "teapot")
# respx unpacks it before there is an answer; contract_tests/faults plays it on a socket.
UNPACKED = "not gzip"


def breach_of(error: BaseException) -> BaseException:
    """What is wrong with an answer. After a create, a success that can't be read leaves in doubt what was done."""
    if not isinstance(error, errors.CreateOutcomeUnknown):
        return error
    assert error.__cause__ is not None
    assert error.hints[0] == "look at the panel's tasks before you create it again"
    return error.__cause__


def is_breach(error: errors.ExportError, call: str) -> bool:
    """Whether the answer broke the contract, and that leaves a create in doubt."""
    told = errors.CreateOutcomeUnknown if call == "create" else errors.ContractError
    return type(error) is told and type(breach_of(error)) is errors.ContractError


@every_call
@pytest.mark.parametrize("breach", BREACHES)
def test_what_is_no_answer_of_this_api(panel: Panel, mode: Mode, call: str, breach: str) -> None:
    error = fails(panel, mode, call, BREACHES[breach])
    assert type(breach_of(error)) is errors.ContractError
    assert (error is breach_of(error)) is (call == "status" or breach in (*NO_SUCCESSES, UNPACKED))
    assert "\n" not in str(error)
    assert len(str(error)) < 400
    assert len(panel.requests) == 1, "a breach of the contract is not asked for again"


def error_of(step: Callable[[], object]) -> errors.ExportError | None:
    try:
        step()
    except errors.ExportError as error:
        return error
    return None


def nested(levels: int) -> bytes:
    return b'{"error": 0, "error_text": "", "data": {"task_id": "t", "x": ' + b"[" * levels + b"]" * levels + b"}}"


ODD: dict[str, bytes] = {
    "half an emoji": b'{"error": 0, "error_text": "\\ud83d", "data": {"task_id": "task_1", "more": "\\ud83d"}}',
    "no number": b'{"error": 0, "error_text": "", "data": {"task_id": "task_1", "more": NaN}}',
    "a number without an end": b'{"error": 0, "error_text": "", "data": {"task_id": "task_1", "more": 1e999}}',
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
@pytest.mark.parametrize("content_type", ["application/json", "text/html; charset=UTF-8"])
def test_a_success_with_oddities_is_one(panel: Panel, style_mode: Mode, body: bytes, content_type: str) -> None:
    panel.create(raw(200, body, Content_Type=content_type))
    assert style_mode.speak(create, retry=ONCE).task_id == "task_1"


@pytest.mark.parametrize("levels", [300, 600, 800, 900, 950, 990, 2000])
def test_a_success_that_is_nested_deeply_is_one_or_leaves_a_create_in_doubt(
    panel: Panel, style_mode: Mode, levels: int
) -> None:
    panel.create(raw(200, nested(levels), Content_Type="application/json"))
    error = error_of(lambda: style_mode.speak(create, retry=ONCE))
    assert error is None or is_breach(error, "create")


def test_a_status_with_half_an_emoji_is_understood(panel: Panel, style_mode: Mode) -> None:
    body = b'{"error": 0, "error_text": "", "data": {"status": "\\ud83d", "progress": 40}}'
    panel.status(raw(200, body, Content_Type="application/json"))
    snapshot: TaskSnapshot = style_mode.speak(status, retry=ONCE)
    assert snapshot.status.encode() == b"?"


def test_a_refusal_with_half_an_emoji_can_be_told(panel: Panel, style_mode: Mode) -> None:
    panel.create(raw(200, b'{"error": 402, "error_text": "no \\ud83d", "data": null}', Content_Type="application/json"))
    with pytest.raises(errors.ApiError) as caught:
        style_mode.speak(create, retry=ONCE)
    assert caught.value.text.encode() == b"no ?"


def test_a_refusal_with_another_text_is_a_refusal(panel: Panel, mode: Mode) -> None:
    body = b'{"error": 401, "error_text": ["no"], "data": null}'
    assert type(fails(panel, mode, "create", raw(200, body, Content_Type="application/json"))) is (
        errors.AuthenticationError
    )


def test_bytes_of_another_width_are_not_shown(panel: Panel, mode: Mode) -> None:
    body = f"<p>{TOKEN}</p>".encode("utf-16")
    error = fails(panel, mode, "status", raw(200, body, Content_Type="text/html"))
    assert "no text" in str(error)


def test_what_comes_behind_the_end_of_gzip_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_bodies, "LONGEST_ANSWER", 1000)
    body = _bodies.AnswerBody("gzip")
    body.feed(gzip.compress(b"{}"))
    body.feed(b"x" * 500)
    assert body._unpacker.unused_data == b""
    assert body.whole() == b"{}"
    with pytest.raises(errors.ContractError, match="longer than 1000"):
        body.feed(b"x" * 500)


def test_a_page_is_shown_in_part_with_a_hint(panel: Panel, mode: Mode) -> None:
    error = fails(panel, mode, "create", BREACHES["html"])
    assert "text/html" in str(error)
    assert "Log in" in str(error)
    assert "base URL" in error.hints[0]


def without(envelope: Envelope, name: str) -> Envelope:
    *above, last = name.split(".")
    holder = envelope
    for part in above:
        holder = holder[part]
    del holder[last]
    return envelope


@pytest.mark.parametrize(
    ("call", "member"),
    [
        ("create", "data"),
        ("create", "data.task_id"),
        ("create", "error_text"),
        ("status", "data"),
        ("status", "data.status"),
        ("status", "data.progress"),
        ("status", "error_text"),
    ],
)
def test_a_missing_member_is_named(panel: Panel, mode: Mode, call: str, member: str) -> None:
    error = fails(panel, mode, call, without(created() if call == "create" else running(), member))
    assert is_breach(error, call)
    # An element without children is no object in XML.
    empty = mode.wire_format == "xml" and member == "data.task_id"
    assert repr("data" if empty else member.rpartition(".")[2]) in str(error)


@every_call
def test_a_missing_error_is_no_success(panel: Panel, mode: Mode, call: str) -> None:
    envelope = without(created() if call == "create" else running(), "error")
    assert is_breach(fails(panel, mode, call, envelope), call)


CREATE_TYPES: list[tuple[str, Any]] = [
    ("task_id", 7),
    ("task_id", None),
    ("task_id", ""),
    ("task_id", ["t"]),
    ("task_id", {"id": "t"}),
    ("task_id", True),
]


@pytest.mark.parametrize(("member", "value"), CREATE_TYPES, ids=str)
def test_a_task_id_of_another_type(panel: Panel, style_mode: Mode, member: str, value: Any) -> None:
    error = fails(panel, style_mode, "create", success({member: value}))
    assert is_breach(error, "create")
    assert member in str(error)


STATUS_TYPES: list[tuple[str, Any]] = [
    ("status", 7),
    ("status", None),
    ("status", ""),
    ("status", ["completed"]),
    ("progress", "40"),
    ("progress", 40.0),
    ("progress", None),
    ("progress", True),
    ("progress", [40]),
    ("result", "none"),
    ("result", 7),
    ("result", True),
    ("result", ["x"]),
    ("result.total", "3"),
    ("result.total", 1.5),
    ("result.total", True),
    ("result.urls", LINK),
    ("result.urls", [7]),
    ("result.urls", [None]),
    ("result.urls", {"0": LINK}),
    ("result.source_id", "1"),
]


@pytest.mark.parametrize(("member", "value"), STATUS_TYPES, ids=str)
def test_a_state_of_another_type(panel: Panel, style_mode: Mode, member: str, value: Any) -> None:
    envelope = completed()
    name, _, inner = member.partition(".")
    if inner:
        envelope["data"][name][inner] = value
    else:
        envelope["data"][name] = value
    error = fails(panel, style_mode, "status", envelope)
    assert type(error) is errors.ContractError
    assert member in str(error)


@pytest.mark.parametrize("data", [[], "text", 7, None, True, [1], [["a", "b"]]], ids=repr)
@every_call
def test_data_of_another_type(panel: Panel, mode: Mode, call: str, data: Any) -> None:
    error = fails(panel, mode, call, success(data))
    assert is_breach(error, call)
    assert "'data'" in str(error)


@pytest.mark.parametrize(
    ("inner", "member"),
    [
        ("<status>completed</status><progress>forty</progress>", "progress"),
        ("<status>completed</status><progress>40.5</progress>", "progress"),
        ("<status>completed</status><progress/>", "progress"),
        ("<status/><progress>40</progress>", "status"),
        ("<status>x</status><progress>4</progress><result><total>many</total></result>", "total"),
        ("<status>x</status><progress>4</progress><progress>5</progress>", "progress"),
        ("<status>x</status><progress>4</progress><result>soon</result>", "result"),
    ],
)
def test_a_state_of_another_type_in_xml(panel: Panel, mode: Mode, inner: str, member: str) -> None:
    body = f"<xml><data>{inner}</data><error>0</error><error_text>ok</error_text></xml>"
    error = fails(panel, mode, "status", raw(200, body.encode(), Content_Type="application/xml"))
    assert type(error) is errors.ContractError
    assert member in str(error)


@pytest.mark.parametrize("error", ["0", 0.0, None, False, True, [], "none"], ids=repr)
@every_call
def test_an_error_of_another_type(panel: Panel, style_mode: Mode, call: str, error: Any) -> None:
    envelope = {**(created() if call == "create" else running()), "error": error}
    assert is_breach(fails(panel, style_mode, call, envelope), call)


@pytest.mark.parametrize(
    "header", ["application/json", "application/json;charset=UTF-8", "text/json", "", "text/plain"]
)
@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\r\n "], ids=["plain", "bom", "blanks"])
def test_json_under_many_names(panel: Panel, mode: Mode, header: str, before: bytes) -> None:
    panel.status(raw(200, before + json.dumps(running(40)).encode(), Content_Type=header))
    snapshot: TaskSnapshot = mode.speak(status)
    assert snapshot.progress == 40


@pytest.mark.parametrize(
    "header", ["application/xml", "text/xml; charset=utf-8", "application/soap+xml", "", "text/plain"]
)
@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b'<?xml version="1.0" encoding="UTF-8"?>\n'])
def test_xml_under_many_names(panel: Panel, mode: Mode, header: str, before: bytes) -> None:
    panel.status(raw(200, before + written(running(40), "xml"), Content_Type=header))
    assert mode.speak(status).progress == 40


def deflated(body: bytes) -> bytes:
    return zlib.compress(body)


@pytest.mark.parametrize(("encoding", "encode"), [("gzip", gzip.compress), ("deflate", deflated)])
def test_a_compressed_answer(panel: Panel, mode: Mode, encoding: str, encode: Any) -> None:
    body = encode(written(running(40), mode.wire_format))
    panel.status(raw(200, body, Content_Type=mode.media_type, Content_Encoding=encoding))
    assert mode.speak(status).progress == 40
    assert panel.requests[0].headers["Accept-Encoding"] == "gzip"


def test_a_compressed_refusal(panel: Panel, mode: Mode) -> None:
    body = gzip.compress(written(refused(401, "API token required"), mode.wire_format))
    answer = raw(401, body, Content_Type=mode.media_type, Content_Encoding="gzip")
    assert isinstance(fails(panel, mode, "create", answer), errors.AuthenticationError)


def test_a_bomb_is_not_unpacked(panel: Panel, mode: Mode) -> None:
    bomb = gzip.compress(b" " * 12_000_000)
    error = fails(panel, mode, "status", raw(200, bomb, Content_Type="application/json", Content_Encoding="gzip"))
    assert isinstance(error, errors.ContractError)
    assert "longer than" in str(error)


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("0", 0), ("soon", None), (None, None)])
@pytest.mark.parametrize("http_status", [200, 429, 503])
def test_the_wish_of_a_busy_panel(
    panel: Panel, mode: Mode, header: str | None, seconds: float | None, http_status: int
) -> None:
    headers = {"Retry-After": header} if header else {}
    answer = mode.answer(refused(429, "Slow down"), http_status, **headers)
    error = fails(panel, mode, "status", answer)
    assert isinstance(error, errors.RateLimited)
    assert error.retry_after == seconds


def test_a_passing_failure_passes(panel: Panel, mode: Mode) -> None:
    panel.status(httpx.Response(502), refused(500, "Busy"), refused(429, "Slow down"), running(40))
    assert mode.speak(status).progress == 40
    assert len(panel.requests) == 4


def test_the_envelope_s_text_is_kept_whole(panel: Panel, mode: Mode) -> None:
    text = "\u041d\u0435\u0442 \u0434\u043e\u0441\u0442\u0443\u043f\u0430 <&> " + "x" * 2000
    error = fails(panel, mode, "create", refused(403, text))
    assert isinstance(error, errors.AuthenticationError)
    assert error.text == text
    assert len(str(error)) < 700
