"""openapi.yaml with what only a test of one known panel may say: which token, sources, and words are the right ones.

The contract itself stays simple and open. The overlay adds, in code:
- the token as a one-value enum, and as an explicit parameter of the downloads, so that a wrong or missing one is
  invalid data that schemathesis makes by itself; or, for panels that take it so, the bearer header in their place;
- the sources, file formats, and filters that the panel has, so that valid data means data that must be accepted;
- the conditional rules that the descriptions state in words: a finished task has progress 100 and a whole result, an
  error carries no data, and a repeated answer is marked by `true`;
- the way from a finished task to its file, which OpenAPI links can't split into path parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from scripts.verification import contract, xml
from scripts.verification.contract import CREATE, DOWNLOAD, DOWNLOAD_SHORT, STATUS

Credential = Literal["body", "bearer"]

TOKEN = "verification-token-placeholder"  # noqa: S105 - it stands for one
"""What the testing tools know of the token. Tests give it to their panels; before a live one, the true token is put in
its place, below the tools (`credentials.py`)."""

BEARER = f"Bearer {TOKEN}"

SOURCES = {"database": [1, 2], "segment": [1, 7, 9]}
FINAL_WORDS = ["completed", "success"]


def overlay(
    *, any_filter: bool = False, credential: Credential = "body", sources: Mapping[str, list[int]] = SOURCES
) -> dict[str, Any]:
    """The contract as one known panel has to keep it; without arguments, the sandbox.

    With `any_filter`, `custom_request` and `file_format` stay as free as in the contract: nobody can say then which
    data is valid on this panel, but everything has to be answered properly.
    """
    document = contract.load()
    schemas = document["components"]["schemas"]
    if credential == "body":
        _know_the_token(document)
    else:
        _know_the_bearer(document)
    document["x-sources"] = {kind: list(ids) for kind, ids in sources.items()}
    # Ids that every type has, where there are any: more would need a condition that generators of data don't follow.
    everywhere = set.intersection(*map(set, sources.values())) or set().union(*sources.values())
    schemas["CreateExportRequest"]["properties"]["source_id"]["enum"] = sorted(everywhere)
    if any_filter:
        names = ("occupation", "visits", "phones", "$or", "$and")
        schemas["CustomRequest"]["properties"] = {name: {} for name in names}
    else:
        _know_the_filters(schemas)
    _say_the_conditions(document["components"])
    _link_to_the_files(document, {"query.token": TOKEN} if credential == "body" else {"header.Authorization": BEARER})
    return document


def request_schema(document: dict[str, Any], path: str) -> dict[str, Any]:
    """The schema of a request that the panel must accept, with the sources of each type kept apart."""
    schema: dict[str, Any] = contract.content(document, path, "request")["application/json"]["schema"]
    if path != CREATE:
        return schema
    known = [
        {"properties": {"source_type": {"const": kind}, "source_id": {"enum": ids}}}
        for kind, ids in document.get("x-sources", SOURCES).items()
    ]
    return {"allOf": [schema, {"anyOf": known}]}


def _know_the_token(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["Token"]["enum"] = [TOKEN]
    for path in (CREATE, STATUS):
        operation = document["paths"][path]["post"]
        # The bearer header is one way of two, and schemathesis would draw one at random beside the body's token.
        # The scripted traffic covers it, each kind of wrong header included.
        del operation["security"]
        for media in contract.content(document, path, "request").values():
            for example in media["examples"].values():
                example["value"] = {**_as_value(example["value"], path), "token": TOKEN}
    for path in (DOWNLOAD, DOWNLOAD_SHORT):
        operation = document["paths"][path]["get"]
        del operation["security"]
        operation["parameters"].append(
            {"name": "token", "in": "query", "required": True, "schema": {"$ref": "#/components/schemas/Token"}}
        )


def _know_the_bearer(document: dict[str, Any]) -> None:
    header = {"name": "Authorization", "in": "header", "required": True, "schema": {"type": "string", "enum": [BEARER]}}
    for path, _, operation in contract.operations(document):
        del operation["security"]
        operation.setdefault("parameters", []).append(header)
        if path in (CREATE, STATUS):
            for media in contract.content(document, path, "request").values():
                for example in media["examples"].values():
                    example["value"] = _as_value(example["value"], path)
                    del example["value"]["token"]
    for name in ("CreateExportRequest", "TaskStatusRequest"):
        schema = document["components"]["schemas"][name]
        schema["required"].remove("token")
        del schema["properties"]["token"]
    create = document["paths"][CREATE]["post"]["responses"]["200"]["links"]["status"]
    del create["requestBody"]["token"]
    create["parameters"] = {"header.Authorization": BEARER}


def _as_value(example: Any, path: str) -> dict[str, Any]:
    # schemathesis drops an XML example that is text without a word; from a value it writes the XML itself. The
    # scripted traffic sends the text.
    value: dict[str, Any] = xml.decode(example.encode(), path, "request") if isinstance(example, str) else example
    return value


def _know_the_filters(schemas: dict[str, Any]) -> None:
    schemas["FileFormat"] = {"type": "string", "enum": ["csv", "json"]}
    # Text fields only: in XML a number field refuses text, which JSON accepts as a value that nobody has.
    schemas["CustomRequest"] = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("occupation", "email", "_city", "_fname")},
        "additionalProperties": False,
    }


def _say_the_conditions(components: dict[str, Any]) -> None:
    schemas = components["schemas"]
    schemas["ErrorAnswer"]["properties"]["data"]["enum"] = [None, {}, [], ""]
    schemas["TaskState"]["allOf"] = [
        {
            "if": {"properties": {"status": {"enum": FINAL_WORDS}}},
            "then": {
                "required": ["result"],
                "properties": {
                    "progress": {"const": 100},
                    "result": {
                        "type": "object",
                        "required": ["source_id", "total", "type", "urls"],
                        "properties": {
                            "type": {"$ref": "#/components/schemas/SourceType"},
                            "urls": {"type": "array", "minItems": 1},
                        },
                    },
                },
            },
        },
    ]
    components["headers"]["DuplicateRequest"]["schema"]["enum"] = ["true"]


def _link_to_the_files(document: dict[str, Any], credential: dict[str, str]) -> None:
    """Links from a finished task to its first file, under the path shape that the panel's links have."""
    first = "$response.body#/data/result/urls/0#regex:"
    targets = {
        "download_file": "^/api/download/data/",
        "download_file_short_path": "^/api/download/(?!data/)",
    }
    document["paths"][STATUS]["post"]["responses"]["200"]["links"] = {
        operation: {
            "operationId": operation,
            "parameters": {
                "path.file_id": f"{first}{prefix}([^/]+)/[^/]+$",
                "path.file_name": f"{first}{prefix}[^/]+/([^/]+)$",
                **credential,
            },
        }
        for operation, prefix in targets.items()
    }
