"""The access log says what happened, and never shows the token."""

from __future__ import annotations

import logging
import re

import pytest

from contract_tests.sandbox.bench import CREATE, TOKEN, Bench
from contract_tests.sandbox.conftest import OpenBench

ACCESS = "profile_export.sandbox.access"


def access_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == ACCESS]


def test_one_line_a_request_without_the_query(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="profile_export"):
        bench.create()
        bench.get("/nothing")
        bench.request("PUT", "/docs")
    shapes = [re.sub(r" \d+\.\d ms$", " ms", line) for line in access_lines(caplog)]
    assert shapes == [f"POST {CREATE} 200 ms", "GET /nothing 404 ms", "PUT /docs 405 ms"]


def test_a_path_cannot_forge_lines_or_show_the_token(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="profile_export"):
        bench.request("GET", "/a%0aGET / 200")
        bench.request("GET", f"/x/{TOKEN}/y{TOKEN}z")
    first, second = access_lines(caplog)
    assert first.startswith("GET /a%0AGET%20/%20200 404")
    assert second.startswith("GET /x/***/y***z 404")


def test_a_short_token_hides_only_where_it_stands_alone(
    open_bench: OpenBench, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger=ACCESS):
        open_bench(token="api").request("GET", "/api/apis")
    assert access_lines(caplog)[0].startswith("GET /***/apis 404")


def test_no_log_line_of_a_whole_export_shows_the_token(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="profile_export"):
        bench.export()
        bench.post(CREATE, {"token": TOKEN + "x"})
        bench.request("GET", "/", headers={"Authorization": f"Bearer {TOKEN}"})
    assert access_lines(caplog)
    assert TOKEN not in "".join(record.getMessage() for record in caplog.records if record.name.startswith("profile"))
