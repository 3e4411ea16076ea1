"""Each rule of reading, one test: what an element means, and what breaks the contract."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from contract_tests.xml.bodies import CREATE_ANSWER, DOWNLOAD_ANSWER, EVERY_KIND, STATUS_ANSWER, exactly
from profile_export._xml import Shape, decode
from profile_export._xml_tree import XmlError


def result(content: str) -> Any:
    """The `result` of a status answer that holds the given XML."""
    answer: Any = decode(f"<xml><data><result>{content}</result></data></xml>".encode(), STATUS_ANSWER)
    return answer["data"]["result"]


def member(content: str, shape: Shape = EVERY_KIND) -> Any:
    return decode(f"<xml>{content}</xml>".encode(), shape)


@pytest.mark.parametrize(
    ("content", "urls"),
    [
        ("<urls>/a</urls><urls>/b</urls>", ["/a", "/b"]),
        ("<urls>/a</urls><total>2</total><urls>/b</urls>", ["/a", "/b"]),
        ("<urls>/a</urls>", ["/a"]),
        ("<urls><url>/a</url><url>/b</url></urls>", ["/a", "/b"]),
        ("<urls><url>/a</url></urls>", ["/a"]),
        ("<urls>\n  <url>/a</url>\n  <link>/b</link>\n</urls>", ["/a", "/b"]),
        ("<urls/>", []),
        ("<urls></urls>", []),
        ("<urls>\n</urls>", []),
        ("<urls/><urls/>", ["", ""]),
    ],
)
def test_arrays_are_repeated_or_single_or_wrapped_or_empty(content: str, urls: list[str]) -> None:
    assert result(content)["urls"] == urls


def test_a_wrapper_is_typed_like_its_items() -> None:
    assert member("<counts><n>1</n><n>2</n></counts>") == {"counts": [1, 2]}


def test_children_of_an_item_that_may_be_anything_are_its_members_not_items() -> None:
    content = "<errors><code>7</code><text>no</text></errors>"
    assert result(content)["errors"] == [{"code": "7", "text": "no"}]
    assert member("<rows><id>1</id></rows>") == {"rows": [{"id": 1}]}


def test_an_absent_array_stays_absent() -> None:
    assert result("<total>1</total>") == {"total": 1}


@pytest.mark.parametrize("empty", ["<{0}/>", "<{0}></{0}>", "<{0}><!-- nothing --></{0}>", "<{0}>\n</{0}>"])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("counts", []),
        ("maybe_count", None),
        ("maybe_flag", None),
        ("nothing", None),
        ("closed", {}),
    ],
)
def test_an_empty_element_is_decoded_by_its_shape(name: str, expected: Any, empty: str) -> None:
    assert exactly(member(empty.format(name))) == exactly({name: expected})


def test_an_empty_text_is_a_text_even_where_null_could_stand() -> None:
    assert member("<maybe_text/>") == {"maybe_text": ""}
    assert decode(b"<xml><error_text/><more/></xml>", STATUS_ANSWER) == {"error_text": "", "more": ""}


def test_an_empty_document_and_empty_objects_that_may_be_null() -> None:
    assert decode(b"<xml/>", STATUS_ANSWER) == {}
    assert decode(b"<xml><data/></xml>", STATUS_ANSWER) == {"data": None}
    assert decode(b"<xml><data><result/></data></xml>", STATUS_ANSWER) == {"data": {"result": None}}


@pytest.mark.parametrize("name", ["flag", "ratio"])
def test_an_empty_element_without_a_meaning_breaks_the_contract(name: str) -> None:
    with pytest.raises(XmlError, match=f"{name}: an empty element"):
        member(f"<{name}/>")


@pytest.mark.parametrize(
    ("text", "total"), [("1343", 1343), ("0", 0), ("-7", -7), (" 12\r\n\t", 12), ("9" * 40, 10**40 - 1)]
)
def test_integers_are_typed(text: str, total: int) -> None:
    assert exactly(result(f"<total>{text}</total>")) == exactly({"total": total})


@pytest.mark.parametrize(
    "text",
    ["1.0", "1e3", "abc", "+1", "007", "1 2", "0x1", "1_000", "\u0661", "\u00a01", "", " ", "1<!---->\n2", "9" * 5000],
)
def test_what_is_no_integer_breaks_the_contract(text: str) -> None:
    with pytest.raises(XmlError) as caught:
        result(f"<total>{text}</total>")
    assert caught.value.path == "data.result.total"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<flag>true</flag>", {"flag": True}),
        ("<flag> false </flag>", {"flag": False}),
        ("<ratio>1.5</ratio>", {"ratio": 1.5}),
        ("<ratio>2</ratio>", {"ratio": 2}),
        ("<ratio>-1.5e-3</ratio>", {"ratio": -0.0015}),
        ("<by_name><a>1</a></by_name>", {"by_name": {"a": 1}}),
    ],
)
def test_other_plain_values_are_typed(content: str, expected: Any) -> None:
    assert exactly(member(content)) == exactly(expected)


@pytest.mark.parametrize(
    "content",
    [
        *("<flag>1</flag>", "<flag>True</flag>", "<nothing>null</nothing>", "<by_name><a>x</a></by_name>"),
        *(
            "<ratio>nan</ratio>",
            "<ratio>inf</ratio>",
            "<ratio>1e999</ratio>",
            "<ratio>.5</ratio>",
            "<ratio>1,5</ratio>",
        ),
    ],
)
def test_other_texts_than_the_kind_has_break_the_contract(content: str) -> None:
    with pytest.raises(XmlError, match="the text is no "):
        member(content)


def test_unknown_elements_are_kept() -> None:
    body = b"<xml><error>0</error><a>1</a><b><c>2</c><d/></b><e>3</e><e>4</e></xml>"
    assert decode(body, CREATE_ANSWER) == {"error": 0, "a": "1", "b": {"c": "2", "d": ""}, "e": ["3", "4"]}


def test_unknown_elements_break_a_contract_that_allows_none() -> None:
    with pytest.raises(XmlError, match=r"^closed\.other: the contract has no such member$"):
        member("<closed><other>1</other></closed>")


@pytest.mark.parametrize(
    ("content", "data"),
    [
        ("<data>no access</data>", "no access"),
        ("<data>a</data><data>b</data>", ["a", "b"]),
        ("<data><reason>x</reason></data>", {"reason": "x"}),
        ("<data/>", None),
        ("<data>\n</data>", None),
    ],
)
def test_the_data_of_an_error_may_be_anything(content: str, data: Any) -> None:
    assert decode(f"<xml>{content}<error>403</error></xml>".encode(), STATUS_ANSWER) == {"data": data, "error": 403}


def test_the_data_of_a_refused_download_may_be_anything() -> None:
    body = b"<xml><data><a>1</a></data><error>401</error></xml>"
    assert decode(body, DOWNLOAD_ANSWER) == {"data": {"a": "1"}, "error": 401}


@pytest.mark.parametrize(
    "text",
    [
        " leading and trailing ",
        "\n",
        "  ",
        "tab\there",
        "two\nlines",
        "\u00e9\u4e2d\U0001f600",
        "]]>",
        "\x7f\x85\u2028",
    ],
)
def test_texts_are_exact(text: str) -> None:
    escaped = text.replace(">", "&gt;")
    assert decode(f"<xml><error_text>{escaped}</error_text></xml>".encode(), STATUS_ANSWER) == {"error_text": text}


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("a&#13;b&#xD;\n", "a\rb\r\n"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("&lt;&gt;&amp;&quot;&apos;", "<>&\"'"),
        ("<![CDATA[<b> & ]]>c", "<b> & c"),
        ("one<!-- x --> <?pi y?>text", "one text"),
    ],
)
def test_references_cdata_comments_and_line_ends_follow_xml(written: str, text: str) -> None:
    assert decode(f"<xml><error_text>{written}</error_text></xml>".encode(), STATUS_ANSWER) == {"error_text": text}


def test_attributes_carry_nothing() -> None:
    body = b'<xml xmlns="urn:x" v="1"><data type="null"><task_id id="&lt;">t</task_id></data></xml>'
    assert decode(body, CREATE_ANSWER) == {"data": {"task_id": "t"}}


@pytest.mark.parametrize(
    ("content", "path", "reason"),
    [
        ("<data><result>text<total>1</total></result></data>", "data.result", "a text stands beside elements"),
        ("<a><b>x<c/></b></a>", "a.b", "a text stands beside elements"),
        ("text<error>1</error>", "", "a text stands beside elements"),
        ("<error>1</error><error>1</error>", "error", "the element occurs more than once"),
        ("<data><result><total>1</total></result><result/></data>", "data.result", "the element occurs more than once"),
        ("<error><code>1</code></error>", "error", "elements were found where the contract has integer"),
        ("<error_text><b>1</b></error_text>", "error_text", "elements were found where the contract has string"),
        ("<data><result>text</result></data>", "data.result", "a text was found where the contract has object"),
        ("<data><result><urls><a><b/></a></urls></result></data>", "data.result.urls[0]", "elements were found"),
        ("<data><result><urls>/a</urls><urls><b>/c</b></urls></result></data>", "data.result.urls[1]", "elements were"),
        ("text", "", "a text was found where the contract has object"),
    ],
)
def test_other_structures_break_the_contract(content: str, path: str, reason: str) -> None:
    with pytest.raises(XmlError) as caught:
        decode(f"<xml>{content}</xml>".encode(), STATUS_ANSWER)
    assert caught.value.path == path
    assert caught.value.reason.startswith(reason)


def test_the_root_is_named_by_the_contract() -> None:
    for body in (b"<XML/>", b"<html><error>0</error></html>", b"<data/>"):
        with pytest.raises(XmlError, match="the root element isn't <xml>"):
            decode(body, STATUS_ANSWER)
    assert decode(b"<answer/>", {**STATUS_ANSWER, "name": "answer"}) == {}


@pytest.mark.parametrize("body", [b"<xml/>", b"<xml>text</xml>"])
def test_a_document_is_an_object_even_where_the_contract_is_vague(body: bytes) -> None:
    with pytest.raises(XmlError, match=r"^the document holds no elements$"):
        decode(body, {**STATUS_ANSWER, "nullable": True, "loose": True})


@pytest.mark.parametrize(
    "prolog",
    [
        "",
        "\n \t",
        '<?xml version="1.0"?>',
        "<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n",
        '<?xml version="1.0" encoding="UTF-8"?><!-- hello --><?app x?>',
    ],
)
def test_the_prolog_is_optional(prolog: str) -> None:
    assert decode(f"{prolog}<xml><error_text>\u00e9</error_text></xml>\n".encode(), STATUS_ANSWER) == {
        "error_text": "\u00e9"
    }


@pytest.mark.parametrize(
    ("encoding", "codec"),
    [("UTF-8", "utf-8-sig"), ("utf-16", "utf-16"), ("ISO-8859-1", "latin-1"), ("us-ascii", "ascii")],
)
def test_encodings_that_expat_reads_by_itself(encoding: str, codec: str) -> None:
    text = "e" if codec == "ascii" else "\u00e9"
    body = f'<?xml version="1.0" encoding="{encoding}"?><xml><error_text>{text}</error_text></xml>'.encode(codec)
    assert decode(body, STATUS_ANSWER) == {"error_text": text}


def test_utf_16_without_a_declaration() -> None:
    assert decode("<xml><error_text>\u4e2d</error_text></xml>".encode("utf-16"), STATUS_ANSWER) == {
        "error_text": "\u4e2d"
    }


def test_messages_name_the_element_and_never_its_content() -> None:
    with pytest.raises(XmlError) as caught:
        result("<total>abcdefghijklmnqrstuvwxyz</total>")
    assert str(caught.value) == "data.result.total: the text is no integer"
    assert "abcdef" not in repr(caught.value)


def test_a_hostile_name_makes_no_hostile_message() -> None:
    with pytest.raises(XmlError) as caught:
        member(f"<closed><{'n' * 5000}/></closed>")
    assert caught.value.path == f'closed."{"n" * 64}"'


def test_errors_survive_pickling() -> None:
    error = pickle.loads(pickle.dumps(XmlError("data.total", "the text is no integer")))
    assert (str(error), error.path, error.reason) == (
        "data.total: the text is no integer",
        "data.total",
        "the text is no integer",
    )
