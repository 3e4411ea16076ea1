"""For all values: what is written reads back the same, or is refused; for all bytes: reading fails in one way only."""

from __future__ import annotations

import contextlib
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract_tests.xml.bodies import ANYTHING, SHAPES_BY_NAME, STATUS_ANSWER, TELLABLE, as_read, exactly, names
from profile_export import _xml
from profile_export._xml import XmlEncodingError
from profile_export._xml_tree import XmlError

# Time limits for single examples would measure the machine.
relaxed = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
every_shape = pytest.mark.parametrize("name", SHAPES_BY_NAME)
status_answers = TELLABLE["status answer"]


@every_shape
@relaxed
@given(data=st.data())
def test_what_is_written_reads_back_the_same(name: str, data: st.DataObject) -> None:
    shape = SHAPES_BY_NAME[name]
    value = data.draw(TELLABLE[name])
    assert exactly(_xml.decode(_xml.encode(value, shape), shape)) == exactly(value)


@every_shape
@relaxed
@given(data=st.data())
def test_any_value_reads_back_the_same_or_is_refused(name: str, data: st.DataObject) -> None:
    shape = SHAPES_BY_NAME[name]
    value = data.draw(ANYTHING[name])
    try:
        body = _xml.encode(value, shape)
    except XmlEncodingError:
        return
    assert exactly(_xml.decode(body, shape)) == exactly(as_read(value, shape))


@relaxed
@given(
    value=status_answers.filter(bool),
    random=st.randoms(use_true_random=False),
    prolog=st.sampled_from([b"", b"\xef\xbb\xbf", b'<?xml version="1.0" encoding="UTF-8"?>\n\n']),
)
def test_order_and_layout_mean_nothing(value: dict[str, Any], random: Random, prolog: bytes) -> None:
    shape = STATUS_ANSWER
    members = list(value.items())
    random.shuffle(members)
    body = _xml.encode(dict(members), shape)
    framed = body.replace(b"<xml>\n", b"<xml>\r\n\t <!-- a remark -->", 1).removesuffix(b"</xml>") + b"  </xml>\n\n"
    assert exactly(_xml.decode(prolog + framed, shape)) == exactly(value)


@settings(relaxed, max_examples=200)
@given(body=st.binary(max_size=60) | st.builds(lambda inner: b"<xml>" + inner + b"</xml>", st.binary(max_size=40)))
def test_reading_any_bytes_fails_in_one_way_only(body: bytes) -> None:
    for shape in SHAPES_BY_NAME.values():
        with contextlib.suppress(XmlError):
            exactly(_xml.decode(body, shape))


known = st.sampled_from(["data", "result", "urls", "errors", "total", "progress", "status", "error", "error_text"])
leaves = st.sampled_from(["", " ", "\n", "1", "-1", "1.5", "abc", "true", "&#13;", "<![CDATA[<]]>", "&amp;"])
elements: st.SearchStrategy[str] = st.recursive(
    leaves,
    lambda inner: st.lists(st.tuples(known | names, inner), max_size=4).map(
        lambda found: "".join(f"<{name}>{content}</{name}>" for name, content in found)
    ),
    max_leaves=10,
)


@settings(relaxed, max_examples=120)
@given(content=elements)
def test_reading_any_elements_gives_json_or_the_one_error(content: str) -> None:
    with contextlib.suppress(XmlError):
        decoded: Any = _xml.decode(f"<xml>{content}</xml>".encode(), STATUS_ANSWER)
        exactly(decoded)


@settings(relaxed, max_examples=60)
@given(value=status_answers, place=st.floats(0, 1), removed=st.integers(0, 3), added=st.binary(max_size=3))
def test_damaged_documents_fail_in_one_way_only(
    value: dict[str, Any], place: float, removed: int, added: bytes
) -> None:
    body = bytearray(_xml.encode(value, STATUS_ANSWER))
    start = int(place * len(body))
    body[start : start + removed] = added
    with contextlib.suppress(XmlError):
        exactly(_xml.decode(bytes(body), STATUS_ANSWER))
