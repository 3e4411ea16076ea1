"""openapi.yaml as data: loading it, finding its operations and examples, and validating values against its schemas."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parents[2]
CONTRACT_FILE = ROOT / "openapi.yaml"

JSON = "application/json"
XML = "application/xml"

CREATE = "/api/v1.1/profiles/get_all"
STATUS = "/api/v1.1/tasks/status"
DOWNLOAD = "/api/download/data/{file_id}/{file_name}"
DOWNLOAD_SHORT = "/api/download/{file_id}/{file_name}"

Side = Literal["request", "answer"]


@cache
def _read() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(CONTRACT_FILE.read_text(encoding="utf-8"))
    return document


def load() -> dict[str, Any]:
    """The contract, as a copy of its own for every caller."""
    return copy.deepcopy(_read())


def follow(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """What a local reference points to; anything else is returned as it is."""
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method, and definition of every operation."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def content(document: dict[str, Any], path: str, side: Side) -> dict[str, Any]:
    """The media types of a POST operation's request, or of its answer under HTTP 200."""
    operation = document["paths"][path]["post"]
    node = operation["requestBody"] if side == "request" else operation["responses"]["200"]
    found: dict[str, Any] = follow(document, node)["content"]
    return found


def validator(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    """A validator for a schema of the contract, its references resolved within the contract."""
    return Draft202012Validator({"components": document["components"], "allOf": [schema]})


def component_validator(name: str) -> Draft202012Validator:
    """A validator for one of the contract's named schemas."""
    document = _read()
    return validator(document, document["components"]["schemas"][name])
