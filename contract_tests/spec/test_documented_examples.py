"""Every example of the API document stands in openapi.yaml, unchanged, and every example there fits its schema.

The files in `documented/` are the API document's own examples, byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from scripts.verification import contract, xml
from scripts.verification.contract import CREATE, JSON, STATUS, XML, Side

CONTRACT = contract.load()
DOCUMENTED = Path(__file__).parent / "documented"
OPERATIONS = {"create_export": CREATE, "get_task_status": STATUS}


class Example(NamedTuple):
    path: str
    side: Side
    media_type: str
    name: str

    def value(self) -> Any:
        media = contract.content(CONTRACT, self.path, self.side)[self.media_type]
        return media["examples"][self.name]["value"]

    def decoded(self) -> Any:
        value = self.value()
        return xml.decode(value.encode(), self.path, self.side) if self.media_type == XML else value

    def schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = contract.content(CONTRACT, self.path, self.side)[self.media_type]["schema"]
        return schema

    def __str__(self) -> str:
        return f"{OPERATIONS_BY_PATH[self.path]}-{self.side}-{self.media_type.rpartition('/')[2]}-{self.name}"


OPERATIONS_BY_PATH = {path: name for name, path in OPERATIONS.items()}


def examples() -> Iterator[Example]:
    sides: tuple[Side, Side] = ("request", "answer")
    for path in OPERATIONS.values():
        for side in sides:
            for media_type, media in contract.content(CONTRACT, path, side).items():
                for name in media["examples"]:
                    yield Example(path, side, media_type, name)


EXAMPLES = list(examples())


@pytest.mark.parametrize("side", ["request", "answer"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_documented_json_example_stands_in_the_contract(operation: str, side: Side) -> None:
    documented = json.loads((DOCUMENTED / f"{operation}_{side}.json").read_text(encoding="utf-8"))
    example = Example(OPERATIONS[operation], side, JSON, "documented")
    # As text, so that 0 isn't taken for false and no member changes its place.
    assert json.dumps(example.value()) == json.dumps(documented)


@pytest.mark.parametrize("side", ["request", "answer"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_documented_xml_example_stands_in_the_contract(operation: str, side: Side) -> None:
    documented = (DOCUMENTED / f"{operation}_{side}.xml").read_text(encoding="utf-8")
    assert Example(OPERATIONS[operation], side, XML, "documented").value() == documented


def test_the_examples_of_the_parameter_tables_stand_in_the_contract() -> None:
    filtered = Example(CREATE, "request", JSON, "filtered").value()
    assert filtered["custom_request"] == {"occupation": "doctor"}
    assert filtered["source_type"] == "segment"
    by_parameter = Example(STATUS, "request", JSON, "documented_parameter").value()
    assert by_parameter["task_id"] == "task_b2f9fk6a-2479-4a63-b592-f15d4e3b69c5"


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_example_fits_its_schema(example: Example) -> None:
    errors = contract.validator(CONTRACT, example.schema()).iter_errors(example.decoded())
    assert [error.message for error in errors] == []


@pytest.mark.parametrize("example", [one for one in EXAMPLES if one.media_type == XML], ids=str)
def test_xml_example_says_the_same_as_the_json_example(example: Example) -> None:
    assert example.decoded() == example._replace(media_type=JSON).value()


@pytest.mark.parametrize("example", [one for one in EXAMPLES if one.side == "answer"], ids=str)
def test_a_damaged_answer_does_not_fit(example: Example) -> None:
    damaged = {**example.decoded(), "error": "0"}
    assert not contract.validator(CONTRACT, example.schema()).is_valid(damaged)


def test_the_reference_examples_show_every_kind_of_answer() -> None:
    shown = {(str(one.path), one.media_type, one.name) for one in EXAMPLES if one.side == "answer"}
    for media_type in (JSON, XML):
        assert {(CREATE, media_type, "refused"), (STATUS, media_type, "documented")} <= shown
    assert {(STATUS, JSON, "running"), (STATUS, JSON, "older_copy")} <= shown
