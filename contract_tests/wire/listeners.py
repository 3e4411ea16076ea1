"""Tiny real servers on the loopback, for what mocks can't show: proxies and certificates."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs

Handler = Callable[[socket.socket, "Listener"], None]
ANSWER = b'{"data": {"status": "in_progress", "progress": 40}, "error": 0, "error_text": ""}'


@attrs.define
class Listener:
    """A server, and the first lines of the requests that it got."""

    port: int
    lines: list[str] = attrs.field(factory=list)
    heads: list[bytes] = attrs.field(factory=list)


@contextmanager
def listening(handle: Handler, context: ssl.SSLContext | None = None) -> Iterator[Listener]:
    """Handles one connection after another in a thread until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        listener = Listener(server.getsockname()[1])
        done = threading.Event()

        def serve() -> None:
            while not done.is_set():
                with contextlib.suppress(OSError):
                    connection, _ = server.accept()
                    connection.settimeout(5)
                    with connection, secured(connection, context) as ready:
                        handle(ready, listener)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener
        finally:
            done.set()
            thread.join(10)


def secured(connection: socket.socket, context: ssl.SSLContext | None) -> socket.socket:
    return connection if context is None else context.wrap_socket(connection, server_side=True)


def read_request(connection: socket.socket, listener: Listener) -> bytes:
    """One request's head; its body is read and forgotten."""
    return read_whole_request(connection, listener)[0]


def read_whole_request(connection: socket.socket, listener: Listener) -> tuple[bytes, bytes]:
    """One request's head and body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536) or b"\r\n\r\n"
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65_536)
    listener.lines.append(head.split(b"\r\n")[0].decode())
    listener.heads.append(head)
    return head, body


def answer_status(connection: socket.socket, listener: Listener) -> None:
    """A panel with one running task."""
    read_request(connection, listener)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(ANSWER)}\r\n"
    connection.sendall(f"{head}Connection: close\r\n\r\n".encode() + ANSWER)


def tunnel_to(port: int) -> Handler:
    """A proxy for https, whose tunnels all lead to one port of this machine."""

    def handle(connection: socket.socket, listener: Listener) -> None:
        read_request(connection, listener)
        with socket.create_connection(("127.0.0.1", port), timeout=5) as upstream:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pump, args=(upstream, connection), daemon=True)
            back.start()
            pump(connection, upstream)
            back.join(5)

    return handle


def pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
