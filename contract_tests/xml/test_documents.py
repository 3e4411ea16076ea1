"""The examples of the API document and of openapi.yaml, read and written byte for byte."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from profile_export import _xml
from profile_export_api.xml_shapes import SHAPES
from scripts.verification import contract
from scripts.verification.contract import CREATE, JSON, STATUS, XML, Side

CONTRACT = contract.load()


class Example(NamedTuple):
    path: str
    side: Side
    name: str

    @property
    def shape(self) -> _xml.Shape:
        return SHAPES[self.path][self.side]

    @property
    def xml(self) -> bytes:
        """The document itself; the line break at its end belongs to the YAML block that holds it."""
        text: str = self._value(XML)
        return text.removesuffix("\n").encode()

    @property
    def json(self) -> Any:
        return self._value(JSON)

    def _value(self, media_type: str) -> Any:
        return contract.content(CONTRACT, self.path, self.side)[media_type]["examples"][self.name]["value"]


SIDES: tuple[Side, ...] = ("request", "answer")
EXAMPLES = [
    Example(path, side, name)
    for path in (CREATE, STATUS)
    for side in SIDES
    for name in contract.content(CONTRACT, path, side)[XML]["examples"]
]
DOCUMENTED = [example for example in EXAMPLES if example.name == "documented"]


def test_every_operation_has_a_documented_example_on_both_sides() -> None:
    assert {(example.path, example.side) for example in DOCUMENTED} == {
        (path, side) for path in (CREATE, STATUS) for side in SIDES
    }


@pytest.mark.parametrize("example", EXAMPLES, ids=" ".join)
def test_xml_examples_decode_to_their_json_twins(example: Example) -> None:
    assert _xml.decode(example.xml, example.shape) == example.json


@pytest.mark.parametrize("example", [one for one in DOCUMENTED if one.side == "request"], ids=" ".join)
def test_requests_are_written_byte_for_byte_as_documented(example: Example) -> None:
    assert _xml.encode(example.json, example.shape) == example.xml


@pytest.mark.parametrize("example", DOCUMENTED, ids=" ".join)
def test_documented_bytes_survive_reading_and_writing(example: Example) -> None:
    assert _xml.encode(_xml.decode(example.xml, example.shape), example.shape) == example.xml


@pytest.mark.parametrize("example", [one for one in EXAMPLES if one.side == "request"], ids=" ".join)
def test_request_examples_differ_from_what_is_written_in_line_breaks_at_most(example: Example) -> None:
    written = _xml.encode(example.json, example.shape)
    assert written.replace(b"\n", b"") == example.xml.replace(b"\n", b"")


def test_nested_elements_stand_one_a_line_as_in_the_documented_answers() -> None:
    value = {"custom_request": {"occupation": "doctor", "_city": ["Bonn", "Köln"]}, "source_id": 1}
    assert (
        _xml.encode(value, SHAPES[CREATE]["request"]).decode()
        == """<xml>
<custom_request>
<occupation>doctor</occupation>
<_city>Bonn</_city>
<_city>Köln</_city>
</custom_request>
<source_id>1</source_id>
</xml>"""
    )
