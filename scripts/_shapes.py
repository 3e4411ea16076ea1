"""Derives the shapes of XML bodies from openapi.yaml, because XML alone can't tell a number, a list or null apart.

A shape keeps of a schema what a reader of XML needs and nothing else: which elements are lists, which texts are
numbers, where null may stand. Judging values (required members, ranges, words) stays with the schema.

Where a schema offers alternatives (`oneOf`, `anyOf`, several responses, a list of types), one shape holds them all:
- null makes the other alternative nullable;
- objects keep the members of both; a member that only one of them names keeps that one's shape;
- integer beside number is a number;
- an object beside anything else keeps its members and becomes `loose`: what is no object is read as it stands.
  So `data`, an object in success and unrestricted in errors, is typed in success and kept in errors;
- any other disagreement becomes `any`.
`allOf`, a reference with siblings, and keywords beside each other must all hold, so there the stricter one wins.
What isn't understood is refused by name: a keyword that is passed over in silence would make wrong types.
"""

from __future__ import annotations

import itertools
from functools import reduce
from typing import Any

XML = "application/xml"
METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
NOT_UNDERSTOOD = frozenset(
    {
        *("patternProperties", "unevaluatedProperties", "dependentSchemas", "prefixItems", "unevaluatedItems"),
        *("if", "then", "else", "contains", "$dynamicRef", "discriminator"),
    }
)

Shape = dict[str, Any]
Schema = dict[str, Any] | bool
ANY: Shape = {"kind": "any"}
NULL: Shape = {"kind": "null"}

HEADER = '''"""What openapi.yaml says about the types in XML bodies. Written by scripts/generate; never edit it by hand.

XML has no numbers, lists or null, so reading it takes the schema: SHAPES maps a path of the contract to the shape of
its request's and of its answer's root element.
"""

from __future__ import annotations

from typing import Any, Literal, Required, TypedDict


class Shape(TypedDict, total=False):
    """A schema, reduced to what a reader of XML needs.

    The shapes inside are typed as Any: a type checker that compares two recursive types of the same structure, this
    one and the reader's, may not come to an end.
    """

    kind: Required[Literal["object", "array", "string", "integer", "number", "boolean", "null", "any"]]
    name: str  # of a root element
    nullable: bool
    members: dict[str, Any]  # of an object
    others: Any  # of an object's further members; without it there may be none
    loose: bool  # of an object: something else may stand in its place
    items: Any  # of an array, whose element is repeated without a wrapper


Side = Literal["request", "answer"]

# The root elements of each path; a side without XML is left out.
'''


class ShapeError(ValueError):
    """The contract says something that no shape can hold; the text says where and what."""


def module(contract: dict[str, Any]) -> str:
    """The source text of the module that holds the contract's shapes, not yet formatted."""
    return f"{HEADER}SHAPES: dict[str, dict[Side, Shape]] = {derive(contract)!r}\n"


def derive(contract: dict[str, Any]) -> dict[str, dict[str, Shape]]:
    """The shapes of every path that has an XML body: `request`, `answer`, or both."""
    found = {path: _path(_Reader(contract), path, item) for path, item in contract["paths"].items()}
    return {path: sides for path, sides in found.items() if sides}


def _path(reader: _Reader, path: str, item: dict[str, Any]) -> dict[str, Shape]:
    operations = {method: item[method] for method in item if method in METHODS}
    requests = {f"{path} {method} request": op.get("requestBody", {}) for method, op in operations.items()}
    answers = {
        f"{path} {method} {status}": answer
        for method, op in operations.items()
        for status, answer in op.get("responses", {}).items()
    }
    sides = {"request": _side(reader, f"{path} request", requests), "answer": _side(reader, f"{path} answer", answers)}
    return {side: shape for side, shape in sides.items() if shape}


def _side(reader: _Reader, where: str, bodies: dict[str, dict[str, Any]]) -> Shape | None:
    """One shape for all bodies of a path's side."""
    shapes = [shape for place, node in bodies.items() if (shape := _body(reader, place, node))]
    try:
        return reduce(either, shapes) if shapes else None
    except ShapeError as error:
        raise ShapeError(f"{where}: {error}") from None


def _body(reader: _Reader, where: str, node: dict[str, Any]) -> Shape | None:
    while "$ref" in node:
        node = reader.target(node["$ref"], where)
    media = node.get("content", {}).get(XML)
    if media is None:
        return None
    shape = reader.shape(media.get("schema", {}), where)
    if shape["kind"] != "object" or "name" not in shape:
        raise ShapeError(f"{where}: the XML body must be an object with an xml.name for its root element")
    return shape


class _Reader:
    def __init__(self, contract: dict[str, Any]) -> None:
        self._contract = contract
        self._open: list[str] = []

    def target(self, reference: str, where: str) -> dict[str, Any]:
        node: Any = self._contract
        steps = reference.removeprefix("#/").split("/")
        try:
            for step in steps:
                node = node[step.replace("~1", "/").replace("~0", "~")]
        except (KeyError, TypeError):
            raise ShapeError(f"{where}: {reference} leads nowhere in this document") from None
        found: dict[str, Any] = node
        return found

    def shape(self, schema: Schema, where: str) -> Shape:
        if schema is True:
            return ANY
        if schema is False:
            raise ShapeError(f"{where}: a schema that allows nothing has no shape")
        self._refuse(schema, where)
        parts = [self._own(schema, where)]
        if "$ref" in schema:
            parts.append(self._follow(schema["$ref"], where))
        parts += [self.shape(part, f"{where} allOf") for part in schema.get("allOf", [])]
        for word in ("anyOf", "oneOf"):
            if word in schema:
                parts.append(reduce(either, [self.shape(part, f"{where} {word}") for part in schema[word]]))
        try:
            shape = reduce(both, parts)
        except ShapeError as error:
            raise ShapeError(f"{where}: {error}") from None
        name = schema.get("xml", {}).get("name")
        return {**shape, "name": name} if name else shape

    def _follow(self, reference: str, where: str) -> Shape:
        if reference in self._open:
            raise ShapeError(f"{where}: {reference} contains itself, so it has no finite shape")
        self._open.append(reference)
        try:
            return self.shape(self.target(reference, where), reference)
        finally:
            self._open.pop()

    def _own(self, schema: dict[str, Any], where: str) -> Shape:
        return reduce(either, [self._typed(word, schema, where) for word in _types(schema)])

    def _typed(self, word: str, schema: dict[str, Any], where: str) -> Shape:
        if word == "array":
            return {"kind": "array", "items": self._inner(schema.get("items", True), f"{where}[]")}
        if word != "object":
            return {"kind": word}
        members = {
            name: self._inner(member, f"{where}.{name}") for name, member in schema.get("properties", {}).items()
        }
        shape: Shape = {"kind": "object", "members": members}
        others = schema.get("additionalProperties", True)
        return shape if others is False else {**shape, "others": self._inner(others, f"{where}.*")}

    def _inner(self, schema: Schema, where: str) -> Shape:
        shape = self.shape(schema, where)
        if "name" in shape:
            raise ShapeError(f"{where}: an xml.name is understood on a body's root element only")
        return shape

    @staticmethod
    def _refuse(schema: dict[str, Any], where: str) -> None:
        xml = schema.get("xml", {})
        unknown = sorted(NOT_UNDERSTOOD & schema.keys())
        unknown += [f"xml.{word}" for word in ("attribute", "namespace", "prefix", "wrapped") if xml.get(word)]
        if unknown:
            raise ShapeError(f"{where}: {', '.join(unknown)} isn't understood by the derivation of XML shapes")


def _types(schema: dict[str, Any]) -> list[str]:
    """The words of `type`, or what other keywords give away when it is left out."""
    if "type" in schema:
        words: str | list[str] = schema["type"]
        return [words] if isinstance(words, str) else words
    if "const" in schema or "enum" in schema:
        values = [schema["const"]] if "const" in schema else schema["enum"]
        return list(dict.fromkeys(_json_type(value) for value in values))
    if schema.keys() & {"properties", "additionalProperties"}:
        return ["object"]
    return ["array"] if "items" in schema else ["any"]


def _json_type(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def either(left: Shape, right: Shape) -> Shape:
    """One shape for values of one or the other; the module's docstring gives the rules."""
    shape = {**_either(left, right), **_name(left, right)}
    kinds = {left["kind"], right["kind"]}
    nullable = left.get("nullable") or right.get("nullable") or kinds & {"any", "null"}
    return {**shape, "nullable": True} if nullable and shape["kind"] not in {"any", "null"} else shape


def _either(left: Shape, right: Shape) -> Shape:
    for one, other in itertools.permutations((left, right)):
        if one["kind"] == "null":
            return other
    kinds = {left["kind"], right["kind"]}
    if kinds == {"object"}:
        return _members_of_either(left, right)
    if kinds == {"array"}:
        return {"kind": "array", "items": either(left["items"], right["items"])}
    if "object" in kinds:
        return {**(left if left["kind"] == "object" else right), "loose": True}
    if kinds == {"integer", "number"}:
        return {"kind": "number"}
    return {"kind": left["kind"]} if len(kinds) == 1 else ANY


def _members_of_either(left: Shape, right: Shape) -> Shape:
    merged = {**left, **right, "members": _merge(left["members"], right["members"], either)}
    if "others" in left and "others" in right:
        merged["others"] = either(left["others"], right["others"])
    return merged


def both(left: Shape, right: Shape) -> Shape:
    """One shape for values that must fit one and the other.

    Raises:
        ShapeError: No value fits both.
    """
    shape = {**_both(left, right), **_name(left, right)}
    if not all(one.get("nullable") or one["kind"] == "any" for one in (left, right)):
        shape.pop("nullable", None)
    return shape


def _both(left: Shape, right: Shape) -> Shape:
    for one, other in itertools.permutations((left, right)):
        if one["kind"] == "any":
            return other
        if one["kind"] == "null" and other.get("nullable"):
            return NULL
        if (one["kind"], other["kind"]) == ("integer", "number"):
            return {**other, **one}
    if left["kind"] != right["kind"]:
        raise ShapeError(f"{left['kind']} and {right['kind']} can't both hold")
    if left["kind"] == "object":
        return _members_of_both(left, right)
    if left["kind"] == "array":
        return {**left, "items": both(left["items"], right["items"])}
    return {**left}


def _members_of_both(left: Shape, right: Shape) -> Shape:
    merged: Shape = {"kind": "object", "members": _merge(left["members"], right["members"], both)}
    if "others" in left and "others" in right:
        merged["others"] = both(left["others"], right["others"])
    return {**merged, "loose": True} if left.get("loose") and right.get("loose") else merged


def _merge(left: dict[str, Shape], right: dict[str, Shape], rule: Any) -> dict[str, Shape]:
    common = {name: rule(left[name], right[name]) for name in left.keys() & right.keys()}
    return {name: common.get(name, shape) for name, shape in (left | right).items()}


def _name(left: Shape, right: Shape) -> Shape:
    names = {shape["name"] for shape in (left, right) if "name" in shape}
    if len(names) > 1:
        raise ShapeError(f"one element can't have the names {' and '.join(sorted(names))}")
    return {"name": names.pop()} if names else {}
