"""What holds for any two schemas: nothing differs from itself, back is the opposite of forth, and no break is missed.

The last is judged by jsonschema: a value that the one schema takes and the other refuses proves a break.
"""

from __future__ import annotations

import copy
from typing import Any

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.spec_diff.documents import findings, verdict

NAMES = ("a", "b")
TEXTS = ("", "x", "xx", "y")
NUMBERS = (0, 1, 2, 3, 1.5)

texts, numbers = st.sampled_from(TEXTS), st.sampled_from(NUMBERS)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | texts | numbers,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=2),
    max_leaves=4,
)
small = st.integers(0, 2)


def optional(**keywords: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=keywords)


scalars = st.one_of(
    st.just({"type": "null"}),
    st.just({"type": "boolean"}),
    st.builds(
        lambda kind, rest: {"type": kind, **rest},
        st.sampled_from(["integer", "number"]),
        optional(minimum=small, maximum=small, exclusiveMinimum=small, multipleOf=st.sampled_from([1, 2])),
    ),
    st.builds(
        lambda rest: {"type": "string", **rest},
        optional(minLength=small, maxLength=small, pattern=st.sampled_from(["^x", "y$"])),
    ),
    st.builds(
        lambda words, rest: {"enum": words, **rest},
        st.lists(texts | numbers | st.none(), min_size=1, max_size=3, unique=True),
        optional(
            minLength=small,
            maximum=small,
            pattern=st.sampled_from(["^x", "y$"]),
            **{"not": st.builds(lambda word: {"const": word}, texts) | st.just({"minLength": 2})},
        ),
    ),
    st.builds(lambda word: {"const": word}, texts),
    st.builds(
        lambda kinds: {"type": kinds}, st.lists(st.sampled_from(["string", "null", "integer"]), unique=True)
    ).filter(lambda schema: schema["type"]),
    st.builds(lambda word: {"not": {"const": word}}, texts | numbers),
)


def _grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    objects = st.builds(
        lambda members, required, rest: {"type": "object", "properties": members, "required": required, **rest},
        st.dictionaries(st.sampled_from(NAMES), inner, max_size=2),
        st.lists(st.sampled_from(NAMES), unique=True),
        optional(additionalProperties=st.booleans() | inner, minProperties=small),
    )
    arrays = st.builds(lambda items, rest: {"type": "array", "items": items, **rest}, inner, optional(minItems=small))
    several = st.lists(inner, min_size=1, max_size=2)
    joined = st.one_of(
        *(st.builds(lambda parts, word=word: {word: parts}, several) for word in ("anyOf", "oneOf", "allOf"))
    )
    return objects | arrays | joined


schemas = st.recursive(scalars, _grown, max_leaves=5)


def takes(schema: Any, value: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(schema).is_valid(value))


def nodes(schema: Any) -> list[dict[str, Any]]:
    """All schemas inside of a schema that can be edited in place."""
    if not isinstance(schema, dict):
        return []
    inner = [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]
    inner += [part for word in ("anyOf", "oneOf", "allOf") for part in schema.get(word, [])]
    return [schema, *(node for part in inner for node in nodes(part))]


@st.composite
def edits(draw: st.DrawFn) -> tuple[Any, Any]:
    """A schema, and the same with one edit, as an API changes."""
    base = draw(schemas)
    head = copy.deepcopy(base)
    node = draw(st.sampled_from(nodes(head)))
    other = draw(schemas)
    if draw(st.booleans()) and node:
        del node[draw(st.sampled_from(sorted(node)))]
    if draw(st.booleans()):
        node.update(other)
    elif draw(st.booleans()):
        node.clear()
        node.update(other)
    return base, head


@settings(max_examples=100)
@given(schemas)
def test_a_schema_does_not_differ_from_itself(schema: Any) -> None:
    assert findings(schema, copy.deepcopy(schema)) == []


@settings(max_examples=100)
@given(edits())
def test_back_is_the_opposite_of_forth(pair: tuple[Any, Any]) -> None:
    """What breaks requests on the way forth breaks answers on the way back: neither is judged more mildly."""
    base, head = pair
    forth, back = findings(base, head), findings(head, base)
    # Two things break whatever the values say: a member that is gone, and a known word that is.
    if not any("member is" in one.text or "known word" in one.text for one in forth + back):
        assert verdict(forth) == verdict(back)[::-1]
    assert bool(forth) == bool(back)


@settings(max_examples=200)
@given(edits(), st.lists(values, min_size=5, max_size=15))
def test_a_value_that_is_refused_now_breaks_requests_and_a_value_that_is_new_breaks_answers(
    pair: tuple[Any, Any], some: list[Any]
) -> None:
    base, head = pair
    requests, answers = verdict(findings(base, head))
    for value in some:
        assert requests or takes(head, value) or not known(base, value)
        assert answers or takes(base, value) or not known(head, value)


def known(schema: Any, value: Any) -> bool:
    """Whether a value fits a schema, and has no members but those that the schema names."""
    return takes(schema, value) and takes(named_members(schema), value)


def named_members(schema: Any) -> Any:
    """The schema without the members that it doesn't name."""
    if isinstance(schema, list):
        return [named_members(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: part if name in {"enum", "const", "not"} else named_members(part) for name, part in schema.items()}
    if "properties" in schema and schema.get("additionalProperties", True) in (True, {}):
        made["additionalProperties"] = False
    return made
