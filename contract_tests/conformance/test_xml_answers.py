"""XML answers are really read: the decoder is registered with schemathesis, which without it accepts any XML."""

from __future__ import annotations

import pytest
from schemathesis.core import deserialization
from schemathesis.errors import FailureGroup
from schemathesis.specs.openapi.checks import response_schema_conformance
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from scripts.verification import xml
from scripts.verification.contract import STATUS, XML
from scripts.verification.schema import schema_for

BROKEN = {
    "not XML": "{}",
    "cut off": "<xml><data>",
    "total in words": "<xml><data><status>completed</status><progress>100</progress><result><source_id>1</source_id>"
    "<total>many</total><type>database</type><urls>/api/download/1/a.csv</urls></result></data>"
    "<error>0</error><error_text>ok</error_text></xml>",
    "no progress": "<xml><data><status>in_progress</status></data><error>0</error><error_text>ok</error_text></xml>",
    "no data": "<xml><error>0</error><error_text>ok</error_text></xml>",
}


def panel_that_answers(text: str) -> ASGIApp:
    async def panel(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await Response(text, media_type=XML)(scope, receive, send)

    return panel


def judge(text: str) -> None:
    operation = schema_for(panel_that_answers(text))[STATUS]["POST"]
    case = operation.Case(body={"token": "t", "task_id": "1"}, media_type=XML)
    case.validate_response(case.call(), checks=[response_schema_conformance])


def test_the_decoder_is_registered() -> None:
    assert deserialization._DESERIALIZERS[XML] is xml.deserialize
    assert [name for name in deserialization._DESERIALIZERS if "xml" in name] == [XML]


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_xml_answer_is_caught(text: str) -> None:
    with pytest.raises(FailureGroup):
        judge(text)


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_without_the_decoder_it_would_not_be(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(deserialization._DESERIALIZERS, XML)
    judge(text)


def test_a_proper_xml_answer_passes() -> None:
    judge("<xml><error_text>No</error_text><error>403</error><data/></xml>")
