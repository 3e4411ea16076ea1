"""The asynchronous client's files come over blocking connections in threads, or over the transport that it got."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import trio

from contract_tests.wire.paper import run
from contract_tests.wire.range_server import RangePanel, serving
from profile_export import AsyncExportClient, DownloadPolicy, RetryPolicy, _file_clients, _splits, errors

FILE = b"id,occupation\n" + b"".join(b"%08d,doctor\n" % number for number in range(4_000))
LOOPS = pytest.mark.parametrize("style", ["asyncio", "trio"])
WAYS = pytest.mark.parametrize("way", ["own", "given"])
SOON = 20.0  # seconds, much less than what is waited for here


@pytest.fixture
def panel() -> Generator[RangePanel]:
    with serving(FILE) as panel:
        yield panel


def client_of(panel: RangePanel, way: str, *, connections: int = 1, attempts: int = 3) -> AsyncExportClient:
    transport = httpx.AsyncHTTPTransport() if way == "given" else None
    retry = RetryPolicy(attempts=attempts, first_delay=0.0, request_timeout=30.0)
    policy = DownloadPolicy(connections=connections)
    return AsyncExportClient(panel.url, token="t", transport=transport, retry=retry, download=policy)


async def download(client: AsyncExportClient, folder: Path) -> bytes:
    result = await (await client.task("t").wait()).download(folder)
    return result.files[0].path.read_bytes()


async def cancelled(
    cancel: str, client: AsyncExportClient, folder: Path, moment: Callable[[], Awaitable[object]]
) -> None:
    """A download that is cancelled at a moment: by its task, as asyncio does, or by its scope."""
    if cancel == "task":
        task = asyncio.ensure_future(download(client, folder))
        await moment()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return
    async with anyio.create_task_group() as group:
        group.start_soon(download, client, folder)
        await moment()
        group.cancel_scope.cancel()


def holds_bytes(folder: Path) -> bool:
    return any(part.stat().st_size for part in folder.glob("*.part"))


async def bytes_came(folder: Path) -> None:
    with anyio.fail_after(SOON):
        while not holds_bytes(folder):  # noqa: ASYNC110 - files tell nobody
            await anyio.sleep(0.005)


@LOOPS
@WAYS
def test_the_file_comes(panel: RangePanel, style: str, way: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with client_of(panel, way) as client:
            assert await download(client, tmp_path) == FILE

    run(style, main)


@LOOPS
@WAYS
def test_several_connections(
    panel: RangePanel, style: str, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_splits, "SMALLEST_RANGE", 1024)
    panel.piece = 4096
    panel.together(3)

    async def main() -> None:
        async with client_of(panel, way, connections=3) as client:
            assert await download(client, tmp_path) == FILE

    run(style, main)
    assert panel.most == 3


@LOOPS
@WAYS
@pytest.mark.parametrize("cancel", ["scope", "task"])
def test_cancelling_a_stalled_file_is_prompt_and_loses_nothing(
    panel: RangePanel, style: str, way: str, cancel: str, tmp_path: Path
) -> None:
    if (style, cancel) == ("trio", "task"):
        cancel = "scope"
    panel.piece, panel.pause = 16_384, 60.0

    async def main() -> float:
        async with client_of(panel, way) as client:
            began = time.monotonic()
            await cancelled(cancel, client, tmp_path, lambda: bytes_came(tmp_path))
            took = time.monotonic() - began
            panel.pause = 0.0
            # What had come is gone on with, by the same client.
            assert await download(client, tmp_path) == FILE
        return took

    assert run(style, main) < SOON
    assert panel.asked == [None, "bytes=16384-"]


@LOOPS
@WAYS
@pytest.mark.skipif(sys.platform == "win32", reason="signals are others there")
def test_a_ctrl_c_is_heard_while_the_panel_is_silent(panel: RangePanel, style: str, way: str, tmp_path: Path) -> None:
    panel.piece, panel.pause = 16_384, 60.0

    async def main() -> None:
        async with client_of(panel, way) as client:
            await download(client, tmp_path)

    def interrupt() -> None:
        while not holds_bytes(tmp_path):
            time.sleep(0.005)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(style, main)
    assert time.monotonic() - began < SOON
    # What had come is left to a later run.
    assert [part.stat().st_size for part in tmp_path.glob("*.part")] == [16_384]


@LOOPS
def test_threads_are_bounded_and_short_work_has_its_own(
    panel: RangePanel, style: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_file_clients, "MOST_THREADS", 2)
    panel.together(2)

    async def main() -> None:
        async with client_of(panel, "own") as client, anyio.create_task_group() as group:
            for number in range(6):
                group.start_soon(download, client, tmp_path / str(number))

    run(style, main)
    assert len(panel.asked) == 6
    assert panel.most == 2


@LOOPS
@WAYS
def test_what_breaks_is_told_as_it_is(panel: RangePanel, style: str, way: str, tmp_path: Path) -> None:
    panel.acts = {0: {"bytes": 100}, **{number: {"bytes": 0} for number in range(1, 9)}}

    async def main() -> None:
        async with client_of(panel, way, attempts=2) as client:
            with pytest.raises(errors.IncompleteDownload):
                await download(client, tmp_path)

    run(style, main)


@WAYS
def test_a_bug_in_a_thread_is_no_group_of_errors(
    panel: RangePanel, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("profile_export._fetch.Shares.finish", broken)

    async def main() -> None:
        async with client_of(panel, way) as client:
            with pytest.raises(ZeroDivisionError):
                await download(client, tmp_path)

    run("asyncio", main)


@WAYS
def test_closing_twice_is_fine_and_a_closed_client_says_so(panel: RangePanel, way: str, tmp_path: Path) -> None:
    async def main() -> None:
        client = client_of(panel, way)
        task = client.task("t")
        done = await task.wait()
        await client.aclose()
        await client.aclose()
        with pytest.raises(errors.UsageError, match="closed"):
            await done.download(tmp_path)

    run("asyncio", main)


class Hesitant(httpx.AsyncBaseTransport):
    """A transport that waits before it asks for a file."""

    def __init__(self) -> None:
        self.inner = httpx.AsyncHTTPTransport()
        self.waits = anyio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            self.waits.set()
            await anyio.sleep(60)
        return await self.inner.handle_async_request(request)


@LOOPS
@pytest.mark.parametrize("cancel", ["scope", "task"])
def test_a_transport_that_waits_is_cancelled(panel: RangePanel, style: str, cancel: str, tmp_path: Path) -> None:
    if (style, cancel) == ("trio", "task"):
        cancel = "scope"

    async def main() -> float:
        transport = Hesitant()
        async with AsyncExportClient(panel.url, token="t", transport=transport) as client:
            began = time.monotonic()
            await cancelled(cancel, client, tmp_path, transport.waits.wait)
            return time.monotonic() - began

    assert run(style, main) < SOON
    assert list(tmp_path.iterdir()) == []


class Reluctant(httpx.AsyncHTTPTransport):
    """A transport that never answers who asks for a range."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if "Range" in request.headers:
            self.asked += 1
            await self.sleep()
        return await super().handle_async_request(request)

    async def sleep(self) -> None:
        await anyio.sleep(60)


class Nursed(Reluctant):
    """One that waits in a nursery of trio's, as trio does while it connects."""

    async def sleep(self) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep, 60)
            nursery.start_soon(trio.sleep, 60)


def helped_by(transport: Reluctant, panel: RangePanel, patch: pytest.MonkeyPatch) -> AsyncExportClient:
    patch.setattr(_splits, "SMALLEST_RANGE", 1024)
    panel.piece, panel.pause = 4096, 0.01
    return AsyncExportClient(panel.url, token="t", transport=transport, download=DownloadPolicy(connections=3))


@LOOPS
def test_a_range_that_never_comes_holds_up_no_file_that_is_here(
    panel: RangePanel, style: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = Reluctant()

    async def main() -> None:
        async with helped_by(transport, panel, monkeypatch) as client:
            with anyio.fail_after(SOON):
                assert await download(client, tmp_path) == FILE

    run(style, main)
    assert transport.asked == 2


def test_ranges_that_are_cancelled_while_they_connect_say_nothing(
    panel: RangePanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a thread raised would fail this test."""
    transport = Nursed()

    async def all_wait() -> None:
        while transport.asked < 2:  # noqa: ASYNC110 - a transport tells nobody
            await anyio.sleep(0.005)

    async def main() -> None:
        async with helped_by(transport, panel, monkeypatch) as client:
            await cancelled("scope", client, tmp_path, all_wait)

    run("trio", main)
    assert transport.asked == 2
