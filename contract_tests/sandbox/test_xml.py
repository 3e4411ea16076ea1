"""The sandbox's own XML: what it writes it reads, and hostile documents get nowhere."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profile_export.sandbox.xml import MAX_DEPTH, MAX_ELEMENTS, XmlError, decode, encode

NAMES = st.sampled_from(["a", "_fname", "x.y-z", "errors", "ключ", "xml"])
LEGAL = st.characters(min_codepoint=32, exclude_categories=["Cs"], exclude_characters="\ufffe\uffff")
TEXTS = st.text(LEGAL | st.sampled_from("\t\n\r<&]>"), min_size=1, max_size=20)
TREES = st.recursive(
    TEXTS,
    lambda inner: (
        st.dictionaries(NAMES, inner, min_size=1, max_size=3)
        | st.dictionaries(NAMES, st.lists(inner, min_size=1, max_size=3), min_size=1, max_size=3)
    ),
    max_leaves=8,
)


def listed(value: Any) -> Any:
    """The same tree as `decode` gives it: every member is a list."""
    if isinstance(value, dict):
        return {
            name: [listed(item) for item in (member if isinstance(member, list) else [member])]
            for name, member in value.items()
        }
    return value


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(NAMES, TREES, max_size=4))
def test_what_is_written_is_read_back(values: dict[str, Any]) -> None:
    assert decode(encode(values)) == listed(values)


def test_the_form_of_each_kind_of_value() -> None:
    values = {"number": 5, "yes": True, "none": None, "empty": [], "blank": "", "items": ["a", "b"], "object": {"x": 1}}
    assert encode(values).decode().splitlines() == [
        "<xml>",
        "<blank/>",
        "<empty/>",
        "<items>a</items>",
        "<items>b</items>",
        "<none/>",
        "<number>5</number>",
        "<object>",
        "<x>1</x>",
        "</object>",
        "<yes>true</yes>",
        "</xml>",
    ]


def test_characters_that_xml_cannot_carry_are_replaced() -> None:
    assert decode(encode({"a": "x\x00\x1by\ufffe"})) == {"a": ["x\ufffd\ufffdy\ufffd"]}


def test_carriage_returns_and_markup_survive() -> None:
    text = "a\r\nb\r<&>\"' ]]>"
    assert decode(encode({"a": text})) == {"a": [text]}


@pytest.mark.parametrize(
    "document",
    [
        b'<?xml version="1.0"?><xml><a>1</a></xml>',
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<xml>\n  <a>1</a>\n</xml>\n',
        b"\xef\xbb\xbf<xml><a>1</a></xml>",
        b"<!-- before --><xml><a><!-- within -->1</a></xml><!-- after -->",
        b"<xml><?note?><a><![CDATA[1]]></a></xml>",
        b'<xml with="attribute"><a b="c">1</a></xml>',
        b"<xml><a>&#49;</a></xml>",
    ],
    ids=range(7),
)
def test_harmless_variety_is_read(document: bytes) -> None:
    assert decode(document) == {"a": ["1"]}


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (b"<!DOCTYPE xml><xml/>", "DOCTYPE"),
        (b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xml><c>&b;</c></xml>', "DOCTYPE"),
        (b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><xml/>', "DOCTYPE"),
        (b'<?xml version="1.0" encoding="utf-16"?><xml/>', "UTF-8"),
        (b"<xml>" * (MAX_DEPTH + 1), "nested deeper"),
        (b"<xml>" + b"<a/>" * MAX_ELEMENTS + b"</xml>", "more than"),
        (b"<xml><a>text<b/></a></xml>", "mixes text"),
        (b"<root/>", "root element"),
        (b"<xml>text</xml>", "root element"),
        (b"<xml>&nbsp;</xml>", "not well-formed"),
        (b"<xml>\x00</xml>", "not well-formed"),
        (b"<xml>\xc3\x28</xml>", "not well-formed"),
        (b"", "not well-formed"),
    ],
    ids=range(13),
)
def test_what_is_not_accepted(document: bytes, text: str) -> None:
    with pytest.raises(XmlError, match=text):
        decode(document)
