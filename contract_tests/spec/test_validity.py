"""openapi.yaml is OpenAPI 3.1.0, and built the way that its readers (generator, panel, people) rely on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from scripts.verification import contract
from scripts.verification.contract import CREATE, DOWNLOAD, DOWNLOAD_SHORT, JSON, STATUS, XML

CONTRACT = contract.load()


def media_type_lists() -> Iterator[list[str]]:
    def walk(node: Any) -> Iterator[list[str]]:
        if isinstance(node, dict):
            if isinstance(node.get("content"), dict):
                yield list(node["content"])
            for child in node.values():
                yield from walk(child)

    return walk(CONTRACT)


def test_is_valid_openapi_3_1() -> None:
    assert CONTRACT["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(CONTRACT).iter_errors()) == []


def test_the_validator_finds_a_mistake() -> None:
    broken = contract.load()
    del broken["paths"][CREATE]["post"]["responses"]
    broken["paths"][DOWNLOAD]["get"]["parameters"][0] = {"name": "file_id", "in": "nowhere"}
    assert len(list(OpenAPIV31SpecValidator(broken).iter_errors())) >= 1


@pytest.mark.parametrize("name", sorted(CONTRACT["components"]["schemas"]))
def test_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(CONTRACT["components"]["schemas"][name])


def test_every_reference_leads_somewhere() -> None:
    def walk(node: Any) -> Iterator[dict[str, Any]]:
        if isinstance(node, dict):
            if "$ref" in node:
                yield node
            for child in node.values():
                yield from walk(child)
        elif isinstance(node, list):
            for child in node:
                yield from walk(child)

    references = list(walk(CONTRACT))
    assert references
    for reference in references:
        assert isinstance(contract.follow(CONTRACT, reference), dict)


def test_has_the_three_operations_the_download_under_both_its_paths() -> None:
    found = {(path, method): operation["operationId"] for path, method, operation in contract.operations(CONTRACT)}
    assert found == {
        (CREATE, "post"): "create_export",
        (STATUS, "post"): "get_task_status",
        (DOWNLOAD, "get"): "download_file",
        (DOWNLOAD_SHORT, "get"): "download_file_short_path",
    }


def test_both_download_paths_are_one_operation() -> None:
    long, short = (CONTRACT["paths"][path]["get"] for path in (DOWNLOAD, DOWNLOAD_SHORT))
    for part in ("tags", "security", "parameters", "responses"):
        assert long[part] == short[part]


def test_the_download_link_of_the_api_document_fits_the_short_path() -> None:
    link = (
        "https://example.com/api/download/6b248de2-33b9-4715-9720-5f7e23f4a296/1_database_export.csv"
        "?token=abcdefghijklmnqrstuvwxyz"
    )
    path = DOWNLOAD_SHORT.format(file_id="6b248de2-33b9-4715-9720-5f7e23f4a296", file_name="1_database_export.csv")
    scheme = CONTRACT["components"]["securitySchemes"]["tokenQuery"]
    assert link == f"{CONTRACT['servers'][0]['url']}{path}?{scheme['name']}=abcdefghijklmnqrstuvwxyz"


def test_json_comes_before_xml_everywhere() -> None:
    lists = list(media_type_lists())
    both = [names for names in lists if JSON in names and XML in names]
    assert len(both) == 5  # two requests, two answers, the shared refusal
    for names in both:
        assert names == [JSON, XML]


def test_xml_is_never_called_text_xml() -> None:
    assert not [names for names in media_type_lists() if "text/xml" in names]


@pytest.mark.parametrize(
    "name", ["CreateExportRequest", "TaskStatusRequest", "CreateExportAnswer", "TaskStatusAnswer", "ErrorAnswer"]
)
def test_the_xml_root_is_named_xml(name: str) -> None:
    assert CONTRACT["components"]["schemas"][name]["xml"] == {"name": "xml"}


def test_links_are_an_array_without_wrapper_in_xml() -> None:
    assert CONTRACT["components"]["schemas"]["FileLinks"]["xml"] == {"wrapped": False}


def test_create_links_to_status() -> None:
    link = CONTRACT["paths"][CREATE]["post"]["responses"]["200"]["links"]["status"]
    assert link["operationId"] == "get_task_status"
    assert link["requestBody"] == {"token": "$request.body#/token", "task_id": "$response.body#/data/task_id"}


def test_refusals_under_every_other_status_are_envelopes() -> None:
    for _, _, operation in contract.operations(CONTRACT):
        refused = contract.follow(CONTRACT, operation["responses"]["default"])["content"]
        assert refused == {
            media_type: {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}} for media_type in (JSON, XML)
        }
