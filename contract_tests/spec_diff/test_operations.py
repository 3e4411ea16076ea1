"""Changes of the true contract, one by one: where the report finds them, and whom they break."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from contract_tests.spec_diff.documents import Edit, edited, told
from scripts.spec_diff import operations
from scripts.spec_diff.document import Document
from scripts.verification import contract
from scripts.verification.contract import CREATE, DOWNLOAD, JSON, STATUS, XML

Root = dict[str, Any]


ERROR_IN_JSON = {JSON: {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}}


def schemas(root: Root) -> Any:
    return root["components"]["schemas"]


def post(root: Root, path: str = CREATE) -> Any:
    return root["paths"][path]["post"]


def answer(root: Root, path: str = CREATE) -> Any:
    return post(root, path)["responses"]["200"]


def rename_path_parameter(root: Root) -> None:
    item = root["paths"].pop(DOWNLOAD)
    root["paths"][DOWNLOAD.replace("file_id", "id")] = item
    item["get"]["parameters"][0] = {**root["components"]["parameters"]["FileId"], "name": "id"}


EDITS: dict[str, tuple[Edit, list[str]]] = {
    "an operation goes": (
        lambda root: root["paths"].pop(STATUS),
        [
            f"BREAKS POST {CREATE} answer changed 200 link status: target POST {STATUS} became get_task_status",
            f"BREAKS POST {STATUS} operation removed : the operation is gone",
        ],
    ),
    "a field of the filter gets a type": (
        lambda root: schemas(root)["CustomRequest"].update(properties={"occupation": {"type": "integer"}}),
        [
            (
                f"BREAKS POST {CREATE} request added body custom_request.occupation: "
                "the optional member is new, and may no longer be anything"
            )
        ],
    ),
    "an operation comes": (
        lambda root: root["paths"].update({"/new": {"get": {"responses": {}}}}),
        ["GET /new operation added : the operation is new"],
    ),
    "the function is renamed": (
        lambda root: root["paths"][DOWNLOAD]["get"].update(operationId="fetch"),
        [
            (
                f'BREAKS GET {DOWNLOAD} operation changed : operationId "download_file" became "fetch": '
                "the generated function has another name"
            )
        ],
    ),
    "the operation is deprecated": (
        lambda root: post(root).update(deprecated=True),
        [f"POST {CREATE} operation changed : the operation is deprecated now"],
    ),
    "a parameter goes": (
        lambda root: post(root).pop("parameters"),
        [f"BREAKS POST {CREATE} request removed header Request-ID: the parameter is gone"],
    ),
    "a parameter is required": (
        lambda root: root["components"]["parameters"]["RequestId"].update(required=True),
        [f"BREAKS POST {CREATE} request changed header Request-ID: it is required now"],
    ),
    "a header changes its case": (
        lambda root: root["components"]["parameters"]["RequestId"].update(name="request-id"),
        [],
    ),
    "an optional parameter comes": (
        lambda root: post(root)["parameters"].append({"name": "lang", "in": "query"}),
        [f"POST {CREATE} request added query lang: the optional parameter is new"],
    ),
    "a required parameter comes for all operations of a path": (
        lambda root: root["paths"][CREATE].update(parameters=[{"name": "lang", "in": "query", "required": True}]),
        [f"BREAKS POST {CREATE} request added query lang: the required parameter is new"],
    ),
    "a parameter's values": (
        lambda root: root["components"]["parameters"]["RequestId"]["schema"].update(maxLength=36),
        [f"BREAKS POST {CREATE} request added header Request-ID: maxLength 36 is new"],
    ),
    "a parameter's writing": (
        lambda root: root["components"]["parameters"]["RequestId"].update(explode=True),
        [f"BREAKS POST {CREATE} request changed header Request-ID: it is written as simple, exploded, not as simple"],
    ),
    "a path parameter's name": (
        rename_path_parameter,
        [
            (
                f"BREAKS GET {DOWNLOAD.replace('file_id', 'id')} request changed path id: it was called file_id: "
                "the generated function's argument has another name"
            )
        ],
    ),
    "a body that may be left out": (
        lambda root: post(root)["requestBody"].update(required=False),
        [f"POST {CREATE} request changed body: it is optional now"],
    ),
    "a body that goes": (
        lambda root: post(root).pop("requestBody"),
        [f"BREAKS POST {CREATE} request removed body: the body is gone"],
    ),
    "a content type of requests goes": (
        lambda root: post(root)["requestBody"]["content"].pop(XML),
        [f"BREAKS POST {CREATE} request removed body: {XML} is gone"],
    ),
    "a content type of answers comes": (
        lambda root: answer(root)["content"].update({"text/plain": {}}),
        [f"POST {CREATE} answer added 200: text/plain is new"],
    ),
    "a content type of answers goes": (
        lambda root: answer(root)["content"].pop(JSON),
        [f"BREAKS POST {CREATE} answer removed 200: {JSON} is gone"],
    ),
    "a success goes": (
        lambda root: post(root)["responses"].update({"201": post(root)["responses"].pop("200")}),
        [
            f"BREAKS POST {CREATE} answer removed 200: the status is gone",
            f"BREAKS POST {CREATE} answer added 201: the status is new",
            f"BREAKS POST {CREATE} answer removed 200 link status: it is gone",
            f"POST {CREATE} answer added 201 link status: it is new",
        ],
    ),
    "an error gets an entry of its own that says the same": (
        lambda root: post(root)["responses"].update({"404": {"$ref": "#/components/responses/Refused"}}),
        [f"POST {CREATE} answer added 404: the status is new"],
    ),
    "an error gets an entry of its own that says otherwise": (
        lambda root: post(root)["responses"].update({"4XX": {"description": "", "content": ERROR_IN_JSON}}),
        [
            f"POST {CREATE} answer added 4XX: the status is new",
            f"BREAKS POST {CREATE} answer removed 4XX: {XML} is gone",
        ],
    ),
    "a part of a file comes only when it is asked for": (
        lambda root: post(root)["responses"].update({"206": {"description": ""}}),
        [f"POST {CREATE} answer added 206: the status is new"],
    ),
    "a header of answers goes": (
        lambda root: answer(root).pop("headers"),
        [f"BREAKS POST {CREATE} answer removed 200 header Duplicate-Request: the header is gone"],
    ),
    "a header of answers is always there": (
        lambda root: root["components"]["headers"]["DuplicateRequest"].update(required=True),
        [f"POST {CREATE} answer changed 200 header Duplicate-Request: it is always there now"],
    ),
    "a link goes": (
        lambda root: answer(root).pop("links"),
        [f"BREAKS POST {CREATE} answer removed 200 link status: it is gone"],
    ),
    "a link leads elsewhere": (
        lambda root: answer(root)["links"]["status"].update(operationId="download_file"),
        [f"BREAKS POST {CREATE} answer changed 200 link status: target POST {STATUS} became GET {DOWNLOAD}"],
    ),
    "an anonymous way is closed": (
        lambda root: post(root)["security"].remove({}),
        [f"BREAKS POST {CREATE} request removed security: no credential is no longer enough"],
    ),
    "a way in is opened": (
        lambda root: root["paths"][DOWNLOAD]["get"]["security"].append({}),
        [f"GET {DOWNLOAD} request added security: no credential is enough now"],
    ),
    "a server goes": (
        lambda root: root["servers"][0].update(url="https://example.org"),
        [
            "BREAKS all operations request removed servers: https://example.com is gone",
            "all operations request added servers: https://example.org is new",
        ],
    ),
    "the name of an XML root": (
        lambda root: schemas(root)["TaskStatusRequest"]["xml"].update(name="request"),
        [f"BREAKS POST {STATUS} request changed body: the XML element <xml> became <request>"],
    ),
    "lists are wrapped in XML": (
        lambda root: schemas(root)["FileLinks"]["xml"].update(wrapped=True),
        [
            (
                f"BREAKS POST {STATUS} answer changed 200 data.result.urls: "
                "the XML element <urls> became <urls> (wrapped True)"
            )
        ],
    ),
    "a default": (
        lambda root: schemas(root)["CreateExportRequest"]["properties"]["file_format"].update(default="json"),
        [f'BREAKS POST {CREATE} request changed body file_format: the default "csv" became "json"'],
    ),
    "a word of an open set": (
        lambda root: schemas(root)["FileFormat"]["anyOf"][0]["enum"].append("parquet"),
        [f'POST {CREATE} request added body file_format: the known word "parquet" is new'],
    ),
    "a word of a closed set that answers keep open": (
        lambda root: schemas(root)["SourceType"]["enum"].append("list"),
        [
            f'POST {CREATE} request added body source_type: the value "list" is new',
            f'POST {STATUS} answer added 200 data.result.type: the known word "list" is new',
        ],
    ),
    "null behind alternatives and references": (
        lambda root: schemas(root)["TaskState"]["properties"]["result"]["oneOf"].pop(),
        [f"POST {STATUS} answer changed 200 data.result: null is no longer allowed"],
    ),
    "examples and words": (
        lambda root: (answer(root)["content"][JSON].pop("examples"), post(root).update(summary="x", description="y")),
        [],
    ),
    "names of components": (
        lambda root: (
            schemas(root).update(Identifier=schemas(root)["TaskId"]),
            schemas(root)["CreatedTask"]["properties"]["task_id"].update({"$ref": "#/components/schemas/Identifier"}),
        ),
        [],
    ),
    "the name of a security scheme": (
        lambda root: (
            root["components"]["securitySchemes"].update(
                header=root["components"]["securitySchemes"].pop("bearerToken")
            ),
            [post(root, path).update(security=[{}, {"header": []}]) for path in (CREATE, STATUS)],
            [
                item["get"].update(security=[{"tokenQuery": []}, {"header": []}])
                for item in root["paths"].values()
                if "get" in item
            ],
        ),
        [],
    ),
}


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_is_told_where_it_is_and_nowhere_else(what: str) -> None:
    edit, expected = EDITS[what]
    assert sorted(told(edited(edit))) == sorted(expected)


def test_the_contract_does_not_differ_from_itself() -> None:
    root = contract.load()
    assert operations.compare(Document("a", root), Document("b", copy.deepcopy(root))) == []


def test_what_holds_for_both_formats_is_said_once() -> None:
    [change] = edited(lambda root: schemas(root)["CreatedTask"].update(required=[]))
    assert change.media == (JSON, XML)
    [change] = edited(lambda root: schemas(root)["CreateExportRequest"]["xml"].update(name="other"))
    assert change.media == (XML,)


def scopes(*ways: dict[str, list[str]]) -> Document:
    scheme = {"type": "oauth2", "flows": {}}
    operation = {"security": list(ways), "responses": {}}
    root = {"paths": {"/": {"get": operation}}, "components": {"securitySchemes": {"a": scheme, "b": {"type": "http"}}}}
    return Document("contract", root)


@pytest.mark.parametrize(
    ("base", "head", "breaks"),
    [
        ([{"a": ["read"]}], [{"a": []}], False),
        ([{"a": ["read"]}], [{"a": ["read", "write"]}], True),
        ([{"a": [], "b": []}], [{"a": []}], False),
        ([{"a": []}], [{"a": [], "b": []}], True),
        ([{"a": []}, {"b": []}], [{"a": []}], True),
        ([{"a": []}], [], False),
    ],
)
def test_a_way_in_breaks_when_no_way_is_left_that_asks_no_more(base: Any, head: Any, breaks: bool) -> None:
    found = operations.compare(scopes(*base), scopes(*head))
    assert found
    assert any(change.breaks for change in found) is breaks
