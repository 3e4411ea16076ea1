"""Nothing that is assumed, or said elsewhere only, is described as if the API document said it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from scripts.verification import contract
from scripts.verification.contract import CREATE, DOWNLOAD, STATUS

CONTRACT = contract.load()
COMPONENTS = CONTRACT["components"]
SCHEMAS = COMPONENTS["schemas"]


def text_of(*path: str) -> str:
    node: Any = CONTRACT
    for step in path:
        node = node[step]
    return re.sub(r"\s+", " ", str(node))


UNDOCUMENTED: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "Request-ID": (("components", "parameters", "RequestId", "description"), ["elsewhere", "assumed"]),
    "Duplicate-Request": (("components", "headers", "DuplicateRequest", "description"), ["elsewhere"]),
    "bearer": (("components", "securitySchemes", "bearerToken", "description"), ["elsewhere", "not documented"]),
    "progress": (("components", "schemas", "TaskState", "properties", "progress", "description"), ["assumed"]),
    "result": (("components", "schemas", "TaskState", "properties", "result", "description"), ["assumed"]),
    "total": (("components", "schemas", "TaskResult", "properties", "total", "description"), ["assumed"]),
    "urls": (("components", "schemas", "TaskResult", "properties", "urls", "description"), ["assumed"]),
    "errors": (
        ("components", "schemas", "TaskResult", "properties", "errors", "description"),
        ["elsewhere", "unknown"],
    ),
    "status words": (("components", "schemas", "TaskStatusWord", "description"), ["elsewhere", "unknown"]),
    "file_format": (("components", "schemas", "FileFormat", "description"), ["elsewhere", "open"]),
    "custom_request": (("components", "schemas", "CustomRequest", "description"), ["assumed"]),
    "data of an error": (("components", "schemas", "ErrorAnswer", "properties", "data", "description"), ["assumed"]),
    "refusals": (("components", "responses", "Refused", "description"), ["assumed", "elsewhere"]),
    "the file": (("components", "responses", "ExportFile", "description"), ["assumed"]),
    "polling": (("paths", STATUS, "post", "description"), ["assumed"]),
    "downloading": (("paths", DOWNLOAD, "get", "description"), ["assumed"]),
    "answer's format, error codes": (("info", "description"), ["assumed", "elsewhere"]),
}


@pytest.mark.parametrize("subject", UNDOCUMENTED)
def test_the_undocumented_is_marked(subject: str) -> None:
    path, marks = UNDOCUMENTED[subject]
    text = text_of(*path).lower()
    assert [mark for mark in marks if mark not in text] == []


@pytest.mark.parametrize(
    "path",
    [
        ("components", "securitySchemes", "tokenQuery", "description"),
        ("components", "schemas", "TaskResult", "properties", "total", "description"),
        ("components", "schemas", "TaskResult", "properties", "urls", "description"),
        ("components", "schemas", "ErrorText", "description"),
    ],
    ids=lambda path: path[-2],
)
def test_the_documented_is_marked_too(path: tuple[str, ...]) -> None:
    assert "documented" in text_of(*path).lower()


def test_examples_that_the_api_document_does_not_have_say_so() -> None:
    for path in (CREATE, STATUS):
        for side in ("request", "answer"):
            for media in contract.content(CONTRACT, path, side).values():
                for name, example in media["examples"].items():
                    source = "api document" if "document" in name or name == "filtered" else "(assumed|elsewhere)"
                    assert re.search(source if name != "refused" else "assumed", example["summary"].lower()), name


def test_the_words_for_sources_are_explained_at_the_top() -> None:
    head = contract.CONTRACT_FILE.read_text(encoding="utf-8").partition("openapi:")[0]
    for word in ("Documented", "Elsewhere", "Assumed"):
        assert f'"{word}"' in head


def undescribed(node: dict[str, Any], name: str) -> Iterator[str]:
    for member, schema in node.get("properties", {}).items():
        if not contract.follow(CONTRACT, schema).get("description") and not schema.get("description"):
            yield f"{name}.{member}"


def test_every_operation_and_most_members_are_described() -> None:
    for _, _, operation in contract.operations(CONTRACT):
        assert operation["summary"]
        assert operation["description"]
    # Whose meaning is their type: the container and the constant of a success.
    plain = {
        "CreateExportSuccess.data",
        "CreateExportSuccess.error",
        "TaskStatusSuccess.data",
        "TaskStatusSuccess.error",
    }
    missing = {one for name, schema in SCHEMAS.items() for one in undescribed(schema, name)}
    assert missing <= plain
