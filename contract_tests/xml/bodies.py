"""What the tests of the codec share: the contract's shapes by name, and values that XML can and can't tell apart."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from profile_export._xml import ANY, Shape, empty_value
from profile_export_api.xml_shapes import SHAPES
from scripts.verification.contract import CREATE, DOWNLOAD, STATUS

CREATE_REQUEST: Shape = SHAPES[CREATE]["request"]
CREATE_ANSWER: Shape = SHAPES[CREATE]["answer"]
STATUS_REQUEST: Shape = SHAPES[STATUS]["request"]
STATUS_ANSWER: Shape = SHAPES[STATUS]["answer"]
DOWNLOAD_ANSWER: Shape = SHAPES[DOWNLOAD]["answer"]

# Kinds that the contract doesn't use today, so that the codec is ready for the day when it does.
EVERY_KIND: Shape = {
    "kind": "object",
    "name": "xml",
    "members": {
        "flag": {"kind": "boolean"},
        "maybe_flag": {"kind": "boolean", "nullable": True},
        "ratio": {"kind": "number"},
        "maybe_count": {"kind": "integer", "nullable": True},
        "maybe_text": {"kind": "string", "nullable": True},
        "nothing": {"kind": "null"},
        "counts": {"kind": "array", "items": {"kind": "integer"}},
        "maybe_counts": {"kind": "array", "items": {"kind": "integer", "nullable": True}},
        "rows": {"kind": "array", "items": {"kind": "object", "members": {"id": {"kind": "integer"}}}},
        "closed": {"kind": "object", "members": {"id": {"kind": "integer"}}},
        "by_name": {"kind": "object", "members": {}, "others": {"kind": "integer"}},
    },
}
SHAPES_BY_NAME = {
    "create request": CREATE_REQUEST,
    "create answer": CREATE_ANSWER,
    "status request": STATUS_REQUEST,
    "status answer": STATUS_ANSWER,
    "download answer": DOWNLOAD_ANSWER,
    "every kind": EVERY_KIND,
}

BLANK = " \t\r\n"
names = st.sampled_from(["occupation", "_fname", "a-b.c", "x1", "имя", "xml", "token", "total", "urls", "data"])
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\t\n\r &<>\"']\x7f\x85\u2028"),
    max_size=12,
)
integers = st.integers()
numbers = st.floats(allow_nan=False, allow_infinity=False) | integers

free_values: st.SearchStrategy[Any] = st.recursive(
    texts,
    lambda inner: st.dictionaries(names, inner | st.lists(inner, min_size=2, max_size=3), min_size=1, max_size=3),
    max_leaves=8,
)
free_members = free_values | st.lists(free_values, min_size=2, max_size=3)


def tellable(shape: Shape) -> st.SearchStrategy[Any]:
    """Values of a shape that XML can tell apart: everything but other empty values than the one it knows there."""
    found = _tellable(shape)
    empty = empty_value(shape)
    return found if empty is NotImplemented else found | st.just(empty)


def _tellable(shape: Shape) -> st.SearchStrategy[Any]:
    kind = shape["kind"]
    if kind == "object":
        objects = _objects(shape)
        others = texts.filter(_has_content) | st.lists(free_values, min_size=2, max_size=3)
        return objects | others if shape.get("loose") else objects
    if kind == "array":
        items = shape.get("items", ANY)
        empty = empty_value(items)
        inner = free_values if items["kind"] == "any" else tellable(items)
        return st.lists(inner, max_size=3).filter(
            lambda values: len(values) != 1 or (values[0] != empty and _has_content(values[0]))
        )
    return {
        "any": free_members,
        "string": texts,
        "integer": integers,
        "number": numbers,
        "boolean": st.booleans(),
        "null": st.none(),
    }[kind]


def _has_content(value: Any) -> bool:
    return not isinstance(value, str) or bool(value.strip(BLANK))


def _objects(shape: Shape) -> st.SearchStrategy[Any]:
    members = shape.get("members", {})
    known = st.fixed_dictionaries({}, optional={name: tellable(member) for name, member in members.items()})
    further = shape.get("others")
    if further is not None:
        extra = st.dictionaries(names.filter(lambda name: name not in members), tellable(further), max_size=2)
        known = st.builds(lambda one, other: {**one, **other}, known, extra)
    return known.filter(bool) if shape.get("nullable") else known


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def anything_for(shape: Shape) -> st.SearchStrategy[Any]:
    """Objects whose members are right, nearly right or wrong."""
    members = {name: _nearly(member) for name, member in shape.get("members", {}).items()}
    return st.builds(
        lambda one, other: {**other, **one},
        st.fixed_dictionaries({}, optional=members),
        st.dictionaries(names | st.text(max_size=4), anything, max_size=2),
    )


def _nearly(shape: Shape) -> st.SearchStrategy[Any]:
    inner = anything_for(shape) if shape["kind"] == "object" else tellable(shape)
    return inner | anything


# Built once: a strategy costs more to build than to draw from.
TELLABLE = {name: tellable({**shape, "nullable": False}) for name, shape in SHAPES_BY_NAME.items()}
ANYTHING = {name: anything_for(shape) for name, shape in SHAPES_BY_NAME.items()}


def as_read(value: Any, shape: Shape) -> Any:
    """The value as a reader gives it back: equal, but for numbers and booleans where the shape allows anything."""
    if isinstance(value, dict):
        members, others = shape.get("members", {}), shape.get("others", ANY)
        return {key: as_read(member, members.get(key, others)) for key, member in value.items()}
    if isinstance(value, list):
        return [as_read(item, shape.get("items", ANY)) for item in value]
    free = shape["kind"] == "any" or shape.get("loose")
    return json.dumps(value) if free and isinstance(value, int | float) else value


def exactly(value: Any) -> str:
    """A text that differs for values which Python calls equal, such as 1, 1.0 and True."""
    return json.dumps(value, sort_keys=True, allow_nan=False)
