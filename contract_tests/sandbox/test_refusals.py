"""Everything that is wrong gets the envelope, in the request's format, and never a 500."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract_tests.sandbox.bench import CREATE, STATUS, TOKEN, Bench, Format

JSON = {"Content-Type": "application/json"}
XML = {"Content-Type": "application/xml"}


@pytest.fixture
def bench(shared_bench: Callable[[], Bench]) -> Bench:
    return shared_bench()


def envelope(text: str, fmt: Format) -> tuple[int, str]:
    if fmt == "json":
        answer = json.loads(text)
        assert list(answer) == ["data", "error", "error_text"]
        assert answer["data"] is None
        return answer["error"], answer["error_text"]
    match = re.fullmatch(r"<xml>\n<data/>\n<error>(\d+)</error>\n<error_text>(.*)</error_text>\n</xml>", text)
    assert match
    return int(match[1]), match[2]


def refused(bench: Bench, path: str, body: dict[str, Any], fmt: Format = "json") -> str:
    answer = bench.post(path, {"token": TOKEN, **body}, fmt)
    assert answer.status_code == 200
    error, text = envelope(answer.text, fmt)
    assert error == 400
    return text


@pytest.mark.parametrize("fmt", ["json", "xml"])
@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"source_type": None}, "source_type is required"),
        ({"source_id": None}, "source_id is required"),
        ({"source_type": "list"}, "source_type must be database or segment"),
        ({"source_type": "Database"}, "source_type must be database or segment"),
        ({"source_id": 3}, "There is no database with this source_id"),
        ({"source_type": "segment", "source_id": 2}, "There is no segment with this source_id"),
        ({"source_id": -1}, "There is no database with this source_id"),
        ({"source_id": 10**30}, "There is no database with this source_id"),
        ({"source_id": "one"}, "source_id must be a whole number"),
        ({"source_id": 1.5}, "source_id must be a whole number"),
        ({"source_id": {"a": 1}}, "source_id must be a whole number"),
        ({"file_format": "xlsx"}, "file_format must be csv or json"),
        ({"file_format": ""}, "file_format must be csv or json"),
        ({"custom_request": "occupation"}, "custom_request must"),
        ({"custom_request": {"nope": "1"}}, 'custom_request: unknown field "nope"'),
        ({"custom_request": {"occupation": {"nope": "1"}}}, 'custom_request: unknown operator "nope"'),
    ],
)
def test_a_bad_member(bench: Bench, fmt: Format, change: dict[str, Any], text: str) -> None:
    body = {"source_type": "database", "source_id": 1, **change}
    body = {name: value for name, value in body.items() if value is not None}
    assert text in refused(bench, CREATE, body, fmt)


@pytest.mark.parametrize(
    "change",
    [
        {"source_id": "1"},
        {"source_id": True},
        {"source_id": None},
        {"source_id": [1]},
        {"source_type": 1},
        {"source_type": None},
        {"file_format": None},
        {"custom_request": None},
        {"custom_request": []},
        {"custom_request": {"visits": 10**19}},
        {"custom_request": {"visits": {"$in": 5}}},
        {"custom_request": {"$or": []}},
        {"custom_request": {"$nor": [{}]}},
        {"custom_request": {"occupation": {}}},
        {"custom_request": {"occupation": {"$regex": "d.*"}}},
        {"custom_request": {"occupation": {"$gt": None}}},
        {"custom_request": {"occupation": {"$exists": 1}}},
        {"custom_request": {"occupation": ["doctor"]}},
        {"custom_request": {"occupation; DROP TABLE profiles": 1}},
        {"token": 5},
    ],
)
def test_json_is_typed_strictly(bench: Bench, change: dict[str, Any]) -> None:
    refused(bench, CREATE, {"source_type": "database", "source_id": 1, **change})


@pytest.mark.parametrize("fmt", ["json", "xml"])
def test_a_task_that_does_not_exist(bench: Bench, fmt: Format) -> None:
    assert refused(bench, STATUS, {"task_id": "task_0"}, fmt) == "Task not found"
    assert refused(bench, STATUS, {"task_id": ""}, fmt) == "Task not found"
    assert refused(bench, STATUS, {}, fmt) == "task_id is required"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"<xml/>",
        b"\xff\xfe",
        b'{"token": NaN}',
        b'{"token": "\\ud800"}',
        pytest.param(b"[" * 100_000, id="deep arrays"),
        pytest.param(b'{"a":' * 100_000, id="deep objects"),
        json.dumps({"token": "t"}).encode("utf-16"),
        b'{"token": "' + TOKEN.encode() + b'", "source_type": "database", "source_id": 1e999}',
        pytest.param(b'{"token": "", "source_id": ' + b"9" * 5000 + b"}", id="huge number"),
    ],
)
@pytest.mark.parametrize("path", [CREATE, STATUS])
def test_a_body_that_is_not_json(bench: Bench, path: str, content: bytes) -> None:
    answer = bench.request("POST", path, content=content, headers=JSON)
    assert answer.status_code == 200
    assert envelope(answer.text, "json")[0] == 400


TOKEN_ELEMENT = f"<token>{TOKEN}</token>".encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"<xml>",
        b"<other/>",
        b"<xml>text</xml>",
        b"<xml><a></b></xml>",
        b"<xml/><xml/>",
        b"<xml>\xff</xml>",
        b'<?xml version="1.0" encoding="ISO-8859-1"?><xml/>',
        b'<!DOCTYPE xml [<!ENTITY a "b">]><xml><token>&a;</token></xml>',
        b'<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml/>',
        b"<xml><token>&unknown;</token></xml>",
        pytest.param(b"<xml>" + b"<a>" * 100 + b"</a>" * 100 + b"</xml>", id="deep"),
        pytest.param(b"<xml>" + b"<a/>" * 60_000 + b"</xml>", id="many elements"),
        b"<xml>" + TOKEN_ELEMENT * 2 + b"</xml>",
        b"<xml><token><a/></token></xml>",
        b"<xml>" + TOKEN_ELEMENT + b"text</xml>",
        b"<xml>" + TOKEN_ELEMENT + "<source_type>database</source_type><source_id>\uff11</source_id></xml>".encode(),
        b"<xml>" + TOKEN_ELEMENT + b"<source_type>database</source_type><source_id>1_0</source_id></xml>",
    ],
)
def test_a_body_that_is_not_acceptable_xml(bench: Bench, content: bytes) -> None:
    answer = bench.request("POST", CREATE, content=content, headers=XML)
    assert answer.status_code == 200
    assert envelope(answer.text, "xml")[0] == 400


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_another_content_type(bench: Bench, headers: dict[str, str]) -> None:
    body = json.dumps({"token": TOKEN, "source_type": "database", "source_id": 1})
    answer = bench.request("POST", CREATE, content=body, headers=headers)
    assert answer.status_code == 415
    assert envelope(answer.text, "json")[0] == 415


def test_a_body_that_is_too_large(bench: Bench) -> None:
    answer = bench.request("POST", CREATE, content=b" " * (10 * 1024 * 1024 + 1), headers=XML)
    assert answer.status_code == 413
    assert envelope(answer.text, "xml")[0] == 413
    most = json.dumps({"token": TOKEN, "task_id": ""}).ljust(10 * 1024 * 1024)
    assert bench.request("POST", STATUS, content=most, headers=JSON).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", CREATE, "POST"), ("DELETE", STATUS, "POST"), ("POST", "/docs", "GET, HEAD"), ("PUT", "/", "GET, HEAD")],
)
def test_another_method(bench: Bench, method: str, path: str, allowed: str) -> None:
    answer = bench.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert envelope(answer.text, "json")[0] == 405


@pytest.mark.parametrize(
    "path", ["/nothing", CREATE + "/", "/api/v1.1/", "/api/download/x", "/api/download/data/x/y/z", "/docs/"]
)
@pytest.mark.parametrize("fmt", ["json", "xml"])
def test_another_path(bench: Bench, path: str, fmt: Format) -> None:
    answer = bench.request("POST", path, headers={"Content-Type": f"application/{fmt}"})
    assert answer.status_code == 404
    assert envelope(answer.text, fmt)[0] == 404


def test_an_empty_request_id(bench: Bench) -> None:
    body = {"token": TOKEN, "source_type": "database", "source_id": 1}
    answer = bench.post(CREATE, body, headers={"Request-ID": " "})
    assert envelope(answer.text, "json") == (400, "Request-ID must not be empty")


@pytest.mark.parametrize("fmt", ["json", "xml"])
def test_a_bug_is_answered_too_and_logged(
    bench: Bench, fmt: Format, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def bug(*_: object) -> None:
        raise LookupError("the bug")

    monkeypatch.setattr(bench.app.state.panel.tasks, "view", bug)
    answer = bench.post(STATUS, {"token": TOKEN, "task_id": "x"}, fmt)
    assert answer.status_code == 500
    assert envelope(answer.text, fmt) == (500, "Internal error")
    assert "LookupError: the bug" in caplog.text
    assert TOKEN not in caplog.text


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    change=st.dictionaries(
        st.sampled_from(["source_type", "source_id", "file_format", "custom_request", "task_id", "token"]), ANYTHING
    ),
    path=st.sampled_from([CREATE, STATUS]),
)
def test_no_members_make_it_crash(bench: Bench, change: dict[str, Any], path: str) -> None:
    body = {"token": TOKEN, "source_type": "database", "source_id": 1, "task_id": "x", **change}
    answer = bench.request("POST", path, content=json.dumps(body), headers=JSON)
    assert answer.status_code == 200
    assert set(answer.json()) == {"data", "error", "error_text"}
