"""The head of an answer has a deadline on every kind of connection; connections that are used again work on."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.wire.certificates import Authority
from contract_tests.wire.dialogue import TASK, Mode
from contract_tests.wire.listeners import ANSWER, Listener, listening, read_request, tunnel_to
from profile_export import RequestTimeout, RetryPolicy
from profile_export._deadline import Deadline

PATIENCE = 0.5  # seconds, in which a slow machine still answers
HASTY = RetryPolicy(attempts=1, request_timeout=PATIENCE)
ANSWERS = 3


def drip(connection: socket.socket, listener: Listener) -> None:
    """A header that comes a byte now and then, until the client has gone, or for much longer than it may take."""
    read_request(connection, listener)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Header: ")
    until = time.monotonic() + 20
    with contextlib.suppress(OSError):
        while time.monotonic() < until and not select.select([connection], [], [], 0.02)[0]:
            connection.sendall(b"x")


def answer_often(connection: socket.socket, listener: Listener) -> None:
    """Several answers on one connection."""
    for _ in range(ANSWERS):
        read_request(connection, listener)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(ANSWER)}\r\n\r\n"
        connection.sendall(head.encode() + ANSWER)


def ask(mode: Mode, base_url: str, **options: Any) -> None:
    began = time.monotonic()
    with pytest.raises(RequestTimeout, match="in time"):
        mode.speak(lambda client: client.status(TASK), base_url=base_url, retry=HASTY, **options)
    assert time.monotonic() - began < 15


def test_over_tls(style_mode: Mode, tmp_path: Path) -> None:
    authority = Authority.make(tmp_path)
    with listening(drip, authority.server_context()) as listener:
        ask(style_mode, f"https://127.0.0.1:{listener.port}", verify=str(authority.certificate))
        assert len(listener.lines) == 1


def test_through_a_tunnel(style_mode: Mode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority.make(tmp_path)
    with listening(drip, authority.server_context()) as panel, listening(tunnel_to(panel.port)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        ask(style_mode, "https://panel.invalid", verify=str(authority.certificate))
        assert len(panel.lines) == 1


def test_of_the_proxy_itself(style_mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(drip) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        ask(style_mode, "https://panel.invalid")
        assert len(proxy.lines) == 1


def test_a_connection_that_is_used_again_has_no_deadline_of_the_past(style_mode: Mode) -> None:
    transport: Any = httpx.HTTPTransport() if style_mode.style == "sync" else httpx.AsyncHTTPTransport()

    def later(snapshot: Any) -> Any:
        assert snapshot.progress == 40
        time.sleep(1.5 * PATIENCE)
        return client[0].status(TASK)

    client: list[Any] = []

    def first(given: Any) -> Any:
        client.append(given)
        return given.status(TASK)

    with listening(answer_often) as listener:
        url = f"http://127.0.0.1:{listener.port}"
        last = style_mode.speak(first, later, later, base_url=url, transport=transport, retry=HASTY)
        assert last.progress == 40
        assert len(listener.lines) == ANSWERS


def test_a_read_never_gets_more_than_what_is_left() -> None:
    class Stream:
        timeouts: list[float | None]

        def read(self, _max_bytes: int, timeout: float | None = None) -> bytes:
            self.timeouts.append(timeout)
            return b"x"

    now = [100.0]
    stream: Any = Stream()
    stream.timeouts = []
    deadline = Deadline(60, clock=lambda: now[0])
    request = deadline.watch(httpx.Request("GET", "https://panel.example.com"))
    trace = request.extensions["trace"]
    trace("connection.connect_tcp.complete", {"return_value": stream})
    assert stream.read(1, 60) == b"x"
    trace("http11.receive_response_headers.started", {})
    for now[0], timeout in ((110.0, 60.0), (159.0, 60.0), (159.5, None)):
        stream.read(1, timeout)
    assert stream.timeouts == [60, 50, 1, 0.5]
    now[0] = 160.0
    with pytest.raises(httpx.ReadTimeout):
        stream.read(1, 60)
    deadline.begin()
    assert stream.read(1, 60) == b"x"
