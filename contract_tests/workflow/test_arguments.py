"""What people pass to a client is checked before anything is sent, and refused in words that help."""

from __future__ import annotations

import asyncio
import json
import math
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profile_export import AsyncExportClient, Database, ExportClient, Segment, UsageError, _arguments

TOKEN = "marker-token-0123456789"
URL = "https://panel.example.com"


def untouched(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"{request.method} was sent")


@pytest.fixture
def client() -> ExportClient:
    return ExportClient(URL, token=TOKEN, transport=httpx.MockTransport(untouched))


BAD_CLIENTS: list[dict[str, Any]] = [
    {"token": ""},
    {"token": " padded"},
    {"token": "line\n"},
    {"token": "nul\x00"},
    {"token": None},
    {"token": None, "auth": "bearer"},
    {"token": "two words", "auth": "bearer"},
    {"token": "p\u00e4ss", "auth": "bearer"},
    {"wire_format": "yaml"},
    {"auth": "basic"},
    {"panel_url": "files.example.com"},
    {"base_url": "panel.example.com"},
    {"base_url": "https://1.2.3.999"},
    {"base_url": "https://panel.example.com?token=marker-token-0123456789"},
    {"verify": "/no/such/file.pem"},
]


@pytest.mark.parametrize("kind", [ExportClient, AsyncExportClient])
@pytest.mark.parametrize("options", BAD_CLIENTS, ids=str)
def test_a_client_that_can_not_work_is_not_made(kind: Callable[..., Any], options: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        kind(**{"base_url": URL, "token": TOKEN, **options})
    assert TOKEN not in str(caught.value)


@given(st.text(max_size=30) | st.from_regex(r"\Ahttps?://[\w.\-\[\]:@%*]{1,12}/?[\w.%]{0,5}\Z"))
def test_any_address_makes_a_client_or_is_refused(url: str) -> None:
    try:
        ExportClient(url, token=TOKEN, transport=httpx.MockTransport(untouched)).close()
    except UsageError:
        return


@pytest.mark.parametrize("token", ["p\u00e4ss w\u00f6rd", "a b", "x", "&=?#/%"])
def test_odd_tokens_are_fine_in_a_body(token: str) -> None:
    ExportClient(URL, token=token, transport=httpx.MockTransport(untouched)).close()


SELF: dict[str, Any] = {}
SELF["self"] = SELF
BAD_WHERES: list[Any] = [
    [],
    "occupation=doctor",
    7,
    {1: "x"},
    {"a": {2: "x"}},
    {"a": [{None: 1}]},
    {"a": math.nan},
    {"a": math.inf},
    {"a": Ellipsis},
    {"a": {1}},
    {"a": b"bytes"},
    {"a": "\ud800"},
    {"\udcff": 1},
    SELF,
]


@pytest.mark.parametrize("where", BAD_WHERES, ids=lambda where: ascii(where)[:40])
def test_a_filter_that_is_no_json_is_refused(client: ExportClient, where: Any) -> None:
    with pytest.raises(UsageError):
        client.create_export(Database(1), where=where)


@pytest.mark.parametrize(
    "where",
    [
        {},
        {"occupation": "doctor"},
        {"$or": [{"a": 1}, {"b": None}]},
        {"n": 1.5, "t": (1, 2)},
        OrderedDict(a=True),
        MappingProxyType({"_city": "Z\u00fcrich"}),
    ],
    ids=str,
)
def test_a_filter_is_sent_as_it_was_when_it_was_checked(where: Any) -> None:
    request = _arguments.export_request(Segment(7), where, "csv")
    assert request.where == json.loads(json.dumps(dict(where)))
    assert request.where is not where


@pytest.mark.parametrize("source", ["database:1", 1, None, Database])
def test_what_is_no_source_is_refused(client: ExportClient, source: Any) -> None:
    with pytest.raises(UsageError):
        client.create_export(source)


@pytest.mark.parametrize("file_format", ["", " ", None, 7, "\udcff"])
def test_what_is_no_format_is_refused(client: ExportClient, file_format: Any) -> None:
    with pytest.raises(UsageError):
        client.create_export(Database(1), file_format=file_format)


@pytest.mark.parametrize("task_id", ["", "  ", None, 7, "task_\udcff"])
def test_what_is_no_task_id_is_refused(client: ExportClient, task_id: Any) -> None:
    with pytest.raises(UsageError):
        client.task(task_id)


@pytest.mark.parametrize("timeout", [-1, -0.1, math.nan, "soon", pytest.param(10**5000, id="huge")])
def test_what_is_no_time_is_refused_at_once(client: ExportClient, timeout: Any) -> None:
    for call in (client.wait, client.watch):
        with pytest.raises(UsageError):
            call("task", timeout=timeout)
    with pytest.raises(UsageError):
        client.export(Database(1), to="out", timeout=timeout)


def test_a_folder_must_be_named(client: ExportClient) -> None:
    with pytest.raises(UsageError):
        client.export(Database(1), to="")


def test_a_folder_is_made_absolute_when_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert _arguments.destination("out", overwrite=False).directory == tmp_path / "out"


def test_a_closed_client_says_so() -> None:
    client = ExportClient(URL, token=TOKEN, transport=httpx.MockTransport(untouched))
    client.close()
    with pytest.raises(UsageError, match="closed"):
        client.status("task")

    async def asynchronous() -> None:
        awaited = AsyncExportClient(URL, token=TOKEN, transport=httpx.MockTransport(untouched))
        await awaited.aclose()
        with pytest.raises(UsageError, match="closed"):
            await awaited.status("task")

    asyncio.run(asynchronous())


PROXIES = ["127.0.0.1:3128", "http://127.0.0.1:3128", "http://user:secret@127.0.0.1:3128"]
NO_PROXIES = ["socks5://secret@127.0.0.1:1080", "weird://127.0.0.1", "http://", "http://:secret@"]


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_proxy_of_the_environment_needs_no_scheme(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    ExportClient(URL, token=TOKEN).close()


@pytest.mark.parametrize("proxy", NO_PROXIES)
@pytest.mark.parametrize("kind", [ExportClient, AsyncExportClient])
def test_a_proxy_that_can_not_be_used_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, kind: Callable[..., Any], proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(UsageError) as caught:
        kind(URL, token=TOKEN)
    assert "secret" not in str(caught.value)
    assert caught.value.hints
