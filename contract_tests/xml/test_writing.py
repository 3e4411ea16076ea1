"""Each rule of writing, one test: what a value becomes, and what is refused before it is sent."""

from __future__ import annotations

import math
from typing import Any

import pytest

from contract_tests.xml.bodies import CREATE_REQUEST, EVERY_KIND, STATUS_ANSWER, STATUS_REQUEST
from profile_export._xml import XmlEncodingError, decode, encode
from profile_export._xml_tree import LIMITS

MARKER = "marker-token-7f3a"


def custom(value: Any) -> str:
    """The XML inside `custom_request`, without line breaks between elements."""
    body = encode({"custom_request": value}, CREATE_REQUEST).decode()
    return (
        body.removeprefix("<xml>\n<custom_request>\n").removesuffix("\n</custom_request>\n</xml>").replace(">\n<", "><")
    )


def refusal(value: dict[str, Any], shape: Any = CREATE_REQUEST) -> XmlEncodingError:
    with pytest.raises(XmlEncodingError) as caught:
        encode({"token": MARKER, **value}, shape)
    assert MARKER not in repr(caught.value)
    return caught.value


def test_there_is_no_prolog_and_members_keep_their_order() -> None:
    assert encode({"task_id": "b", "token": "a"}, STATUS_REQUEST) == (
        b"<xml>\n<task_id>b</task_id>\n<token>a</token>\n</xml>"
    )


def test_a_bearer_request_has_no_token_element() -> None:
    assert encode({"task_id": "b"}, STATUS_REQUEST) == b"<xml>\n<task_id>b</task_id>\n</xml>"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"occupation": "doctor"}, "<occupation>doctor</occupation>"),
        ({"_bdate": {"year": "1980", "month": "2"}}, "<_bdate><year>1980</year><month>2</month></_bdate>"),
        ({"phones": ["1", "2"]}, "<phones>1</phones><phones>2</phones>"),
        ({"a": [{"b": "1"}, {"b": "2"}]}, "<a><b>1</b></a><a><b>2</b></a>"),
        ({"a": ["", "x"]}, "<a/><a>x</a>"),
        ({"a": ""}, "<a/>"),
        ({"a": " \n"}, "<a> \n</a>"),
        ({"a": 30, "b": -1, "c": 10**30}, f"<a>30</a><b>-1</b><c>{10**30}</c>"),
        ({"a": 1.5, "b": 1e22, "c": 2.0}, "<a>1.5</a><b>1e+22</b><c>2.0</c>"),
        ({"a": True, "b": False}, "<a>true</a><b>false</b>"),
        ({"\u0438\u043c\u044f": "\u042e"}, "<\u0438\u043c\u044f>\u042e</\u0438\u043c\u044f>"),
    ],
)
def test_a_custom_request_is_nested_elements(value: Any, written: str) -> None:
    assert custom(value) == written


def test_an_empty_custom_request_is_an_empty_element() -> None:
    assert encode({"custom_request": {}}, CREATE_REQUEST) == b"<xml>\n<custom_request/>\n</xml>"


@pytest.mark.parametrize(
    ("value", "path", "reason"),
    [
        (None, "a", 'an empty element means "" in XML here, not null'),
        ({}, "a", 'an empty element means "" in XML here, not {}'),
        ([], "a", 'an empty element means "" in XML here, not []'),
        (["x"], "a", "a list of one can't be told from its item"),
        ([None, "x"], "a[0]", 'an empty element means "" in XML here, not null'),
        (["x", {}], "a[1]", 'an empty element means "" in XML here, not {}'),
        ([["x", "y"], "z"], "a[0]", "XML can't tell a list inside a list apart"),
        ({"b": {"c": None}}, "a.b.c", 'an empty element means "" in XML here, not null'),
        (math.nan, "a", "this number is not finite"),
        (math.inf, "a", "this number is not finite"),
        (b"x", "a", "a value of type bytes was given"),
        ({1: "x"}, "a", "a key is no text"),
    ],
)
def test_what_could_not_be_told_apart_is_refused_by_key_path(value: Any, path: str, reason: str) -> None:
    error = refusal({"custom_request": {"a": value}})
    assert error.path == f"custom_request.{path}"
    assert error.reason.startswith(reason)


@pytest.mark.parametrize(
    "key",
    [
        *(
            "$or",
            "",
            " ",
            "1st",
            "-a",
            ".a",
            "a b",
            "a/b",
            "a&b",
            "a<b",
            "a>",
            "a=b",
            'a"',
            "a\n",
            "a\x00",
            "\ud800",
            "\ufffe",
        ),
        *("a:b", "\u200b", "\U0001f600", "!--", "?pi", "a/><b", "a x='1'", "a></a><!--", "![CDATA[", "\u00d7"),
    ],
)
def test_keys_that_are_no_xml_name_are_refused(key: str) -> None:
    error = refusal({"custom_request": {"deep": {key: "x"}}})
    assert error.path.startswith("custom_request.deep.")
    assert error.path.isprintable()
    assert error.reason == "a key that is no XML name can't be sent in XML; it can be sent in JSON"


def test_the_refusal_names_an_ordinary_key_as_it_is() -> None:
    assert str(refusal({"custom_request": {"$or": []}})).startswith("custom_request.$or: ")


@pytest.mark.parametrize("code", [0x00, 0x08, 0x0B, 0x1F, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF], ids=hex)
def test_characters_that_xml_cannot_carry_are_refused(code: int) -> None:
    character = chr(code)
    assert refusal({"custom_request": {"a": f"x{character}y"}}).path == "custom_request.a"
    with pytest.raises(XmlEncodingError) as caught:
        encode({"token": f"{MARKER}{character}", "task_id": "t"}, STATUS_REQUEST)
    assert caught.value.path == "token"
    assert MARKER not in repr(caught.value)


def test_markup_is_escaped_and_carriage_returns_survive() -> None:
    text = "\r\n\t<a>&amp;]]>\"'\r"
    assert custom({"a": text}) == "<a>&#13;\n\t&lt;a&gt;&amp;amp;]]&gt;\"'&#13;</a>"
    assert decode(encode({"task_id": text}, STATUS_REQUEST), STATUS_REQUEST) == {"task_id": text}


def test_every_other_character_is_carried() -> None:
    text = "".join(map(chr, [9, 10, 13, *range(0x20, 0xD800), *range(0xE000, 0xFFFE), 0x10000, 0x1FFFE, 0x10FFFF]))
    assert decode(encode({"task_id": text}, STATUS_REQUEST), STATUS_REQUEST) == {"task_id": text}


@pytest.mark.parametrize(
    ("value", "path", "reason"),
    [
        ({"source_id": "1"}, "source_id", "a value of type str was given where the contract has integer"),
        ({"source_id": True}, "source_id", "a value of type bool was given where the contract has integer"),
        ({"source_id": 1.0}, "source_id", "a value of type float was given where the contract has integer"),
        ({"source_id": None}, "source_id", "null was given where the contract has integer"),
        ({"source_type": 1}, "source_type", "a value of type int was given where the contract has string"),
        ({"source_type": None}, "source_type", 'an empty element means "" in XML here, not null'),
        ({"source_type": ["a", "b"]}, "source_type", "a value of type list was given where the contract has string"),
        ({"source_type": {"a": "b"}}, "source_type", "a value of type dict was given where the contract has string"),
        ({"custom_request": "text"}, "custom_request", "a value of type str was given where the contract has object"),
        ({"custom_request": None}, "custom_request", "an empty element means {} in XML here, not null"),
        ({"custom_request": ["a", "b"]}, "custom_request", "a value of type list was given"),
    ],
)
def test_values_that_do_not_fit_the_contract_are_refused(value: dict[str, Any], path: str, reason: str) -> None:
    error = refusal(value)
    assert error.path == path
    assert error.reason.startswith(reason)


@pytest.mark.parametrize(
    ("value", "path", "reason"),
    [
        ({"urls": [""]}, "urls", "a list of one empty item"),
        ({"urls": ["\n"]}, "urls", "a list of one empty item"),
        ({"errors": [" "]}, "errors", "a list of one empty item"),
        ({"errors": [["a", "b"]]}, "errors[0]", "XML can't tell a list inside a list apart"),
        ({"urls": None}, "urls", "an empty element means [] in XML here, not null"),
        ({"urls": "/a"}, "urls", "a value of type str was given where the contract has array"),
        ({"errors": [{}, {}]}, "errors[0]", 'an empty element means "" in XML here, not {}'),
        ({}, "", "an empty element means null in XML here, not {}"),
    ],
)
def test_lists_and_objects_that_would_read_back_differently_are_refused(
    value: dict[str, Any], path: str, reason: str
) -> None:
    error = refusal({"data": {"result": value}}, STATUS_ANSWER)
    assert error.path == f"data.result.{path}".rstrip(".")
    assert error.reason.startswith(reason)


def test_a_blank_text_where_an_object_could_stand_is_refused() -> None:
    assert refusal({"data": " "}, STATUS_ANSWER).reason.startswith("a blank text can't be told")
    assert decode(encode({"data": "no"}, STATUS_ANSWER), STATUS_ANSWER) == {"data": "no"}


def test_a_list_of_one_null_is_refused_and_of_two_is_not() -> None:
    with pytest.raises(XmlEncodingError, match="maybe_counts: a list of one empty item"):
        encode({"maybe_counts": [None]}, EVERY_KIND)
    assert encode({"maybe_counts": [None, 1]}, EVERY_KIND) == (
        b"<xml>\n<maybe_counts/>\n<maybe_counts>1</maybe_counts>\n</xml>"
    )


def test_a_member_that_a_closed_object_has_not_is_refused() -> None:
    with pytest.raises(XmlEncodingError, match=r"^closed\.other: the contract has no such member$"):
        encode({"closed": {"other": 1}}, EVERY_KIND)


def nested(levels: int) -> dict[str, Any]:
    value: Any = "x"
    for _ in range(levels - 1):
        value = {"a": value}
    return {"custom_request": value}


def test_what_is_written_is_never_nested_deeper_than_may_be_read() -> None:
    deepest = nested(LIMITS.max_depth - 1)
    assert decode(encode(deepest, CREATE_REQUEST), CREATE_REQUEST) == deepest
    assert "levels can't be sent in XML" in refusal(nested(LIMITS.max_depth)).reason
    assert "levels can't be sent in XML" in refusal(nested(5000)).reason
