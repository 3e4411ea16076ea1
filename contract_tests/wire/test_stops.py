"""Blocking exports that wait for a silent panel are stopped at once, on sockets; no thread and no program hangs."""

from __future__ import annotations

import json
import signal
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from contract_tests.wire.certificates import Authority
from contract_tests.wire.listeners import Handler, Listener, read_request, secured
from contract_tests.wire.paper import databases, other_threads
from profile_export import ExportClient, UsageError
from profile_export._stop import Stop, Stopped

SOON = 10.0  # far below every timeout of the client
PATIENCE = 20.0


def silent_at(step: str, reached: threading.Semaphore, gone: threading.Event) -> Handler:
    """A panel that goes well up to a step, and says nothing more then."""

    def reply(connection: socket.socket, body: bytes, kind: str, length: int | None = None) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length or len(body)}\r\n"
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode() + body)

    def handle(connection: socket.socket, listener: Listener) -> None:
        line = read_request(connection, listener).split(b"\r\n")[0]
        operation = "download" if line.startswith(b"GET") else "status" if b"status" in line else "create"
        if operation == step:
            if step == "download":
                reply(connection, b"id\n1\n", "text/csv", 1000)
            reached.release()
            gone.wait(30)
            return
        data: dict[str, Any] = {"task_id": "task-1"}
        if operation == "status":
            link = f"/api/download/1/{len(listener.lines)}.csv"
            result = {"errors": [], "source_id": 1, "total": 2, "type": "database", "urls": [link]}
            data = {"status": "completed", "progress": 100, "result": result}
        reply(connection, json.dumps({"data": data, "error": 0, "error_text": ""}).encode(), "application/json")

    return handle


class Server(socketserver.ThreadingTCPServer):
    """Every connection has a thread of its own."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The other end has gone, as it should."""


@contextmanager
def silent_panel(step: str, context: ssl.SSLContext | None = None) -> Iterator[tuple[str, threading.Semaphore]]:
    reached, gone = threading.Semaphore(0), threading.Event()
    handle = silent_at(step, reached, gone)

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with secured(self.request, context) as ready:
                handle(ready, listener)

    with Server(("127.0.0.1", 0), Connection) as server:
        listener = Listener(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http{'s' if context else ''}://127.0.0.1:{listener.port}", reached
        finally:
            gone.set()
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("step", ["create", "status", "download"])
@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_closing_wakes_exports_that_wait_for_the_panel(step: str, secure: bool, tmp_path: Path) -> None:
    authority = Authority.make(tmp_path) if secure else None
    context = authority.server_context() if authority else None
    target = tmp_path / "exports"
    with silent_panel(step, context) as (url, reached):
        verify = str(authority.certificate) if authority else True
        with ExportClient(url, token="token-of-the-panel", verify=verify) as client:
            outcomes = client.export_many(databases(1, 2, 3), to=target, concurrency=3)
            consumer = threading.Thread(target=consume, args=(outcomes,))
            consumer.start()
            assert all(reached.acquire(timeout=PATIENCE) for _ in range(3))
            before = time.monotonic()
            client.close()
            consumer.join()
            assert time.monotonic() - before < SOON
    assert other_threads() == set()
    assert [path for path in target.glob("*") if not path.name.endswith((".part", ".part.json"))] == []


def consume(outcomes: Any) -> None:
    with pytest.raises(UsageError, match="closed"), closing(outcomes):
        next(outcomes)


PROGRAM = """
import sys
from profile_export import Database, ExportClient

client = ExportClient(sys.argv[1], token="token-of-the-panel")
outcomes = client.export_many([Database(n) for n in (1, 2, 3)], to=sys.argv[2], concurrency=2)
if sys.argv[3] == "kept":
    import threading
    threading.Thread(target=lambda: next(outcomes, None), daemon=True).start()
    sys.stdin.readline()
else:
    next(outcomes)
"""


@pytest.mark.parametrize("step", ["create", "download"])
def test_no_program_hangs_at_its_end_or_at_ctrl_c(step: str, tmp_path: Path) -> None:
    for way in ("kept", "interrupted"):
        with silent_panel(step) as (url, reached):
            words = [sys.executable, "-W", "error", "-c", PROGRAM, url, str(tmp_path / way), way]
            program = subprocess.Popen(words, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
            assert all(reached.acquire(timeout=PATIENCE) for _ in range(2))
            before = time.monotonic()
            if way == "interrupted":
                program.send_signal(signal.SIGINT)
            _, err = program.communicate(b"\n", timeout=PATIENCE)
            assert time.monotonic() - before < SOON
        if way == "interrupted":
            assert program.returncode == -signal.SIGINT
            assert err.decode().rstrip().endswith("KeyboardInterrupt")
        else:
            assert program.returncode == 0
            # The program's own thread may still be told that its client was closed, as far as there is time for it.
            assert not err or err.startswith(b"Exception in thread ")
        assert list((tmp_path / way).glob("*.csv")) == []


def test_a_stop_wakes_sleepers_and_lets_no_one_begin() -> None:
    stop, woken = Stop(), list[str]()

    def sleep() -> None:
        try:
            stop.sleep(float("inf"))
        except Stopped:
            woken.append("woken")

    sleepers = [threading.Thread(target=sleep) for _ in range(3)]
    for sleeper in sleepers:
        sleeper.start()
    stop.check()
    stop.set()
    for sleeper in sleepers:
        sleeper.join(SOON)
    assert woken == ["woken"] * 3
    with pytest.raises(Stopped):
        stop.check()


def test_a_connection_that_comes_after_the_stop_is_ended_too() -> None:
    class Stream:
        def get_extra_info(self, name: str) -> socket.socket:
            assert name == "socket"
            return ours

    stop = Stop()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        stop.set()
        stop.trace("http11.receive_response_headers.complete", {"return_value": (b"", 200)})
        stop.trace("connection.connect_tcp.started", {"host": "panel.example.com"})
        stop.trace("connection.connect_tcp.complete", {"return_value": Stream()})
        theirs.settimeout(SOON)
        assert theirs.recv(1) == b""
        stop.forget()
        assert stop._sockets == {}
