"""A client that is closed says so in its own words, also where that was done in the midst of its work."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.wire.range_server import RangePanel
from contract_tests.wire.ranges import PATIENT, Written, check, check_threads, download, options, slow_panel
from profile_export import (
    AsyncExportClient,
    CreateOutcomeUnknown,
    Database,
    ExportClient,
    RetryPolicy,
    UsageError,
)

pytestmark = pytest.mark.usefixtures("small_ranges")


panel = pytest.fixture(slow_panel)


def close_blocking(panel: RangePanel, folder: Path, connections: int, written: Written) -> None:
    client = ExportClient(panel.url, **options(connections, **PATIENT))
    done = client.task("t").wait()
    closing = written.then(client.close)
    with pytest.raises(UsageError, match="this client is closed"):
        done.download(folder)
    closing.join()


async def close_waiting(panel: RangePanel, folder: Path, connections: int, written: Written, **more: Any) -> None:
    client = AsyncExportClient(panel.url, **options(connections, **PATIENT), **more)
    fetching = asyncio.create_task((await client.task("t").wait()).download(folder))
    await asyncio.to_thread(written.wait)
    await client.aclose()
    with pytest.raises(UsageError, match="this client is closed"):
        await fetching


def close_when(written: Written, panel: RangePanel, kind: str, folder: Path, connections: int) -> None:
    if kind == "sync":
        close_blocking(panel, folder, connections, written)
    else:
        more = {"transport": httpx.AsyncHTTPTransport()} if kind == "transport" else {}
        asyncio.run(close_waiting(panel, folder, connections, written, **more))
    check_threads()


@pytest.mark.parametrize("connections", [1, 4])
@pytest.mark.parametrize("kind", ["sync", "asyncio", "transport"])
def test_a_download_whose_client_is_closed_can_be_gone_on_with(
    panel: RangePanel, kind: str, tmp_path: Path, connections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.pause = 0.2
    close_when(Written(monkeypatch, 65_536), panel, kind, tmp_path, connections)
    first, panel.pause = len(panel.asked), 0.0
    check(download(panel, "sync", tmp_path), tmp_path)
    assert None not in panel.asked[first:], "what came before was thrown away"


@pytest.mark.parametrize("connections", [1, 4])
@pytest.mark.parametrize("kind", ["sync", "asyncio", "transport"])
def test_one_that_waits_for_a_silent_panel_ends_at_once(
    panel: RangePanel, kind: str, tmp_path: Path, connections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.acts = {number: {"bytes": 16_384, "then": panel.say_nothing} for number in range(4)}
    close_when(Written(monkeypatch, connections * 16_384), panel, kind, tmp_path, connections)
    assert not panel.waited_for


@pytest.mark.parametrize("kind", ["sync", "asyncio"])
def test_a_call_whose_client_is_closed_meanwhile(kind: str) -> None:
    """The connection is gone, which is told as what it comes from, and not as a failure of the panel's."""

    def blocking(_: httpx.Request) -> httpx.Response:
        client.close()
        raise httpx.ReadError("the connection is gone")

    async def waiting(_: httpx.Request) -> httpx.Response:
        await other.aclose()
        raise httpx.ReadError("the connection is gone")

    client = ExportClient("https://panel.example.com", token="t", transport=httpx.MockTransport(blocking), verify=False)
    other = AsyncExportClient(
        "https://panel.example.com", token="t", transport=httpx.MockTransport(waiting), verify=False
    )
    with pytest.raises(UsageError, match="this client is closed"):
        _ = client.status("t") if kind == "sync" else asyncio.run(other.status("t"))


def test_a_create_whose_client_is_closed_meanwhile_may_be_done() -> None:
    def closing(_: httpx.Request) -> httpx.Response:
        client.close()
        raise httpx.ReadError("the connection is gone")

    retry = RetryPolicy(first_delay=0.0)
    network = httpx.MockTransport(closing)
    client = ExportClient("https://panel.example.com", token="t", transport=network, verify=False, retry=retry)
    with pytest.raises(CreateOutcomeUnknown):
        client.create_export(Database(1))
