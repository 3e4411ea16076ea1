"""A body that is read past the parser is the body to the byte: over real sockets, however the bytes come."""

from __future__ import annotations

import random
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import h11
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.wire.certificates import Authority
from contract_tests.wire.listeners import Listener, listening, read_request
from profile_export import RequestTimeout, ResponseLost, _body_reader
from profile_export._arguments import credential_line
from profile_export._transport import make_async_clients, make_client

BODY = random.Random(5).randbytes(40_000)
PATH = "/api/download/x/1_file.csv"
SILENCE = 20.0  # seconds that the server waits for a client that should have left
WORLDS = ["sync", "asyncio", "trio"]
Script = list[bytes | float]
every_world = pytest.mark.parametrize("world", WORLDS)
every_scheme = pytest.mark.parametrize("scheme", ["http", "https"])


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


class Playing:
    """A server that answers every request with what `script` says: bytes to send, and seconds to wait."""

    def __init__(self, scheme: str, authority: Authority) -> None:
        self.scheme, self.authority = scheme, authority
        self.script: Script = []
        self.keep_open = False
        self.done = threading.Event()

    def play(self, connection: socket.socket, listener: Listener) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        read_request(connection, listener)
        for act in self.script:
            if isinstance(act, float):
                time.sleep(act)
            else:
                connection.sendall(act)
        if self.keep_open:
            self.done.wait(SILENCE)

    def get(self, world: str, take: Callable[[bytes], None], *, timeout: float = 5) -> None:
        """Asks for a file in one of the worlds; `take` gets each piece, which is only good at this moment."""
        line = credential_line(self.url, "token", None, "json", "body")
        options: dict[str, Any] = {"timeout": timeout, "verify": str(self.authority.certificate), "agent": "test"}
        if world == "sync":
            with make_client(line, None, **options) as client, client.stream("GET", PATH) as response:
                for piece in response.iter_raw():
                    take(bytes(piece))
        else:
            anyio.run(partial(self._aget, line, options, take), backend=world)

    @staticmethod
    async def _aget(line: Any, options: dict[str, Any], take: Callable[[bytes], None]) -> None:
        # As where the caller gives the transport: else files come over a blocking one.
        transport = httpx.AsyncHTTPTransport(verify=ssl.create_default_context(cafile=options["verify"]))
        client, none = make_async_clients(line, transport, **options)
        assert none is None
        async with client, client.stream("GET", PATH) as response:
            async for piece in response.aiter_raw():
                take(piece)

    def body(self, world: str) -> bytes:
        taken: list[bytes] = []
        self.get(world, taken.append)
        return b"".join(taken)

    url = ""


@contextmanager
def playing(scheme: str, authority: Authority) -> Iterator[Playing]:
    server = Playing(scheme, authority)
    context = authority.server_context() if scheme == "https" else None
    with listening(server.play, context) as listener:
        server.url = f"{scheme}://127.0.0.1:{listener.port}"
        try:
            yield server
        finally:
            server.done.set()


@pytest.fixture(params=["http", "https"])
def server(request: pytest.FixtureRequest, authority: Authority) -> Iterator[Playing]:
    with playing(request.param, authority) as server:
        yield server


def head(length: int, *more: str, status: str = "200 OK", version: str = "1.1") -> bytes:
    lines = [f"HTTP/{version} {status}", f"Content-Length: {length}", *more]
    return "\r\n".join([*lines, "", ""]).encode()


@contextmanager
def small_buffers(size: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_body_reader, "BUFFER", size)
        yield


@every_scheme
@settings(max_examples=40)
@given(
    places=st.lists(st.integers(0, 41_000), max_size=6),
    size=st.integers(0, 40_000),
    buffer=st.sampled_from([1000, 16_384, 2**20]),
)
def test_no_byte_is_lost_or_doubled_at_any_split(
    authority: Authority, scheme: str, places: list[int], size: int, buffer: int
) -> None:
    answer = head(size) + BODY[:size]
    edges = sorted({0, *(place for place in places if place < len(answer)), len(answer)})
    with playing(scheme, authority) as server, small_buffers(buffer):
        server.script = [answer[start:end] for start, end in pairwise(edges)]
        for world in ["sync", *WORLDS[1 : 1 + (size % 8 == 0)]]:
            assert server.body(world) == BODY[:size]


@every_world
@pytest.mark.parametrize("ahead", [0, 1, 2, 20_000, 39_999, 40_000])
def test_the_head_may_bring_any_part_of_the_body_along(server: Playing, world: str, ahead: int) -> None:
    answer = head(len(BODY))
    server.script = [answer + BODY[:ahead], 0.01, BODY[ahead:]]
    assert server.body(world) == BODY


@every_world
def test_what_a_server_sends_behind_the_body_is_nobodys(server: Playing, world: str) -> None:
    server.script = [head(len(BODY)) + BODY[:70], 0.01, BODY[70:] + b"HTTP/1.1 200 OK\r\n\r\n"]
    server.keep_open = True
    assert server.body(world) == BODY


@pytest.mark.parametrize("status", ["200 OK", "206 Partial Content"])
def test_the_parser_sees_only_what_came_with_the_head(
    server: Playing, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed = counting_parser(monkeypatch)
    server.script = [head(len(BODY), status=status) + BODY[:100], 0.05, BODY[100:]]
    assert server.body("sync") == BODY
    assert sum(parsed) < 1000


def counting_parser(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    parsed: list[int] = []
    receive = h11.Connection.receive_data

    def receiving(self: h11.Connection, data: bytes) -> None:
        parsed.append(len(data))
        receive(self, data)

    monkeypatch.setattr(h11.Connection, "receive_data", receiving)
    return parsed


def chunked(*more: str, status: str = "200 OK") -> Script:
    start = "\r\n".join([f"HTTP/1.1 {status}", "Transfer-Encoding: chunked", *more, "", ""]).encode()
    return [start, b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n"]


@every_world
@pytest.mark.parametrize(
    "script",
    [
        chunked(),
        chunked("Content-Length: 5"),
        [b"HTTP/1.1 200 OK\r\n\r\n", 0.01, BODY],
        [head(len(BODY), version="1.0"), 0.01, BODY],
        [head(len(BODY), status="404 Not Found"), 0.01, BODY],
    ],
    ids=["chunked", "chunked with a length", "no length", "HTTP/1.0", "refusal"],
)
def test_every_other_body_goes_through_the_parser(
    server: Playing, world: str, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed = counting_parser(monkeypatch)
    server.script = script
    assert server.body(world) == BODY
    assert sum(parsed) > len(BODY)


def test_a_parser_that_kept_bytes_back_would_be_let_do_all_of_it(
    server: Playing, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_event = h11.Connection.next_event

    def keeping_back(self: h11.Connection) -> Any:
        event = next_event(self)
        return h11.Data(data=bytes(event.data)[:-1]) if isinstance(event, h11.Data) and len(event.data) == 8 else event

    assert _body_reader.parser_hands_on_all()
    _body_reader.parser_hands_on_all.cache_clear()
    try:
        with monkeypatch.context() as patch:
            patch.setattr(h11.Connection, "next_event", keeping_back)
            assert not _body_reader.parser_hands_on_all()
        parsed = counting_parser(monkeypatch)
        server.script = [head(len(BODY)), 0.01, BODY]
        assert server.body("sync") == BODY
        assert sum(parsed) > len(BODY)
    finally:
        _body_reader.parser_hands_on_all.cache_clear()


def test_a_transport_of_the_callers_is_not_passed_by(server: Playing, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = counting_parser(monkeypatch)
    server.script = [head(len(BODY)), 0.01, BODY]
    line = credential_line(server.url, "token", None, "json", "body")
    transport = httpx.HTTPTransport(verify=ssl.create_default_context(cafile=server.authority.certificate))
    with (
        make_client(line, transport, timeout=5, verify=True, agent="test") as client,
        client.stream("GET", PATH) as response,
    ):
        assert b"".join(response.iter_raw()) == BODY
    assert sum(parsed) > len(BODY)


def test_the_outer_socket_of_tls_within_tls_is_not_read() -> None:
    outer, other = socket.socketpair()

    class Wrapped:
        def get_extra_info(self, name: str) -> object:
            return {"socket": outer, "ssl_object": object()}.get(name)

    def answer() -> httpx.Response:
        extensions = {"http_version": b"HTTP/1.1", "network_stream": Wrapped()}
        return httpx.Response(200, headers={"Content-Length": "3"}, stream=Whole(b"abc"), extensions=extensions)

    class Whole(httpx.SyncByteStream):
        def __init__(self, body: bytes) -> None:
            self.body = body

        def __iter__(self) -> Iterator[bytes]:
            return iter([self.body[:1], self.body[1:]])

    with outer, other:
        other.sendall(b"not the body")
        assert [bytes(piece) for piece in _body_reader.pieces(answer(), 1)] == [b"a", b"bc"]


@every_world
def test_what_came_before_the_connection_broke_is_handed_on(server: Playing, world: str) -> None:
    taken: list[bytes] = []
    server.script = [head(len(BODY)) + BODY[:10], 0.01, BODY[10:30_000]]
    with pytest.raises(ResponseLost, match="received 30000 bytes, expected 40000"):
        server.get(world, taken.append)
    assert b"".join(taken) == BODY[:30_000]


@every_world
def test_a_silent_connection_is_given_up(server: Playing, world: str) -> None:
    taken: list[bytes] = []
    server.script, server.keep_open = [head(len(BODY)) + BODY[:10], 0.01, BODY[10:20]], True
    began = time.monotonic()
    with pytest.raises(RequestTimeout):
        server.get(world, taken.append, timeout=1)
    assert time.monotonic() - began < SILENCE
    assert b"".join(taken) == BODY[:20]


@every_world
def test_a_drip_is_given_up(server: Playing, world: str) -> None:
    drip: Script = [b"x", 0.03]
    server.script = [head(len(BODY)), *(drip * 60)]
    with pytest.raises(RequestTimeout):
        server.get(world, lambda _: None, timeout=0.3)


@every_world
def test_a_reset_connection_is_a_lost_answer(authority: Authority, world: str) -> None:
    def reset(connection: socket.socket, listener: Listener) -> None:
        read_request(connection, listener)
        connection.sendall(head(len(BODY)) + BODY[:100])
        time.sleep(0.02)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    server = Playing("http", authority)
    with listening(reset) as listener:
        server.url = f"http://127.0.0.1:{listener.port}"
        with pytest.raises(ResponseLost):
            server.get(world, lambda _: None)


@pytest.mark.parametrize("world", ["asyncio", "trio"])
def test_cancelling_is_prompt(server: Playing, world: str) -> None:
    server.script, server.keep_open = [head(len(BODY)) + BODY[:10]], True
    line = credential_line(server.url, "token", None, "json", "body")

    async def cancelled() -> float:
        began = time.monotonic()
        transport = httpx.AsyncHTTPTransport(verify=ssl.create_default_context(cafile=server.authority.certificate))
        client, _ = make_async_clients(line, transport, timeout=60, verify=True, agent="test")
        async with client:
            with anyio.move_on_after(0.2):
                async with client.stream("GET", PATH) as response:
                    async for _ in response.aiter_raw():
                        pass
        return time.monotonic() - began

    assert anyio.run(cancelled, backend=world) < SILENCE


def test_pieces_stay_as_they_are_while_the_next_one_is_taken(authority: Authority) -> None:
    """They are still hashed then."""
    with playing("http", authority) as server, small_buffers(1000):
        server.script = [head(len(BODY)) + BODY[:1], 0.05, BODY[1:]]
        line = credential_line(server.url, "token", None, "json", "body")
        with (
            make_client(line, None, timeout=5, verify=True, agent="test") as client,
            client.stream("GET", PATH) as response,
        ):
            before, whole = b"", b""
            for piece in response.iter_raw():
                whole += bytes(before)
                before = piece
            assert whole + bytes(before) == BODY


def test_memory_stays_flat(authority: Authority, tmp_path: Path) -> None:
    length = 64 * 2**20
    with playing("http", authority) as server:
        server.script = [head(length), *([bytes(2**20)] * 64)]
        tracemalloc.start()
        try:
            came: list[int] = []
            server.get("sync", lambda piece: came.append(len(piece)))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert sum(came) == length
    assert peak < 8 * 2**20
