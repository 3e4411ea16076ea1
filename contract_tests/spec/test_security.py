"""The two ways to authenticate are described as they are: documented body and query token, or the bearer header."""

from __future__ import annotations

import pytest

from scripts.verification import contract
from scripts.verification.contract import CREATE, DOWNLOAD, DOWNLOAD_SHORT, STATUS

CONTRACT = contract.load()
SCHEMES = CONTRACT["components"]["securitySchemes"]


def test_there_are_two_schemes() -> None:
    assert list(SCHEMES) == ["tokenQuery", "bearerToken"]
    query, bearer = SCHEMES["tokenQuery"], SCHEMES["bearerToken"]
    assert (query["type"], query["in"], query["name"]) == ("apiKey", "query", "token")
    assert (bearer["type"], bearer["scheme"]) == ("http", "bearer")


@pytest.mark.parametrize("path", [CREATE, STATUS])
def test_posts_take_the_token_in_the_body_or_the_bearer_header(path: str) -> None:
    operation = CONTRACT["paths"][path]["post"]
    # OpenAPI has no scheme for a body member: the empty requirement stands for the required member `token`.
    assert operation["security"] == [{}, {"bearerToken": []}]
    schema = contract.follow(CONTRACT, contract.content(CONTRACT, path, "request")["application/json"]["schema"])
    assert "token" in schema["required"]


@pytest.mark.parametrize("path", [DOWNLOAD, DOWNLOAD_SHORT])
def test_downloads_take_the_token_in_the_query_or_the_bearer_header(path: str) -> None:
    assert CONTRACT["paths"][path]["get"]["security"] == [{"tokenQuery": []}, {"bearerToken": []}]


def test_no_operation_accepts_both_ways_at_once() -> None:
    for _, _, operation in contract.operations(CONTRACT):
        for requirement in operation["security"]:
            assert len(requirement) <= 1
