"""What each kind of change between two schemas means for requests and for answers."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from contract_tests.spec_diff.documents import document, findings, verdict
from scripts.spec_diff.document import UnreadableContract
from scripts.spec_diff.findings import Effect

Breaks = Literal["nothing", "requests", "answers", "both"]
VERDICTS: dict[Breaks, tuple[bool, bool]] = {
    "nothing": (False, False),
    "requests": (True, False),
    "answers": (False, True),
    "both": (True, True),
}
WORDS = {"type": "string", "enum": ["a", "b"]}
TEXT = {"type": "string"}
ANY_WORD = {"anyOf": [WORDS, TEXT]}


def member(schema: Any, *, required: bool = False, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"m": schema}, "required": ["m"] if required else [], **more}


ONE_WAY: dict[str, tuple[Any, Any, str, Breaks, Breaks]] = {
    # what: old, new, what the report says, what it breaks, and what the way back breaks
    "a bound that appears": (TEXT, {"type": "string", "minLength": 1}, "minLength 1 is new", "requests", "answers"),
    "a lower bound that rises": ({"minimum": 0}, {"minimum": 1}, "minimum 0 became 1", "requests", "answers"),
    "an upper bound that rises": ({"maximum": 5}, {"maximum": 9}, "maximum 5 became 9", "answers", "requests"),
    "a pattern that appears": (TEXT, {"type": "string", "pattern": "^a"}, 'pattern "^a" is new', "requests", "answers"),
    "a pattern that changes": ({"pattern": "^a"}, {"pattern": "^b"}, 'pattern "^a" became "^b"', "both", "both"),
    "a format that appears": (
        TEXT,
        {"type": "string", "format": "uuid"},
        'format "uuid" is new',
        "requests",
        "answers",
    ),
    "a format that changes": ({"format": "date"}, {"format": "uuid"}, 'format "date" became "uuid"', "both", "both"),
    "unique items": (
        {"type": "array"},
        {"type": "array", "uniqueItems": True},
        "uniqueItems true",
        "requests",
        "answers",
    ),
    "a type that changes": (TEXT, {"type": "integer"}, "type string became integer", "both", "both"),
    "a type that grows": ({"type": "integer"}, {"type": "number"}, "type integer became number", "answers", "requests"),
    "a type in a list": (TEXT, {"type": ["string", "integer"]}, "integer or string", "answers", "requests"),
    "a type where there was none": ({}, TEXT, "type any became string", "requests", "answers"),
    "null in a list": (TEXT, {"type": ["string", "null"]}, "null is allowed now", "answers", "requests"),
    "null in oneOf": (TEXT, {"oneOf": [TEXT, {"type": "null"}]}, "null is allowed now", "answers", "requests"),
    "null in anyOf": (TEXT, {"anyOf": [TEXT, {"type": "null"}]}, "null is allowed now", "answers", "requests"),
    "null as a word": (WORDS, {"enum": ["a", "b", None]}, "null is allowed now", "answers", "requests"),
    "a word of a closed set": (
        WORDS,
        {"type": "string", "enum": ["a", "b", "c"]},
        'value "c" is new',
        "answers",
        "requests",
    ),
    "a const that changes": ({"const": "a"}, {"const": "b"}, 'value "a" is gone; new: "b"', "both", "both"),
    "a closed set that opens": (WORDS, TEXT, "any string now", "answers", "requests"),
    "a closed set that opens with its words": (WORDS, ANY_WORD, "any string now", "answers", "requests"),
    "a known word that comes": (
        ANY_WORD,
        {"anyOf": [{"enum": ["a", "b", "c"]}, TEXT]},
        'the known word "c" is new',
        "nothing",
        "requests",
    ),
    "a known word that is replaced": (
        ANY_WORD,
        {"anyOf": [{"enum": ["a", "c"]}, TEXT]},
        'the known word "b" is gone; new: "c"',
        "both",
        "both",
    ),
    "nothing but false": (TEXT, False, "no value is allowed any more", "requests", "answers"),
    "an exclusion": ({"type": "integer"}, {"type": "integer", "not": {"const": 0}}, "not", "requests", "answers"),
    "an exclusion that grows": ({"not": {"enum": [1]}}, {"not": {"enum": [1, 2]}}, "excluded", "requests", "answers"),
    "a keyword that isn't understood": ({}, {"contentEncoding": "base64"}, "contentEncoding", "requests", "answers"),
    "an optional member": (
        member({}),
        member({}) | {"properties": {"m": {}, "n": TEXT}},
        "optional member",
        "nothing",
        "both",
    ),
    "a required member": (
        {"type": "object"},
        member(TEXT, required=True),
        "the required member is new",
        "requests",
        "both",
    ),
    "a member of a closed object": (
        {"type": "object", "additionalProperties": False},
        member(TEXT, additionalProperties=False),
        "the optional member is new",
        "answers",
        "both",
    ),
    "a required flag": (member(TEXT), member(TEXT, required=True), "the member is required now", "requests", "answers"),
    "other members": (
        member(TEXT),
        member(TEXT, additionalProperties=False),
        "no value is allowed any more",
        "requests",
        "answers",
    ),
    "the values of a map": (
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"type": "object", "additionalProperties": {"type": "number"}},
        "type integer became number",
        "answers",
        "requests",
    ),
    "a default that changes": ({"default": 1}, {"default": 2}, "the default 1 became 2", "both", "both"),
    "a default that appears": ({}, {"default": 1}, "the default 1 is new", "nothing", "both"),
    "deprecation": ({}, {"deprecated": True}, "is deprecated now", "nothing", "nothing"),
    "read-only": (TEXT, {"type": "string", "readOnly": True}, "read-only", "requests", "nothing"),
    "write-only": (TEXT, {"type": "string", "writeOnly": True}, "write-only", "answers", "nothing"),
    "items": (
        {"type": "array", "items": {"type": "integer"}},
        {"type": "array", "items": {"type": ["integer", "null"]}},
        "null is allowed now",
        "answers",
        "requests",
    ),
    "nothing unevaluated": (
        {"type": "object"},
        {"type": "object", "unevaluatedProperties": False},
        "unevaluatedProperties false is new",
        "requests",
        "answers",
    ),
    "no unevaluated items": (
        {"type": "array"},
        {"type": "array", "unevaluatedItems": False},
        "unevaluatedItems false is new",
        "requests",
        "answers",
    ),
    "no names": (
        {"type": "object"},
        {"type": "object", "propertyNames": False},
        "propertyNames false is new",
        "requests",
        "answers",
    ),
    "nothing contained": (
        {"type": "array"},
        {"type": "array", "contains": False},
        "contains false is new",
        "requests",
        "answers",
    ),
    "a condition that nothing may fulfil": (
        {"if": {"maxLength": 3}},
        {"if": {"maxLength": 3}, "then": False},
        "then false is new",
        "requests",
        "answers",
    ),
    "a bound beside a closed set": (
        {"type": "string", "enum": ["a", "bb"]},
        {"type": "string", "enum": ["a", "bb"], "minLength": 2},
        'value "a" is gone',
        "requests",
        "answers",
    ),
    "a pattern beside a closed set": (
        {"type": "string", "enum": ["a", "bb"]},
        {"type": "string", "enum": ["a", "bb"], "pattern": "^b"},
        'value "a" is gone',
        "requests",
        "answers",
    ),
    "an exclusion beside a closed set": (
        {"type": "string", "enum": ["a", "bb"]},
        {"type": "string", "enum": ["a", "bb"], "not": {"const": "a"}},
        'value "a" is gone',
        "requests",
        "answers",
    ),
    "a bound beside a closed set of another type, too": (
        {"enum": ["a", 1]},
        {"enum": ["a", 1], "minimum": 2},
        "type integer or string became string",
        "requests",
        "answers",
    ),
    "a bound that refuses the only value": (
        {"const": "a"},
        {"const": "a", "minLength": 2},
        "no value is allowed any more",
        "requests",
        "answers",
    ),
    "a format beside a closed set": (
        {"enum": ["a", "bb"]},
        {"enum": ["a", "bb"], "format": "uuid"},
        'what is asked of "a" beside being listed differs',
        "requests",
        "answers",
    ),
    "a format beside a closed set that changes": (
        {"enum": ["a"], "format": "date"},
        {"enum": ["a"], "format": "uuid"},
        'what is asked of "a" beside being listed differs',
        "both",
        "both",
    ),
    "an exclusion by kind beside a closed set": (
        {"enum": ["a", "bb"]},
        {"enum": ["a", "bb"], "not": {"minLength": 2}},
        'what is asked of "bb" beside being listed differs',
        "requests",
        "answers",
    ),
    "a limit of values that are lists": (
        {"enum": [["a"], ["a", "b"]]},
        {"enum": [["a"], ["a", "b"]], "maxItems": 1},
        'what is asked of ["a", "b"] beside being listed differs',
        "requests",
        "answers",
    ),
    "a member of what may explicitly hold anything": (
        {"type": "object", "additionalProperties": True},
        member({"type": "integer"}, additionalProperties=True),
        "the optional member is new, and may no longer be anything",
        "requests",
        "both",
    ),
    "the same in other words": (
        {"type": "object", "additionalProperties": {}},
        member({"type": "integer"}, additionalProperties={}),
        "the optional member is new, and may no longer be anything",
        "requests",
        "both",
    ),
    "members by pattern of a closed object": (
        {"type": "object", "additionalProperties": False},
        {"type": "object", "additionalProperties": False, "patternProperties": {"^x": {}}},
        "patternProperties",
        "both",
        "both",
    ),
    "members by pattern of an open object": (
        {"type": "object"},
        {"type": "object", "patternProperties": {"^x": TEXT}},
        "patternProperties",
        "requests",
        "answers",
    ),
    "members by pattern beside others that aren't evaluated": (
        {"type": "object", "unevaluatedProperties": False},
        {"type": "object", "unevaluatedProperties": False, "patternProperties": {"^x": {}}},
        "patternProperties",
        "both",
        "both",
    ),
    "first items beside the others": (
        {"type": "array", "items": TEXT},
        {"type": "array", "items": TEXT, "prefixItems": [{"type": "integer"}]},
        "prefixItems",
        "both",
        "both",
    ),
    "first items": ({"type": "array"}, {"type": "array", "prefixItems": [TEXT]}, "prefixItems", "requests", "answers"),
    "nothing need be contained": (
        {"type": "array", "contains": TEXT},
        {"type": "array", "contains": TEXT, "minContains": 0},
        "minContains 0 is new",
        "both",
        "both",
    ),
    "overlapping alternatives that exclude each other": (
        {"anyOf": [TEXT, {"minLength": 2}]},
        {"oneOf": [TEXT, {"minLength": 2}]},
        "nobody can tell",
        "both",
        "both",
    ),
}


@pytest.mark.parametrize("what", ONE_WAY)
def test_what_a_change_breaks(what: str) -> None:
    base, head, words, forth, back = ONE_WAY[what]
    found = findings(base, head)
    assert any(words in one.text for one in found), found
    assert verdict(found) == VERDICTS[forth]
    assert verdict(findings(head, base)) == VERDICTS[back]


@pytest.mark.parametrize("what", ONE_WAY)
@pytest.mark.parametrize(
    "behind",
    [
        lambda schema: ({"$ref": "#/components/schemas/Named"}, {"Named": schema}),
        lambda schema: ({"allOf": [{"$ref": "#/components/schemas/Named"}]}, {"Named": schema}),
        lambda schema: ({"anyOf": [schema]}, {}),
        lambda schema: (
            {"oneOf": [{"$ref": "#/components/schemas/A"}]},
            {"A": {"$ref": "#/components/schemas/B"}, "B": schema},
        ),
        lambda schema: ({"description": "beside", "$ref": "#/components/schemas/A~1b"}, {"A/b": schema}),
    ],
    ids=["$ref", "allOf", "anyOf", "oneOf of two $ref", "$ref with words beside it"],
)
def test_it_makes_no_difference_how_the_schema_is_reached(what: str, behind: Any) -> None:
    base, head, words, forth, _ = ONE_WAY[what]
    (before, named_before), (after, named_after) = behind(base), behind(head)
    found = findings(before, after, named_before, named_after)
    assert any(words in one.text for one in found), found
    assert verdict(found) == VERDICTS[forth]
    assert findings(before, base, named_before) == []


def test_a_finding_says_where() -> None:
    base = member({"type": "array", "items": member({"type": "object", "additionalProperties": TEXT})})
    head = member({"type": "array", "items": member({"type": "object", "additionalProperties": WORDS})})
    (found,) = findings(base, head)
    assert (found.path, found.effect, found.kind) == ("m[].m.*", Effect.NARROWER, "changed")


def test_a_renamed_member_is_gone_with_a_hint() -> None:
    found = findings(member(TEXT), {"type": "object", "properties": {"n": TEXT}})
    assert [(one.path, one.kind) for one in found] == [("m", "removed"), ("n", "added")]
    assert "perhaps renamed to `n`" in found[0].text
    assert verdict(found) == (True, True)


SAME: dict[str, tuple[Any, Any]] = {
    "the order": ({"enum": ["a", "b"], "type": "string"}, {"type": "string", "enum": ["b", "a"]}),
    "words for people": ({"description": "a", "title": "b", "examples": [1]}, {"description": "c", "example": 2}),
    "extensions": ({"x-note": 1}, {"x-note": 2}),
    "null in a list or an alternative": ({"type": ["string", "null"]}, {"oneOf": [TEXT, {"type": "null"}]}),
    "const and enum": ({"const": "a"}, {"enum": ["a"]}),
    "a bound that says nothing": (TEXT, {"type": "string", "minLength": 0}),
    "a rule that says nothing": ({"type": "array"}, {"type": "array", "uniqueItems": False}),
    "limits that every listed value keeps": (
        {"enum": ["ab", 3, None]},
        {"enum": ["ab", 3, None], "minLength": 2, "pattern": "b$", "minimum": 3, "not": {"const": "c"}},
    ),
    "a listed value that can't be": (
        {"type": "string", "enum": ["a", "b"]},
        {"type": "string", "enum": ["a", "b", "ccc"], "maxLength": 2},
    ),
    "two words for anything": (
        {"type": "object", "additionalProperties": {}},
        {"type": "object", "additionalProperties": True},
    ),
    "a bound on another type": (TEXT, {"type": "string", "minimum": 3}),
    "other members as they are by default": ({"type": "object"}, {"type": "object", "additionalProperties": True}),
    "number in two pieces": ({"type": "number"}, {"anyOf": [{"type": "integer"}, {"type": "number"}]}),
    "the stricter of two bounds": ({"minLength": 3}, {"allOf": [{"minLength": 1}, {"minLength": 3}]}),
    "members of two parts": (
        {"type": "object", "properties": {"a": TEXT, "b": WORDS}, "required": ["a", "b"]},
        {
            "allOf": [
                member({}) | {"properties": {"a": TEXT}, "required": ["a"]},
                {"properties": {"b": WORDS}, "required": ["b"]},
            ]
        },
    ),
    "alternatives in another order": ({"anyOf": [member(TEXT), WORDS]}, {"anyOf": [WORDS, member(TEXT)]}),
    "an alternative that another one covers": (TEXT, {"anyOf": [TEXT, {"type": "string", "minLength": 3}]}),
    "oneOf whose alternatives can't overlap": (
        {"anyOf": [WORDS, {"type": "null"}]},
        {"oneOf": [WORDS, {"type": "null"}]},
    ),
    "oneOf told apart by a member": (
        {
            "anyOf": [
                member({"const": 0}, required=True),
                member({"type": "integer", "not": {"const": 0}}, required=True),
            ]
        },
        {
            "oneOf": [
                member({"const": 0}, required=True),
                member({"type": "integer", "not": {"const": 0}}, required=True),
            ]
        },
    ),
    "two ways to allow nothing": (False, {"allOf": [TEXT, {"type": "integer"}]}),
}


@pytest.mark.parametrize("what", SAME)
def test_the_same_values_written_otherwise_are_no_change(what: str) -> None:
    base, head = SAME[what]
    assert findings(base, head) == []
    assert findings(head, base) == []


def tree(leaf: Any) -> dict[str, Any]:
    """A schema that contains itself, in every way."""
    itself = {"$ref": "#/components/schemas/Tree"}
    children = {"type": "array", "items": itself}
    return {
        "type": "object",
        "properties": {"leaf": leaf, "children": children, "first": {"oneOf": [itself, {"type": "null"}]}},
        "additionalProperties": {"allOf": [itself]},
    }


def test_a_schema_that_contains_itself_is_compared_once() -> None:
    itself = {"$ref": "#/components/schemas/Tree"}
    assert findings(itself, itself, {"Tree": tree(TEXT)}) == []
    (found,) = findings(itself, itself, {"Tree": tree(TEXT)}, {"Tree": tree(WORDS)})
    assert (found.path, found.effect) == ("leaf", Effect.NARROWER)


def test_a_schema_that_is_a_part_of_itself_says_nothing_by_that() -> None:
    named = {"A": {"allOf": [{"$ref": "#/components/schemas/A"}, TEXT]}}
    assert findings({"$ref": "#/components/schemas/A"}, TEXT, named) == []


def test_a_renamed_schema_is_no_change() -> None:
    base, head = {"A": member(TEXT), "B": member(WORDS)}, {"B": member(WORDS), "C": member(TEXT)}
    before = {"anyOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]}
    after = {"anyOf": [{"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/C"}]}
    assert findings(before, after, base, head) == []


def test_a_change_behind_an_exclusion_is_seen() -> None:
    schema = {"type": "string", "not": {"$ref": "#/components/schemas/A"}}
    found = findings(schema, schema, {"A": {"const": "a"}}, {"A": {"enum": ["a", "b"]}})
    assert verdict(found) == (True, False)


def test_a_member_that_may_explicitly_be_anything_is_only_new() -> None:
    base = {"type": "object", "additionalProperties": True}
    (found,) = findings(base, member({}, additionalProperties=True))
    assert (found.effect, found.text) == (Effect.NEUTRAL, "the optional member is new")


def test_a_change_behind_a_keyword_that_is_compared_as_a_whole_is_seen() -> None:
    schema = {"type": "array", "contains": {"$ref": "#/components/schemas/A"}}
    (found,) = findings(schema, schema, {"A": TEXT}, {"A": WORDS})
    assert found.effect is Effect.BOTH


@pytest.mark.parametrize(
    ("base", "head", "words"),
    [
        ({"xml": {"name": "a"}}, {"xml": {"name": "b"}}, "<a> became <b>"),
        (member(TEXT), member(TEXT | {"xml": {"name": "n"}}), "<m> became <n>"),
        (
            member({"type": "array"}),
            member({"type": "array", "xml": {"wrapped": True}}),
            "<m> became <m> (wrapped True)",
        ),
        (member(TEXT), member(TEXT | {"xml": {"attribute": True}}), "<m> became <m> (attribute True)"),
    ],
)
def test_names_in_xml_matter_where_there_is_xml(base: Any, head: Any, words: str) -> None:
    assert findings(base, head) == []
    (found,) = findings(base, head, xml=True)
    assert words in found.text
    assert found.effect is Effect.BOTH


def test_a_name_in_xml_that_is_the_members_own_is_no_change() -> None:
    assert findings(member(TEXT), member(TEXT | {"xml": {"name": "m"}}), xml=True) == []


@pytest.mark.parametrize("reference", ["#/components/schemas/None", "other.yaml#/A", "#/components/schemas/A/0/x"])
def test_a_reference_that_leads_nowhere_is_said(reference: str) -> None:
    with pytest.raises(UnreadableContract, match=r"leads (nowhere|out)"):
        findings({"$ref": reference}, {}, {"A": TEXT})


def test_too_many_combinations_are_refused_instead_of_eating_the_machine() -> None:
    many = {"anyOf": [member({"const": number}) for number in range(17)]}
    with pytest.raises(UnreadableContract, match="combinations"):
        findings({"allOf": [many, many]}, {})


def test_references_are_followed_within_lists_too() -> None:
    schema = {"anyOf": [TEXT, WORDS]}
    assert document({"A": schema}).target("#/components/schemas/A/anyOf/1") == WORDS
