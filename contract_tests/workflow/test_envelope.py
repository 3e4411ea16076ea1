"""Whatever a panel answers is read as a success, a refusal with a type of its own, or a breach of the contract."""

from __future__ import annotations

import json
import pickle
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profile_export import _xml
from profile_export._credentials import ENVELOPE_SHAPE
from profile_export._envelope import Answer, format_of, parse_retry_after, read_answer, refusal, says_not_found
from profile_export.errors import (
    ApiError,
    AuthenticationError,
    ContractError,
    InvalidRequest,
    RateLimited,
    ServerError,
)
from profile_export.types import is_integer

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
JSON, XML = "application/json", "application/xml"
CONTENT_TYPES = [
    *("", JSON, f"{JSON}; charset=utf-8", "application/problem+json", "text/json", "APPLICATION/JSON ;x=y"),
    *(XML, "text/xml", "text/xml; charset=utf-8", "application/soap+xml", "application/xhtml+xml"),
    *("text/html", "text/plain", "text/csv", "application/octet-stream", ";;;", "json"),
]


def decode_xml(body: bytes) -> Mapping[str, Any]:
    return _xml.decode(body, ENVELOPE_SHAPE)


def read(
    body: bytes | dict[str, Any], status: int = 200, content_type: str = JSON, retry_after: str | None = None
) -> dict[str, Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_answer(Answer(status, content_type, retry_after, raw), decode_xml, now=NOW)


def outcome_of(*answer: Any) -> dict[str, Any] | ApiError | ContractError:
    try:
        return read(*answer)
    except (ApiError, ContractError) as error:
        return error


codes: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([0, 0, 0, 1, -1, 400, 401, 402, 403, 404, 429, 440, 500, 599, 600, 10**30]),
    st.sampled_from([None, True, False, 0.0, 400.5, "0", "400", [], {}]),
    st.integers(),
)
texts: st.SearchStrategy[Any] = st.one_of(
    st.text(max_size=20), st.sampled_from([None, 7, [], "Task not found", "line\nbreak\x1b[31m"])
)
datas: st.SearchStrategy[Any] = st.sampled_from([None, {}, [], {"task_id": "t"}, "text", 7])
envelopes = st.fixed_dictionaries({}, optional={"error": codes, "error_text": texts, "data": datas, "more": datas})


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    envelope = draw(envelopes)
    written = json.dumps(envelope)
    members = "".join(f"<{name}>{value}</{name}>" for name, value in envelope.items())
    return draw(
        st.sampled_from(
            [
                written.encode(),
                b"\xef\xbb\xbf" + written.encode(),
                b" \r\n\t" + written.encode(),
                written.encode("utf-16"),
                written.encode()[:-1],
                b"[" + written.encode() + b"]",
                f"<xml>{members}</xml>".encode(),
                b"\xef\xbb\xbf<?xml version='1.0'?>" + f"<xml>{members}</xml>".encode(),
                b"",
                b" \n ",
                b"<!DOCTYPE html><html><body>Bad gateway</body></html>",
                b"Too many requests",
                b"{" * 50_000,
                b'{"error": ' + b"1" * 5000 + b"}",
                b'{"error": NaN}',
            ]
        )
        | st.binary(max_size=30)
    )


@settings(max_examples=300)
@given(
    status=st.sampled_from([100, 200, 201, 204, 206, 302, 304, 400, 401, 403, 404, 410, 429, 440, 500, 502, 520, 999]),
    content_type=st.sampled_from(CONTENT_TYPES) | st.text(max_size=10),
    retry_after=st.none() | st.text(max_size=12) | st.sampled_from(["7", "1e9", "-1", "Wed, 21 Oct 2026 07:28:00 GMT"]),
    body=bodies(),
)
def test_any_answer_is_a_success_a_refusal_or_a_breach(
    status: int, content_type: str, retry_after: str | None, body: bytes
) -> None:
    outcome = outcome_of(body, status, content_type, retry_after)
    if isinstance(outcome, dict):
        assert is_integer(outcome["error"])
        assert outcome["error"] == 0
        assert 200 <= status < 300
    else:
        assert str(outcome).isprintable()
        assert len(str(outcome)) < 6000
        assert str(pickle.loads(pickle.dumps(outcome))) == str(outcome)


@pytest.mark.parametrize("data", [None, {}, [], {"x": 1}], ids=str)
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, InvalidRequest),
        (401, AuthenticationError),
        (402, ApiError),
        (403, AuthenticationError),
        (404, InvalidRequest),
        (429, RateLimited),
        (440, ApiError),
        (500, ServerError),
        (503, ServerError),
        (1001, ApiError),
        (-5, ApiError),
    ],
)
def test_an_error_under_http_200_has_its_type(code: int, kind: type[ApiError], data: Any) -> None:
    with pytest.raises(ApiError) as caught:
        read({"error": code, "error_text": "Something", "data": data})
    error = caught.value
    assert type(error) is kind
    assert (error.code, error.text, error.http_status) == (code, "Something", 200)
    assert str(error).endswith(f"(error {code}): Something")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, AuthenticationError),
        (403, AuthenticationError),
        (429, RateLimited),
        (500, ServerError),
        (502, ServerError),
        (520, ServerError),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html></html>", b"Forbidden", b"{}"], ids=["empty", "html", "text", "object"])
def test_a_status_speaks_where_there_is_no_envelope(status: int, kind: type[ApiError], body: bytes) -> None:
    with pytest.raises(ApiError) as caught:
        read(body, status, "text/html")
    assert type(caught.value) is kind
    assert (caught.value.code, caught.value.http_status) == (None, status)


@pytest.mark.parametrize("status", [200, 204, 302, 400, 404, 410])
def test_no_envelope_under_another_status_is_a_breach(status: int) -> None:
    with pytest.raises(ContractError, match=f"HTTP {status}") as caught:
        read(b"<html><body>Not Found</body></html>", status, "text/html")
    assert caught.value.hints


def test_error_0_under_a_failing_status_is_no_success() -> None:
    with pytest.raises(ServerError) as caught:
        read({"error": 0, "error_text": "Successful operation", "data": {"task_id": "t"}}, 500)
    assert caught.value.code == 0


def test_the_envelope_has_the_first_word() -> None:
    with pytest.raises(AuthenticationError):
        read({"error": 401, "error_text": "API token required"}, 500)


def test_429_under_any_code_is_a_rate_limit() -> None:
    with pytest.raises(RateLimited) as caught:
        read({"error": 400, "error_text": "wait"}, 429, retry_after="3")
    assert caught.value.retry_after == 3


@pytest.mark.parametrize("error", [None, True, False, "0", 0.0, [], {}], ids=repr)
def test_an_error_that_is_no_integer_is_a_breach(error: Any) -> None:
    with pytest.raises(ContractError, match="'error'"):
        read({"error": error, "error_text": "", "data": {}})


def test_a_wordy_panel_is_cut_short_and_cannot_write_to_the_terminal() -> None:
    with pytest.raises(ApiError) as caught:
        read({"error": 440, "error_text": "\x1b[2Jgone\r\n" * 100_000})
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 700
    assert caught.value.text.startswith("\x1b[2Jgone\r\n")


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        (JSON, b"", "json"),
        ("application/problem+json; charset=utf-8", b"<", "json"),
        ("text/xml", b"", "xml"),
        (XML, b"{", "xml"),
        ("", b"\xef\xbb\xbf {", "json"),
        ("text/plain", b"\n<xml>", "xml"),
        ("text/plain", b"Gateway timeout", None),
        ("text/html", b"<html>", None),
    ],
)
def test_the_format_is_what_is_said_or_else_what_it_looks_like(
    content_type: str, body: bytes, expected: str | None
) -> None:
    assert format_of(content_type, body) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("\u0663", None),
        ("0", 0),
        (" 120 ", 120),
        ("9" * 400, 999_999_999_999),
        ("Sun, 01 Mar 2026 12:01:30 GMT", 90),
        ("Sun, 01 Mar 2026 12:01:30 -0000", 90),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("Sun, 99999999999999999999 Mar 2026 12:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, expected: float | None) -> None:
    assert parse_retry_after(value, NOW) == expected


@given(st.text(max_size=40) | st.from_regex(r"\A[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ [+-]?\w+\Z"))
def test_any_retry_after_is_read(value: str) -> None:
    seconds = parse_retry_after(value, NOW)
    assert seconds is None or seconds >= 0


@given(st.integers(-(10**6), 10**6))
def test_a_date_is_read_as_the_seconds_until_then(offset: int) -> None:
    moment = NOW + timedelta(seconds=offset)
    assert parse_retry_after(f"{moment:%a, %d %b %Y %H:%M:%S} GMT", NOW) == max(offset, 0)


@pytest.mark.parametrize(
    ("status", "code", "text", "expected"),
    [
        (200, 404, "", True),
        (404, 0, "", True),
        (200, 400, "Task not found", True),
        (200, 440, "Unknown task", True),
        (200, 400, "The export task doesn't exist", True),
        (200, 400, "Incorrect request", False),
        (200, 401, "Task not found for this token", False),
        (500, 0, "Export worker: unknown error", False),
        (200, 500, "Task storage not found, try again", False),
        (429, 404, "Task not found", False),
    ],
)
def test_what_says_that_a_task_is_unknown(status: int, code: int, text: str, expected: bool) -> None:
    assert says_not_found(refusal(status, code, text)) is expected


def test_a_long_text_is_searched_in_no_time() -> None:
    error = ApiError("refused", code=400, text="task " * 200_000)
    began = time.thread_time()
    assert not says_not_found(error)
    assert time.thread_time() - began < 0.5
