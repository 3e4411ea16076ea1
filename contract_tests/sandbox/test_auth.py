"""The token: where it may stand, what a wrong one gets, and that two of them must both be right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.sandbox.bench import CREATE, DATABASE, STATUS, TOKEN, Bench, Format
from contract_tests.sandbox.conftest import OpenBench

RIGHT = f"Bearer {TOKEN}"
WRONG = "Bearer another-token"


def error_of(bench: Bench, token: str | None, header: str | None, fmt: Format = "json") -> tuple[int, str]:
    body: dict[str, Any] = {**DATABASE, **({} if token is None else {"token": token})}
    answer = bench.post(CREATE, body, fmt, {} if header is None else {"Authorization": header})
    assert answer.status_code == 200
    assert TOKEN not in answer.text
    if fmt == "xml":
        assert ("<task_id>" in answer.text) == ("<error>0</error>" in answer.text)
        return int(answer.text.partition("<error>")[2].partition("<")[0]), ""
    parsed = answer.json()
    assert (parsed["data"] is not None) == (parsed["error"] == 0)
    return parsed["error"], parsed["error_text"]


@pytest.mark.parametrize("fmt", ["json", "xml"])
@pytest.mark.parametrize(
    ("auth", "token", "header", "error"),
    [
        ("any", TOKEN, None, 0),
        ("any", None, RIGHT, 0),
        ("any", TOKEN, RIGHT, 0),
        ("any", None, None, 401),
        ("any", "", None, 401),
        ("any", None, "Basic dTpw", 401),
        ("any", None, "Bearer ", 401),
        ("any", "another-token", None, 403),
        ("any", None, WRONG, 403),
        ("any", TOKEN, WRONG, 403),
        ("any", "another-token", RIGHT, 403),
        ("any", TOKEN.upper(), None, 403),
        ("any", TOKEN + " ", None, 403),
        ("any", "tokén-☃", None, 403),
        ("any", TOKEN, "Basic dTpw", 0),
        ("any", None, RIGHT.replace("Bearer", "bearer"), 0),
        ("body", TOKEN, None, 0),
        ("body", None, RIGHT, 401),
        ("body", TOKEN, WRONG, 0),
        ("bearer", None, RIGHT, 0),
        ("bearer", TOKEN, None, 401),
        ("bearer", "another-token", RIGHT, 0),
        ("bearer", None, WRONG, 403),
    ],
)
def test_steps_1_and_2(
    shared_bench: Callable[[str], Bench],
    *,
    fmt: Format,
    auth: str,
    token: str | None,
    header: str | None,
    error: int,
) -> None:
    assert error_of(shared_bench(auth), token, header, fmt)[0] == error


def test_the_texts_of_refusals(bench: Bench) -> None:
    assert error_of(bench, None, None) == (401, "Token required")
    assert error_of(bench, "another-token", None) == (403, "No access")


def test_the_header_alone_makes_the_body_token_unimportant(open_bench: OpenBench) -> None:
    answer = open_bench(auth="bearer").post(CREATE, {**DATABASE, "token": 5}, headers={"Authorization": RIGHT})
    assert answer.json()["error"] == 0


def test_a_wrong_token_does_not_learn_what_exists(bench: Bench) -> None:
    task_id = bench.create()
    for body in ({"task_id": task_id}, {"task_id": "task_0"}, {}):
        assert bench.post(STATUS, {**body, "token": "another-token"}).json()["error"] == 403


@pytest.mark.parametrize(
    ("auth", "query", "header", "status"),
    [
        ("any", [TOKEN], None, 200),
        ("any", [], RIGHT, 200),
        ("any", [TOKEN], RIGHT, 200),
        ("any", [], None, 401),
        ("any", [""], None, 401),
        ("any", ["another-token"], None, 403),
        ("any", [TOKEN, "another-token"], None, 403),
        ("any", ["another-token"], RIGHT, 403),
        ("any", [TOKEN], WRONG, 403),
        ("body", [TOKEN], None, 200),
        ("body", [], RIGHT, 401),
        ("bearer", [], RIGHT, 200),
        ("bearer", [TOKEN], None, 401),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_step_3(
    shared_bench: Callable[[str], Bench],
    *,
    method: str,
    auth: str,
    query: list[str],
    header: str | None,
    status: int,
) -> None:
    bench = shared_bench(auth)
    both = {"Authorization": RIGHT}
    task_id = bench.post(CREATE, {**DATABASE, "token": TOKEN}, headers=both).json()["data"]["task_id"]
    found = bench.post(STATUS, {"task_id": task_id, "token": TOKEN}, headers=both).json()
    (url,) = found["data"]["result"]["urls"]
    headers = {} if header is None else {"Authorization": header}
    answer = bench.request(method, url, params={"token": query}, headers=headers)
    assert answer.status_code == status
    if status != 200:
        assert ("www-authenticate" in answer.headers) == (status == 401)
        assert not answer.content or answer.json()["error"] == status
