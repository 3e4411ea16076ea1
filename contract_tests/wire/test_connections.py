"""A connection serves one request: what a server sends behind an answer is never taken for the next one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import anyio

from profile_export import AsyncExportClient, ExportClient

TOKEN = "marker-token-5f2c"
RUNNING = json.dumps({"data": {"status": "in_progress", "progress": 40}, "error": 0, "error_text": ""}).encode()
FORGED = json.dumps({"data": {"status": "failed", "progress": 40}, "error": 0, "error_text": ""}).encode()


def answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


class Server(ThreadingHTTPServer):
    connections = 0

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.wfile.write(answer(RUNNING) + answer(FORGED))

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@contextmanager
def serving() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_a_second_answer_is_nobodys() -> None:
    with serving() as server, ExportClient(f"http://127.0.0.1:{server.server_port}", token=TOKEN) as client:
        assert [client.status("task_1").status for _ in range(3)] == ["in_progress"] * 3
        assert server.connections == 3


def test_a_second_answer_is_nobodys_in_the_asynchronous_client() -> None:
    async def ask(url: str) -> list[str]:
        async with AsyncExportClient(url, token=TOKEN) as client:
            return [(await client.status("task_1")).status for _ in range(3)]

    with serving() as server:
        assert anyio.run(ask, f"http://127.0.0.1:{server.server_port}") == ["in_progress"] * 3
        assert server.connections == 3
