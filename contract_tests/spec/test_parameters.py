"""Parameters are what the API document's tables say: type, required or not, default."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.verification import contract
from scripts.verification.contract import CREATE, DOWNLOAD, DOWNLOAD_SHORT, JSON, STATUS, XML

CONTRACT = contract.load()
SCHEMAS = CONTRACT["components"]["schemas"]

TABLES = {
    CREATE: {
        "token": ("string", True),
        "source_type": ("string", True),
        "source_id": ("integer", True),
        "file_format": ("string", False),
        "custom_request": ("object", False),
    },
    STATUS: {"token": ("string", True), "task_id": ("string", True)},
}
SAMPLES: dict[str, Any] = {"string": "a text", "integer": 1, "object": {"occupation": "doctor"}}


def request_schema(path: str, media_type: str = JSON) -> dict[str, Any]:
    return contract.follow(CONTRACT, contract.content(CONTRACT, path, "request")[media_type]["schema"])


@pytest.mark.parametrize("path", TABLES)
def test_request_has_exactly_the_documented_parameters(path: str) -> None:
    schema = request_schema(path)
    assert list(schema["properties"]) == list(TABLES[path])
    assert schema["required"] == [name for name, (_, required) in TABLES[path].items() if required]
    assert request_schema(path, XML) is schema


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [(path, name, kind) for path, table in TABLES.items() for name, (kind, _) in table.items()],
)
def test_parameter_has_the_documented_type(path: str, name: str, kind: str) -> None:
    schema = contract.validator(CONTRACT, request_schema(path)["properties"][name])
    sample = "database" if name == "source_type" else SAMPLES[kind]
    assert schema.is_valid(sample)
    for other in (*(value for known, value in SAMPLES.items() if known != kind), None, [], 1.5, True):
        assert not schema.is_valid(other), f"{name} accepts {other!r}"


def test_source_type_is_database_or_segment() -> None:
    assert SCHEMAS["SourceType"]["enum"] == ["database", "segment"]
    assert not contract.component_validator("SourceType").is_valid("Database")


def test_file_format_is_csv_by_default() -> None:
    assert request_schema(CREATE)["properties"]["file_format"]["default"] == "csv"


def test_custom_request_takes_any_field() -> None:
    schema = contract.component_validator("CustomRequest")
    assert schema.is_valid({"_fname": "Anna", "phones": ["1"], "$or": [{"visits": {"$gt": 3}}, {"email": None}]})
    assert schema.is_valid({})


@pytest.mark.parametrize("missing", ["token", "source_type", "source_id"])
def test_a_request_without_a_required_parameter_does_not_fit(missing: str) -> None:
    request = {"token": "t", "source_type": "database", "source_id": 1}
    schema = contract.component_validator("CreateExportRequest")
    assert schema.is_valid(request)
    assert not schema.is_valid({name: value for name, value in request.items() if name != missing})


@pytest.mark.parametrize("name", ["Token", "TaskId"])
def test_opaque_text_is_not_empty_and_otherwise_free(name: str) -> None:
    schema = contract.component_validator(name)
    assert not schema.is_valid("")
    for text in ("x", "task_b2f9fk6a-2479-4a63-b592-f15d4e3b69c5", "ecd371a8-2229-48bb-bc3e-de7d39cd3051", "é ä"):
        assert schema.is_valid(text)


def test_answer_has_the_documented_members() -> None:
    assert SCHEMAS["CreatedTask"]["required"] == ["task_id"]
    assert list(SCHEMAS["TaskState"]["properties"]) == ["status", "progress", "result"]
    assert set(SCHEMAS["TaskResult"]["properties"]) == {"errors", "source_id", "total", "type", "urls"}
    for name in ("CreateExportSuccess", "TaskStatusSuccess"):
        assert SCHEMAS[name]["required"] == ["data", "error", "error_text"]


@pytest.mark.parametrize("path", [DOWNLOAD, DOWNLOAD_SHORT])
def test_download_takes_its_path_and_nothing_else(path: str) -> None:
    parameters = [contract.follow(CONTRACT, one) for one in CONTRACT["paths"][path]["get"]["parameters"]]
    assert [(one["name"], one["in"], one["required"]) for one in parameters] == [
        ("file_id", "path", True),
        ("file_name", "path", True),
    ]
    assert "requestBody" not in CONTRACT["paths"][path]["get"]


def test_request_id_is_an_optional_header_of_create_only() -> None:
    (request_id,) = CONTRACT["paths"][CREATE]["post"]["parameters"]
    header = contract.follow(CONTRACT, request_id)
    assert (header["name"], header["in"], header["required"]) == ("Request-ID", "header", False)
    assert "parameters" not in CONTRACT["paths"][STATUS]["post"]


def test_download_answers_with_a_csv_file() -> None:
    for path in (DOWNLOAD, DOWNLOAD_SHORT):
        answer = contract.follow(CONTRACT, CONTRACT["paths"][path]["get"]["responses"]["200"])
        assert next(iter(answer["content"])) == "text/csv"
        assert answer["content"]["text/csv"]["schema"] == {"type": "string", "format": "binary"}
