"""What goes out, byte by byte, in every way to speak to a panel."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from contract_tests.wire.dialogue import (
    CREATE,
    LINK,
    STATUS,
    TASK,
    TOKEN,
    Mode,
    Panel,
    completed,
    created,
    documented,
    refused,
    running,
)
from profile_export import Database, Segment, UsageError
from profile_export._credentials import PLACEHOLDER
from profile_export._version import USER_AGENT

DOCUMENTED_TASK = "ecd371a8-2229-48bb-bc3e-de7d39cd3051"


def headers_of(request: httpx.Request) -> dict[str, str]:
    """All headers but those of the connection."""
    return {
        name: value
        for name, value in request.headers.items()
        if name not in {"host", "connection", "content-length", "accept-encoding"}
    }


def whole(request: httpx.Request) -> str:
    """Everything that a request says."""
    return f"{request.url}\n{request.headers.raw!r}\n{request.content!r}"


def without_token(body: bytes, mode: Mode) -> bytes:
    if mode.auth == "body":
        return body
    return re.sub(rb"(?m)^(<token>.*</token>|\"token\": \".*\",)\n", b"", body)


def same(sent: bytes, expected: bytes, mode: Mode) -> bool:
    """XML to the byte; JSON to the order of its members, since blanks mean nothing in it."""
    if mode.wire_format == "xml":
        return sent == expected
    return bool(json.loads(sent, object_pairs_hook=list) == json.loads(expected, object_pairs_hook=list))


def test_the_documented_create_request(panel: Panel, mode: Mode) -> None:
    panel.create()
    mode.speak(lambda client: client.create_export(Database(1)))
    (request,) = panel.requests
    assert (request.method, request.url.path, request.url.query) == ("POST", CREATE, b"")
    expected = documented("create_export", "request", mode.wire_format)
    assert same(request.content, without_token(expected, mode), mode)
    headers = headers_of(request)
    assert uuid.UUID(headers.pop("request-id")).version == 4
    assert headers.pop("authorization", None) == (f"Bearer {TOKEN}" if mode.auth == "bearer" else None)
    assert headers == {"content-type": mode.media_type, "accept": mode.media_type, "user-agent": USER_AGENT}
    assert request.headers["content-length"] == str(len(request.content))
    assert request.headers["host"] == "panel.example.com"


def test_the_documented_status_request(panel: Panel, mode: Mode) -> None:
    panel.status(running())
    mode.speak(lambda client: client.status(DOCUMENTED_TASK))
    (request,) = panel.requests
    assert (request.method, request.url.path, request.url.query) == ("POST", STATUS, b"")
    expected = documented("get_task_status", "request", mode.wire_format)
    assert same(request.content, without_token(expected, mode), mode)
    headers = headers_of(request)
    assert headers.pop("authorization", None) == (f"Bearer {TOKEN}" if mode.auth == "bearer" else None)
    assert headers == {"content-type": mode.media_type, "accept": mode.media_type, "user-agent": USER_AGENT}


def test_the_documented_download_request(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    panel.status()
    panel.file()
    mode.speak(lambda client: client.download(TASK, tmp_path))
    request = panel.requests[-1]
    assert (request.method, request.url.path, request.content) == ("GET", LINK, b"")
    assert request.url.query == (f"token={TOKEN}".encode() if mode.auth == "body" else b"")
    headers = headers_of(request)
    assert headers.pop("authorization", None) == (f"Bearer {TOKEN}" if mode.auth == "bearer" else None)
    assert headers == {"accept": "*/*", "user-agent": USER_AGENT}
    assert request.headers["accept-encoding"] == "identity"
    assert "content-length" not in request.headers
    assert "content-type" not in request.headers


def test_the_token_goes_out_once_and_the_placeholder_never(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    panel.whole()
    mode.speak(lambda client: client.export(Database(1), to=tmp_path, where={"occupation": "doctor"}))
    assert len(panel.requests) == 4
    for request in panel.requests:
        assert whole(request).count(TOKEN) == 1
        assert PLACEHOLDER not in whole(request)
        in_header = TOKEN in request.headers.get("Authorization", "")
        assert in_header is (mode.auth == "bearer")


def test_the_order_of_calls(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    panel.create()
    panel.status(running(10), running(60), completed())
    panel.file()
    mode.speak(lambda client: client.export(Database(1), to=tmp_path))
    assert panel.paths == [CREATE, STATUS, STATUS, STATUS, LINK]


def test_what_is_asked_for_is_what_is_sent(panel: Panel, format_mode: Mode) -> None:
    panel.create()
    format_mode.speak(lambda client: client.create_export(Segment(-7), file_format="json"))
    members = format_mode.members(panel.requests[0])
    number = -7 if format_mode.wire_format == "json" else "-7"
    assert members == {"token": TOKEN, "source_type": "segment", "source_id": number, "file_format": "json"}


def test_a_filter_in_json(panel: Panel, style_mode: Mode) -> None:
    where = {"occupation": "doctor", "$or": [{"_city": "Z\u00fcrich"}, {"age": {"$gt": 30}}], "token": "theirs"}
    panel.create()
    style_mode.speak(lambda client: client.create_export(Database(1), where=where))
    body = panel.requests[0].content
    assert json.loads(body)["custom_request"] == where
    assert "Z\u00fcrich".encode() in body
    assert list(json.loads(body)) == ["token", "source_type", "source_id", "file_format", "custom_request"]
    assert json.loads(body)["token"] == TOKEN


@pytest.mark.parametrize("style", ["sync", "async"])
def test_a_filter_in_xml(panel: Panel, style: str) -> None:
    panel.create(Mode("xml").answer({"data": {"task_id": TASK}, "error": 0, "error_text": ""}))
    where = {"occupation": "a < b & c", "_city": "Z\u00fcrich"}
    Mode("xml", "body", style).speak(lambda client: client.create_export(Database(1), where=where))  # type: ignore[arg-type]
    inner = "<occupation>a &lt; b &amp; c</occupation>\n<_city>Z\u00fcrich</_city>"
    assert f"\n<custom_request>\n{inner}\n</custom_request>\n</xml>".encode() in panel.requests[0].content


@pytest.mark.parametrize("where", [{"$or": [1]}, {"a b": "x"}, {"a": None}, {"a": "\x00"}], ids=str)
@pytest.mark.parametrize("style", ["sync", "async"])
def test_a_filter_that_xml_can_not_carry_is_not_sent(panel: Panel, where: dict[str, object], style: str) -> None:
    with pytest.raises(UsageError, match="XML") as caught:
        Mode("xml", "body", style).speak(lambda client: client.create_export(Database(1), where=where))  # type: ignore[arg-type]
    assert panel.requests == []
    assert caught.value.operation == "create"


def test_every_repetition_of_a_create_carries_its_request_id(panel: Panel, mode: Mode) -> None:
    panel.create(httpx.Response(503), httpx.ReadError("reset"), refused(429, "Slow down"), created())
    mode.speak(lambda client: client.create_export(Database(1)))
    identities = [request.headers["Request-ID"] for request in panel.requests]
    assert len(identities) == 4
    assert len(set(identities)) == 1
    assert len({whole(request) for request in panel.requests}) == 1


def test_every_export_has_a_request_id_of_its_own(panel: Panel, mode: Mode) -> None:
    panel.create()
    for _ in range(3):
        mode.speak(lambda client: client.create_export(Database(1)))
    assert len({request.headers["Request-ID"] for request in panel.requests}) == 3


@pytest.mark.parametrize("token", ["p\u00e4ss w\u00f6rd&=?#/%+", 'quo"te\\<&>', "{}", "x"])
def test_an_odd_token_arrives_as_it_is(panel: Panel, format_mode: Mode, tmp_path: Path, token: str) -> None:
    panel.whole()
    format_mode.speak(lambda client: client.export(Database(1), to=tmp_path), token=token)
    create, *_, download = panel.requests
    if format_mode.wire_format == "json":
        assert json.loads(create.content)["token"] == token
    else:
        escaped = token.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        assert f"<token>{escaped}</token>".encode() in create.content
    assert download.url.query == f"token={quote(token, safe='')}".encode()
    assert download.url.params["token"] == token


@pytest.mark.parametrize("link", [f"{LINK}?token=theirs", f"{LINK}?part=1&token=a&token=b&last", f"{LINK}?part=1"])
def test_a_token_in_a_link_gives_way_to_ours(panel: Panel, mode: Mode, tmp_path: Path, link: str) -> None:
    panel.status(completed([link]))
    panel.file()
    mode.speak(lambda client: client.download(TASK, tmp_path))
    parts = [part for part in link.partition("?")[2].split("&") if not part.startswith("token=")]
    ours = [f"token={TOKEN}"] if mode.auth == "body" else []
    assert panel.requests[-1].url.query.decode() == "&".join([*parts, *ours])


@pytest.mark.parametrize("name", ["a%20b.csv", "a%2Fb.csv", "a+b~(1).csv", "%D0%BF.csv", "a%2Bb.csv", "100%25.csv"])
def test_a_link_goes_out_as_it_came(panel: Panel, style_mode: Mode, tmp_path: Path, name: str) -> None:
    panel.status(completed([f"/api/download/x/{name}"]))
    panel.router.get(url__startswith="https://panel.example.com/api/download/").mock(
        return_value=httpx.Response(200, content=b"id\n1\n2\n")
    )
    style_mode.speak(lambda client: client.download(TASK, tmp_path))
    assert panel.requests[-1].url.raw_path.decode() == f"/api/download/x/{name}?token={TOKEN}"


def test_an_unexpected_request_fails_a_test(panel: Panel, mode: Mode) -> None:
    """A mock that isn't matched raises AssertionError; nothing on the way may take it for a failure of the network."""
    panel.status()
    with pytest.raises(AssertionError, match="not mocked"):
        mode.speak(lambda client: client.create_export(Database(1)))
    assert len(panel.requests) <= 1


def test_no_cookie_is_kept(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    cookie = {"Set-Cookie": "session=1; Path=/"}
    panel.create(httpx.Response(200, headers=cookie, json=created()))
    panel.status(completed([LINK, LINK.replace("1_", "2_")], total=4))
    panel.file(httpx.Response(200, headers=cookie, content=b"id\n1\n2\n"))
    panel.file(httpx.Response(200, content=b"id\n1\n2\n"), link=LINK.replace("1_", "2_"))
    mode.speak(lambda client: client.export(Database(1), to=tmp_path))
    assert not any("cookie" in request.headers for request in panel.requests)
