"""Requests wait for places of the client: httpx's pool never has more of them than connections, and none is lost."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpcore
import httpx
import pytest

from contract_tests.wire.listeners import ANSWER, answer_status, listening
from contract_tests.wire.paper import STYLES, TOKEN, URL, Paper, databases, every_style, run
from profile_export import (
    AsyncExportClient,
    ConnectFailed,
    ExportClient,
    ExportError,
    ExportOutcome,
    RetryPolicy,
    _transport,
)
from profile_export import _places as places
from profile_export._credentials import CredentialLine
from profile_export._secrets import Secret
from profile_export._stop import Stop, Stopped
from profile_export._transfer import Panel, origin_of
from profile_export._transport import LIMITS, AsyncTransport, SyncTransport

ONCE = RetryPolicy(attempts=1)
FILE = f"{URL}/api/download/1/1_database_export.csv"


class Counted:
    """A transport that counts the requests under way, until their bodies are closed, and lets each take its time."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self._answer = answer
        self._lock = threading.Lock()
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()

    def begin(self, request: httpx.Request) -> None:
        with self._lock:
            self.now[request.method] += 1
            self.most[request.method] = max(self.most[request.method], self.now[request.method])

    def end(self, request: httpx.Request) -> None:
        with self._lock:
            self.now[request.method] -= 1

    def answer(self, request: httpx.Request) -> httpx.Response:
        try:
            whole = self._answer(request)
        except BaseException:
            self.end(request)
            raise
        stream = Body(whole.content, lambda: self.end(request))
        return httpx.Response(whole.status_code, headers=whole.headers, stream=stream)


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, content: bytes, closed: Callable[[], None]) -> None:
        self._content = content
        self._closed: Callable[[], None] | None = closed

    def __iter__(self) -> Iterator[bytes]:
        yield self._content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        await anyio.lowlevel.checkpoint()
        yield self._content

    def close(self) -> None:
        closed, self._closed = self._closed, None
        if closed is not None:
            closed()

    async def aclose(self) -> None:
        self.close()


class Blocking(Counted, httpx.BaseTransport):
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.begin(request)
        threading.Event().wait(0.002)
        return self.answer(request)


class Awaited(Counted, httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.begin(request)
        try:
            await anyio.sleep(0.002)
        except BaseException:
            self.end(request)
            raise
        return self.answer(request)


def counted(style: str, answer: Callable[[httpx.Request], httpx.Response]) -> Any:
    return Blocking(answer) if style == "sync" else Awaited(answer)


@every_style
def test_a_crowd_is_served_a_few_requests_at_a_time(
    style: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "CALLS", 4)
    monkeypatch.setattr(places, "DOWNLOADS", 3)
    panel = Paper(polls=2)
    transport = counted(style, panel.answer)
    monkeypatch.setattr(Paper, "transport", lambda *_: transport)
    outcomes = panel.export(style, databases(*range(1, 41)), tmp_path, concurrency=40)
    assert [outcome.error for outcome in outcomes] == [None] * 40
    assert transport.most["POST"] == 4
    # The asynchronous client fetches files in threads, which are bounded by themselves.
    assert style != "sync" or transport.most["GET"] == 3
    assert transport.now == {"POST": 0, "GET": 0}


def test_the_pool_has_a_connection_for_every_place() -> None:
    assert LIMITS.max_connections == places.CALLS + places.DOWNLOADS


@every_style
def test_no_request_ever_waits_in_the_pool(style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "CALLS", 4)
    monkeypatch.setattr(_transport, "LIMITS", httpx.Limits(max_connections=4, max_keepalive_connections=0))
    waiting: list[int] = []
    for kind in (httpcore.ConnectionPool, httpcore.AsyncConnectionPool):
        watch(monkeypatch, kind, waiting)
    with listening(answer_status) as listener:
        url = f"http://127.0.0.1:{listener.port}"
        ask_at_once(style, url, 20)
    assert len(waiting) >= 2 * 20
    assert max(waiting) == 0


def watch(monkeypatch: pytest.MonkeyPatch, kind: type[Any], waiting: list[int]) -> None:
    assign = kind._assign_requests_to_connections

    def noting(pool: Any) -> Any:
        closing = assign(pool)
        waiting.append(sum(request.is_queued() for request in pool._requests))
        return closing

    monkeypatch.setattr(kind, "_assign_requests_to_connections", noting)


def ask_at_once(style: str, url: str, times: int) -> None:
    if style == "sync":
        with ExportClient(url, token=TOKEN) as client:
            threads = [threading.Thread(target=client.status, args=("task_1",)) for _ in range(times)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return

    async def ask() -> None:
        async with AsyncExportClient(url, token=TOKEN) as client, anyio.create_task_group() as group:
            for _ in range(times):
                group.start_soon(client.status, "task_1")

    run(style, ask)


BAD: dict[str, Callable[[httpx.Request], httpx.Response]] = {
    "a refusal": lambda _: httpx.Response(200, json={"data": None, "error": 402, "error_text": "no"}),
    "no answer of this API": lambda _: httpx.Response(502, text="<html>"),
}


def broken(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("broken", request=request)


def buggy(request: httpx.Request) -> httpx.Response:
    raise LookupError(request.method)


@pytest.mark.parametrize("answer", [*BAD.values(), broken, buggy], ids=[*BAD, "a broken line", "a bug"])
@every_style
def test_a_request_that_fails_gives_its_place_back(
    style: str, answer: Callable[[httpx.Request], httpx.Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "CALLS", 1)
    turns = itertools.count()

    def first_three(request: httpx.Request) -> httpx.Response:
        return answer(request) if next(turns) < 3 else httpx.Response(200, content=ANSWER)

    transport = counted(style, first_three)

    def ask() -> int:
        with ExportClient(URL, token=TOKEN, retry=ONCE, transport=transport) as client:
            for _ in range(3):
                with suppress(ExportError, LookupError):
                    client.status("task_1")
            return client.status("task_1").progress

    async def aask() -> int:
        async with AsyncExportClient(URL, token=TOKEN, retry=ONCE, transport=transport) as client:
            for _ in range(3):
                with suppress(ExportError, LookupError):
                    await client.status("task_1")
            with anyio.fail_after(20):
                return (await client.status("task_1")).progress

    assert (ask() if style == "sync" else run(style, aask)) == 40
    assert transport.most == {"POST": 1}


def line() -> CredentialLine:
    origin = origin_of(URL)
    assert origin is not None
    return CredentialLine(Panel(URL, origin, origin, URL), Secret(TOKEN))


def answer_any(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=b"id\n" if request.method == "GET" else ANSWER)


IMPATIENT = {"timeout": {"pool": 0.02}}


def test_downloads_keep_no_call_waiting_and_a_request_waits_as_long_as_it_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(places, "DOWNLOADS", 1)
    transport = SyncTransport(line(), Blocking(answer_any))
    file = httpx.Request("GET", FILE, extensions=IMPATIENT)
    body = transport.handle_request(file)
    call = httpx.Request("POST", f"{URL}/api/tasks/status", json={"task_id": "task_1"})
    assert transport.handle_request(call).json()["data"]["progress"] == 40
    with pytest.raises(ConnectFailed, match="no free connection"):
        transport.handle_request(file)
    body.close()
    body.close()
    second = transport.handle_request(file)
    with pytest.raises(ConnectFailed, match="no free connection"):
        transport.handle_request(file)
    second.close()


@pytest.mark.parametrize("style", STYLES[1:])
def test_a_call_of_the_asynchronous_client_waits_as_long_as_it_says(
    style: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "CALLS", 1)

    async def use() -> None:
        transport = AsyncTransport(line(), Awaited(answer_any))
        call = httpx.Request("POST", f"{URL}/api/tasks/status", json={"task_id": "task_1"}, extensions=IMPATIENT)
        place = await transport._places.take(call)
        with pytest.raises(ConnectFailed, match="no free connection"):
            await transport.handle_async_request(call)
        place.leave()
        assert (await transport.handle_async_request(call)).json()["data"]["progress"] == 40

    run(style, use)


@pytest.mark.parametrize("style", STYLES[1:])
def test_who_is_cancelled_takes_no_place_along(style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "CALLS", 1)

    async def use() -> int:
        transport = Awaited(answer_any)
        async with AsyncExportClient(URL, token=TOKEN, transport=transport) as client:
            async with anyio.create_task_group() as group:
                # One is under way, the others wait for its place.
                for _ in range(4):
                    group.start_soon(client.status, "task_1")
                await anyio.wait_all_tasks_blocked()
                group.cancel_scope.cancel()
            assert transport.now == {"POST": 0}
            with anyio.fail_after(20):
                return (await client.status("task_1")).progress

    assert run(style, use) == 40


def wait_for_waiters(free: places._Free, number: int) -> None:
    """Until so many threads wait for a place."""
    condition: Any = free._changed
    while len(condition._waiters) < number:
        threading.Event().wait(0.001)


def test_an_export_that_waits_for_a_place_can_be_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long others keep the places that they have."""
    monkeypatch.setattr(places, "DOWNLOADS", 1)
    client = Paper().client("sync")
    free = client._http._transport._places._downloads
    assert free.take(None, Stop())
    told: list[ExportOutcome | ExportError] = []

    def pull() -> None:
        try:
            told.extend(client.export_many(databases(1, 2), to=tmp_path, concurrency=2))
        except ExportError as error:
            told.append(error)

    puller = threading.Thread(target=pull)
    puller.start()
    wait_for_waiters(free, 2)
    client.close()
    puller.join()
    assert [str(error) for error in told] == ["this client was closed while it exported"]


def test_a_place_that_a_stopped_run_was_to_get_goes_to_another() -> None:
    free = places._Free(1)
    assert free.take(None, Stop())
    stop, ends = Stop(), Counter[str]()

    def wait(name: str, stop: Stop) -> None:
        try:
            ends[f"{name} {free.take(10, stop)}"] += 1
        except Stopped:
            ends[f"{name} stopped"] += 1

    threads = [threading.Thread(target=wait, args=(name, stop)) for name, stop in (("one", stop), ("other", Stop()))]
    for thread in threads:
        thread.start()
        wait_for_waiters(free, len([thread for thread in threads if thread.is_alive()]))
    with free._changed:
        stop.set()
        free.leave()
    for thread in threads:
        thread.join()
    assert ends == {"one stopped": 1, "other True": 1}
    assert not free.take(0, Stop())


def test_a_place_is_waited_for_no_longer_than_for_a_connection() -> None:
    found = places.Places()
    found._calls._left = 0
    request = httpx.Request("POST", f"{URL}/api", extensions={"timeout": {"pool": 0.01}})
    with pytest.raises(httpx.PoolTimeout):
        found.take(request)
