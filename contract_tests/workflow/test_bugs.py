"""A bug is told as a bug, and an argument that can't be used as that: neither is blamed on the panel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from profile_export import AsyncExportClient, Database, ExportClient, UsageError

URL = "https://panel.example.com"
TOKEN = "marker-token-5f2c"


@pytest.mark.parametrize("bug", [KeyError("boom"), AttributeError("boom"), TypeError("boom"), ValueError("boom")])
def test_a_bug_in_a_transport_stays_itself(bug: Exception) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise bug

    with ExportClient(URL, token=TOKEN, transport=httpx.MockTransport(broken)) as client:
        with pytest.raises(type(bug)) as caught:
            client.create_export(Database(1))
        assert caught.value is bug

    async def create() -> None:
        async with AsyncExportClient(URL, token=TOKEN, transport=httpx.MockTransport(broken)) as client:
            await client.create_export(Database(1))

    with pytest.raises(type(bug)) as caught:
        anyio.run(create)
    assert caught.value is bug


@pytest.mark.parametrize(
    "arguments",
    [
        {"base_url": None},
        {"base_url": b"https://panel.example.com"},
        {"token": None},
        {"token": TOKEN.encode()},
        {"panel_url": 7},
        {"transport": httpx.AsyncHTTPTransport()},
        {"transport": "https://panel.example.com"},
    ],
)
def test_a_client_of_wrong_parts_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        ExportClient(**{"base_url": URL, "token": TOKEN, **arguments})
    assert TOKEN not in str(caught.value)


def test_a_blocking_transport_is_refused_by_the_asynchronous_client() -> None:
    transport: Any = httpx.HTTPTransport()
    with pytest.raises(UsageError, match="AsyncBaseTransport"):
        AsyncExportClient(URL, token=TOKEN, transport=transport)


@pytest.mark.parametrize("to", [None, b"exports", "", "a\0b", 7])
def test_a_folder_that_is_none_is_refused(to: Any) -> None:
    with ExportClient(URL, token=TOKEN) as client, pytest.raises(UsageError, match="folder"):
        client.export(Database(1), to=to)


def test_nothing_is_made_when_the_panel_refuses(tmp_path: Path) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"error": 403, "error_text": "No access"})

    with (
        ExportClient(URL, token=TOKEN, transport=httpx.MockTransport(refuse)) as client,
        pytest.raises(Exception, match="refused the token"),
    ):
        client.export(Database(1), to=tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []
