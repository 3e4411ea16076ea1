"""The derivation of shapes: each keyword's rule, what is refused, and that the generated module is what it gives."""

from __future__ import annotations

import copy
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml

from profile_export._xml import Shape
from profile_export_api import xml_shapes
from scripts import _generate, _shapes
from scripts._shapes import ANY, NULL, ShapeError
from scripts.verification import contract
from scripts.verification.contract import CREATE, DOWNLOAD, DOWNLOAD_SHORT, STATUS, XML

STRING, INTEGER, NUMBER = {"kind": "string"}, {"kind": "integer"}, {"kind": "number"}
Schema = dict[str, Any]


def derived(schema: Schema | bool, schemas: Schema | None = None) -> Any:
    """The shape of member `x` of a request."""
    body = {"type": "object", "xml": {"name": "xml"}, "properties": {"x": schema}}
    shapes = _shapes.derive(document({"request": body}, schemas))
    return shapes["/p"]["request"]["members"]["x"]


def document(bodies: Schema, schemas: Schema | None = None) -> Schema:
    operation: Schema = {"responses": {}}
    for side, schema in bodies.items():
        media = {"content": {XML: {"schema": schema}}}
        if side == "request":
            operation["requestBody"] = media
        else:
            operation["responses"][side] = media
    return {"paths": {"/p": {"parameters": [], "post": operation}}, "components": {"schemas": schemas or {}}}


def an_object(members: Schema, **more: Any) -> Schema:
    return {"kind": "object", "members": members, "others": ANY, **more}


def test_the_generated_module_holds_what_the_contract_gives() -> None:
    assert _shapes.derive(contract.load()) == xml_shapes.SHAPES


def test_the_module_is_the_same_for_the_same_contract_and_runs(tmp_path: Path) -> None:
    source = _shapes.module(contract.load())
    assert source == _shapes.module(contract.load())
    assert "Written by scripts/generate" in source.splitlines()[0]
    (tmp_path / "made.py").write_text(source, encoding="utf-8")
    assert runpy.run_path(str(tmp_path / "made.py"))["SHAPES"] == xml_shapes.SHAPES


def test_the_derivation_leaves_the_contract_alone() -> None:
    document = contract.load()
    before = copy.deepcopy(document)
    _shapes.derive(document)
    assert document == before


def test_the_codec_and_the_module_mean_the_same_by_a_shape() -> None:
    assert Shape.__annotations__.keys() == xml_shapes.Shape.__annotations__.keys()
    assert Shape.__required_keys__ == xml_shapes.Shape.__required_keys__


def test_a_changed_contract_changes_the_shapes() -> None:
    document = contract.load()
    document["components"]["schemas"]["CreatedTask"]["properties"]["size"] = {"type": "integer"}
    data: Any = _shapes.derive(document)[CREATE]["answer"]["members"]["data"]
    assert data["members"]["size"] == INTEGER


def test_a_change_of_xml_alone_makes_the_generated_module_stale(tmp_path: Path) -> None:
    document = contract.load()
    content = document["paths"][STATUS]["post"]["requestBody"]["content"]
    content[XML]["schema"] = {"type": "object", "xml": {"name": "xml"}}
    changed = tmp_path / "openapi.yaml"
    changed.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    assert _generate.check(changed, _generate.TARGET) == ["differs: xml_shapes.py"]


def test_a_contract_without_shapes_is_refused_in_the_words_of_the_derivation(tmp_path: Path) -> None:
    document = contract.load()
    document["components"]["schemas"]["FileLinks"]["xml"]["wrapped"] = True
    changed = tmp_path / "openapi.yaml"
    changed.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    with pytest.raises(_generate.GenerationError, match=r"FileLinks: xml\.wrapped isn't understood"):
        _generate.generate(changed, tmp_path / "client")
    assert not (tmp_path / "client").exists()


def test_success_and_error_are_one_shape() -> None:
    answer: Any = _shapes.derive(contract.load())[STATUS]["answer"]
    assert (answer["kind"], answer["name"]) == ("object", "xml")
    assert answer["members"]["error"] == INTEGER
    data = answer["members"]["data"]
    assert (data["kind"], data["nullable"], data["loose"]) == ("object", True, True)
    assert data["members"]["result"]["nullable"] is True
    assert data["members"]["result"]["members"]["urls"] == {"kind": "array", "items": STRING, "nullable": True}
    assert data["members"]["result"]["members"]["errors"] == {"kind": "array", "items": ANY}


def test_paths_without_a_request_have_only_an_answer() -> None:
    shapes = _shapes.derive(contract.load())
    assert set(shapes) == {CREATE, STATUS, DOWNLOAD, DOWNLOAD_SHORT}
    assert set(shapes[CREATE]) == set(shapes[STATUS]) == {"request", "answer"}
    assert set(shapes[DOWNLOAD]) == set(shapes[DOWNLOAD_SHORT]) == {"answer"}


def test_a_path_without_xml_has_no_shapes() -> None:
    assert _shapes.derive({"paths": {"/p": {"get": {"responses": {"200": {"description": "ok"}}}}}}) == {}


def test_answers_of_several_statuses_are_one_shape() -> None:
    ok = {"type": "object", "xml": {"name": "xml"}, "properties": {"a": {"type": "integer"}, "n": {"type": "integer"}}}
    no = {"type": "object", "xml": {"name": "xml"}, "properties": {"b": {"type": "string"}, "n": {"type": "number"}}}
    shapes = _shapes.derive(document({"200": ok, "default": no}))
    assert shapes == {"/p": {"answer": an_object({"a": INTEGER, "n": NUMBER, "b": STRING}, name="xml")}}


@pytest.mark.parametrize(
    ("schema", "shape"),
    [
        (True, ANY),
        ({}, ANY),
        ({"description": "no type"}, ANY),
        ({"type": "string"}, STRING),
        ({"type": "integer", "minimum": 0}, INTEGER),
        ({"type": "boolean"}, {"kind": "boolean"}),
        ({"type": "null"}, NULL),
        ({"type": ["string", "null"]}, {"kind": "string", "nullable": True}),
        ({"type": ["null", "integer"]}, {"kind": "integer", "nullable": True}),
        ({"const": 0}, INTEGER),
        ({"const": True}, {"kind": "boolean"}),
        ({"const": 0.5}, NUMBER),
        ({"enum": ["a", "b"]}, STRING),
        ({"enum": ["a", None]}, {"kind": "string", "nullable": True}),
        ({"enum": [1, 2.5]}, NUMBER),
        ({"type": "array"}, {"kind": "array", "items": ANY}),
        ({"items": {"type": "string"}}, {"kind": "array", "items": STRING}),
        ({"type": "array", "items": {"type": "string"}, "xml": {"wrapped": False}}, {"kind": "array", "items": STRING}),
        ({"type": "object"}, an_object({})),
        ({"properties": {"a": {"type": "string"}}}, an_object({"a": STRING})),
        ({"type": "object", "additionalProperties": False}, {"kind": "object", "members": {}}),
        ({"additionalProperties": {"type": "integer"}}, {"kind": "object", "members": {}, "others": INTEGER}),
    ],
)
def test_keywords_that_stand_alone(schema: Schema | bool, shape: Schema) -> None:
    assert derived(schema) == shape


@pytest.mark.parametrize("word", ["anyOf", "oneOf"])
@pytest.mark.parametrize(
    ("alternatives", "shape"),
    [
        ([{"type": "string", "enum": ["a"]}, {"type": "string"}], STRING),
        ([{"type": "string"}, {"type": "null"}], {"kind": "string", "nullable": True}),
        ([{"type": "null"}, {"type": "array"}], {"kind": "array", "items": ANY, "nullable": True}),
        ([{"type": "null"}, {"type": "null"}], NULL),
        ([{"type": "integer"}, {"type": "number"}], NUMBER),
        ([{"type": "integer"}, {"type": "string"}], ANY),
        ([{"type": "integer"}, {}], ANY),
        ([{"type": "array"}, {"type": "string"}], ANY),
        ([{"type": "object"}, {"type": "string"}], an_object({}, loose=True)),
        ([{}, {"type": "object"}], an_object({}, loose=True, nullable=True)),
        ([{"type": "array"}, {"type": "object"}, {"type": "null"}], an_object({}, loose=True, nullable=True)),
        (
            [{"type": "array", "items": {"type": "integer"}}, {"type": "array", "items": {"type": "null"}}],
            {"kind": "array", "items": {"kind": "integer", "nullable": True}},
        ),
        (
            [
                {"properties": {"a": {"type": "integer"}}},
                {"properties": {"a": {"type": "null"}, "b": {"type": "string"}}},
            ],
            an_object({"a": {"kind": "integer", "nullable": True}, "b": STRING}),
        ),
        ([{"type": "object", "additionalProperties": False}, {"type": "object"}], an_object({})),
        (
            [{"additionalProperties": {"type": "integer"}}, {"additionalProperties": {"type": "number"}}],
            {"kind": "object", "members": {}, "others": NUMBER},
        ),
        (
            [{"type": "object", "additionalProperties": False}, {"type": "object", "additionalProperties": False}],
            {"kind": "object", "members": {}},
        ),
    ],
)
def test_alternatives_become_one_shape(word: str, alternatives: list[Schema], shape: Schema) -> None:
    assert derived({word: alternatives}) == shape


@pytest.mark.parametrize(
    ("schema", "shape"),
    [
        ({"allOf": [{"$ref": "#/components/schemas/Word"}], "default": "a"}, STRING),
        ({"$ref": "#/components/schemas/Word", "description": "beside"}, STRING),
        ({"allOf": [{"type": "integer"}, {"type": "number"}]}, INTEGER),
        ({"allOf": [{"type": ["integer", "null"]}, {"type": "integer"}]}, INTEGER),
        (
            {"allOf": [{"type": ["string", "null"]}, {"type": ["null", "string"]}]},
            {"kind": "string", "nullable": True},
        ),
        ({"allOf": [{"type": ["string", "null"]}, {"type": "null"}]}, NULL),
        ({"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, an_object({})),
        (
            {"properties": {"a": {}}, "allOf": [{"properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}]},
            an_object({"a": STRING, "b": INTEGER}),
        ),
        (
            {"allOf": [{"type": "object"}, {"type": "object", "additionalProperties": False}]},
            {"kind": "object", "members": {}},
        ),
        (
            {"allOf": [{"items": {"type": "string"}}, {"type": "array"}]},
            {"kind": "array", "items": STRING},
        ),
    ],
)
def test_what_must_hold_together_is_as_strict_as_the_strictest(schema: Schema, shape: Schema) -> None:
    assert derived(schema, {"Word": {"type": "string"}}) == shape


def test_references_are_followed_with_escapes_also_for_whole_bodies() -> None:
    document: Schema = {
        "paths": {"/p": {"post": {"requestBody": {"$ref": "#/components/requestBodies/A~1B"}}}},
        "components": {
            "requestBodies": {"A/B": {"content": {XML: {"schema": {"$ref": "#/components/schemas/C~0D"}}}}},
            "schemas": {"C~D": {"type": "object", "xml": {"name": "root"}}},
        },
    }
    assert _shapes.derive(document) == {"/p": {"request": an_object({}, name="root")}}


@pytest.mark.parametrize(
    ("schema", "complaint"),
    [
        (False, "a schema that allows nothing"),
        ({"$ref": "#/components/schemas/Missing"}, "leads nowhere"),
        ({"$ref": "other.yaml#/Word"}, "leads nowhere"),
        ({"$ref": "#/components/schemas/Self"}, "contains itself"),
        ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "string and integer can't both hold"),
        ({"type": "array", "xml": {"wrapped": True}}, "xml.wrapped isn't understood"),
        ({"type": "string", "xml": {"attribute": True}}, "xml.attribute isn't understood"),
        ({"type": "string", "xml": {"namespace": "urn:x"}}, "xml.namespace isn't understood"),
        ({"type": "string", "xml": {"prefix": "p"}}, "xml.prefix isn't understood"),
        ({"type": "string", "xml": {"name": "y"}}, "an xml.name is understood on a body's root element only"),
        ({"type": "array", "items": {"xml": {"name": "y"}}}, "an xml.name is understood on a body's root"),
        *(({word: {}}, f"{word} isn't understood") for word in sorted(_shapes.NOT_UNDERSTOOD)),
    ],
)
def test_what_no_shape_can_hold_is_refused_by_place_and_name(schema: Schema | bool, complaint: str) -> None:
    looping = {"type": "object", "properties": {"again": {"$ref": "#/components/schemas/Self"}}}
    with pytest.raises(ShapeError) as caught:
        derived(schema, {"Self": looping})
    assert complaint in str(caught.value)
    assert str(caught.value).startswith(("/p post request.x", "#/components/schemas/Self"))


@pytest.mark.parametrize("body", [{"type": "object"}, {"type": "string", "xml": {"name": "xml"}}, {}])
def test_a_body_must_be_an_object_whose_element_has_a_name(body: Schema) -> None:
    with pytest.raises(ShapeError, match=r"/p post request: the XML body must be an object with an xml\.name"):
        _shapes.derive(document({"request": body}))


def test_a_root_element_can_not_have_two_names() -> None:
    one, other = ({"type": "object", "xml": {"name": name}} for name in "ab")
    with pytest.raises(ShapeError, match=r"^/p answer: one element can't have the names a and b"):
        _shapes.derive(document({"200": one, "default": other}))
