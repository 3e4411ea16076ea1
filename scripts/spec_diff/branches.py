"""A branch: one alternative of a schema, in which everything must hold at once, its keywords sorted by kind."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from scripts.spec_diff.document import Document

Schema = dict[str, Any] | bool

# A number is either whole or a fraction, so that `integer` is a part of `number`.
TYPES: Mapping[str, frozenset[str]] = {
    **{name: frozenset({name}) for name in ("null", "boolean", "string", "array", "object", "integer")},
    "number": frozenset({"integer", "fraction"}),
}
EVERY_TYPE = frozenset[str]().union(*TYPES.values())
LOWER_BOUNDS = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"})
UPPER_BOUNDS = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"})
# Which type a keyword speaks about; what isn't listed speaks about all of them.
ABOUT: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), TYPES["number"]),
    **dict.fromkeys(("minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType"), TYPES["string"]),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems", "prefixItems", "contains"), TYPES["array"]),
    **dict.fromkeys(("minContains", "maxContains", "unevaluatedItems"), TYPES["array"]),
    **dict.fromkeys(("minProperties", "maxProperties", "propertyNames", "patternProperties"), TYPES["object"]),
    **dict.fromkeys(("dependentRequired", "dependentSchemas", "unevaluatedProperties"), TYPES["object"]),
}
# Keywords that are taken apart below, and those that say nothing about values.
STRUCTURE = frozenset({"type", "enum", "const", "not", "properties", "required", "additionalProperties", "items"})
JOINING = frozenset({"$ref", "allOf", "anyOf", "oneOf"})
NOTES = frozenset({"default", "deprecated", "readOnly", "writeOnly", "xml"})
WORDLESS = frozenset(
    {"title", "description", "example", "examples", "externalDocs", "$comment", "$defs", "$id", "$schema", "$anchor"}
)


@attrs.frozen
class Branch:
    """One alternative; every field must hold for a value.

    `words` are the values of `enum` and `const` as JSON, None where any value may stand. `rules` are all keywords that
    are compared by their own value: each has the set of values that it was given, since `allOf` may give it several.
    `notes` say nothing about values, and the outermost one counts.
    """

    types: frozenset[str] = EVERY_TYPE
    words: frozenset[str] | None = None
    bounds: Mapping[str, float] = attrs.field(factory=dict)
    rules: Mapping[str, frozenset[str]] = attrs.field(factory=dict)
    members: Mapping[str, Schema] = attrs.field(factory=dict)
    required: frozenset[str] = frozenset()
    others: Schema = True
    items: Schema = True
    nots: tuple[Schema, ...] = ()
    notes: Mapping[str, Any] = attrs.field(factory=dict)
    label: str = ""

    @property
    def key(self) -> str:
        """One text for branches that allow the same in the same words, whatever they are called."""
        rules = [(name, sorted(values)) for name, values in sorted(self.rules.items())]
        objects = [self.members, sorted(self.required), self.others]
        return canonical([sorted(self.types), self.bounds, rules, self.nots, self.items, *objects])


def canonical(value: Any) -> str:
    """One text for equal JSON values, whatever the order of their members."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def own(document: Document, schema: Mapping[str, Any]) -> list[Branch]:
    """The schema's own keywords as one branch, or none where they exclude each other."""
    types = _types(schema.get("type"))
    words = _words(schema, types)
    if words is not None:
        types &= frozenset[str]().union(*(json_types(json.loads(word)) for word in words))
    branch = Branch(
        types=types,
        words=words,
        bounds={name: schema[name] for name in LOWER_BOUNDS | UPPER_BOUNDS if name in schema and _bounds(name, schema)},
        rules={
            name: frozenset({canonical(document.inlined(value))})
            for name, value in schema.items()
            if _is_rule(name) and (name, value) != ("uniqueItems", False)
        },
        members=schema.get("properties", {}),
        required=frozenset(schema.get("required", ())),
        others=_others(schema),
        items=schema.get("items", True),
        nots=(document.inlined(schema["not"]),) if "not" in schema else (),
        notes={name: schema[name] for name in NOTES if name in schema},
    )
    return [branch] if types and (words is None or words) else []


def _others(schema: Mapping[str, Any]) -> Schema:
    """What other members may be: `{}` where it is written out that they may be anything, True where nothing is said."""
    others: Schema = schema.get("additionalProperties", True)
    return {} if others is True and "additionalProperties" in schema else others


def _bounds(name: str, schema: Mapping[str, Any]) -> bool:
    """At least nothing is what every text, list and object has."""
    return not (name in {"minLength", "minItems", "minProperties"} and schema[name] == 0)


def _is_rule(name: str) -> bool:
    known = STRUCTURE | JOINING | NOTES | WORDLESS | LOWER_BOUNDS | UPPER_BOUNDS
    return name not in known and not name.startswith("x-")


def _types(names: Any) -> frozenset[str]:
    if names is None:
        return EVERY_TYPE
    listed: Iterable[str] = [names] if isinstance(names, str) else names
    return frozenset[str]().union(*(TYPES.get(name, frozenset({name})) for name in listed))


def _words(schema: Mapping[str, Any], types: frozenset[str]) -> frozenset[str] | None:
    listed = [{canonical(value) for value in schema["enum"]}] if "enum" in schema else []
    listed += [{canonical(schema["const"])}] if "const" in schema else []
    if not listed:
        return None
    return frozenset(word for word in set.intersection(*listed) if json_types(json.loads(word)) & types)


def json_types(value: Any) -> frozenset[str]:
    """The type of a JSON value, as a set of one."""
    if isinstance(value, float) and value.is_integer():
        return TYPES["integer"]
    names: Mapping[type, str] = {bool: "boolean", int: "integer", str: "string", list: "array", dict: "object"}
    if isinstance(value, float):
        return frozenset({"fraction"})
    return TYPES[names.get(type(value), "null")]
