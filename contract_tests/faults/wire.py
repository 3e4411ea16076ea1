"""One connection of the fault server: requests read as HTTP, answers sent as rudely as sockets allow."""

from __future__ import annotations

import select
import socket
import struct
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

import attrs

PIECE: Final = 65_536
# Linger on, for 0 seconds: closing throws away what is unsent and answers with RST.
AT_ONCE: Final = struct.pack("ii", 1, 0)

Headers = Sequence[tuple[str, str]]


@attrs.frozen
class Request:
    """One request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def url(self) -> SplitResult:
        return urlsplit(self.target)

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(self.url.query)

    @property
    def is_xml(self) -> bool:
        return "xml" in self.headers.get("content-type", "")


@attrs.frozen
class Reply:
    """One answer, before it is sent in whatever way."""

    body: bytes = b""
    headers: Headers = ()
    status: int = 200
    reason: str = "Whatever"

    def named(self, name: str, value: str) -> Reply:
        """The same answer with one header more, or another value for it."""
        kept = [pair for pair in self.headers if pair[0].lower() != name.lower()]
        return attrs.evolve(self, headers=(*kept, (name, value)))

    def head(self, *, length: int | str | None = "right", version: str = "HTTP/1.1") -> bytes:
        """Status line and headers; `length` None leaves Content-Length out."""
        lines = [f"{version} {self.status} {self.reason}", *(f"{name}: {value}" for name, value in self.headers)]
        if length is not None:
            lines.append(f"Content-Length: {len(self.body) if length == 'right' else length}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def whole(self) -> bytes:
        """The answer as it should be."""
        return self.head() + self.body


class Wire:
    """A connection from the server's side."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._buffer = b""
        self.open = True

    def read_request(self) -> Request | None:
        """The next request, or None when the client has gone."""
        try:
            while b"\r\n\r\n" not in self._buffer:
                self._receive()
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            method, target, _ = first.split(" ", 2)
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            length = int(headers.get("content-length", 0))
            while len(self._buffer) < length:
                self._receive()
        except (OSError, EOFError, ValueError):
            return None
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return Request(method, target, headers, body)

    def _receive(self) -> None:
        piece = self._socket.recv(PIECE)
        if not piece:
            raise EOFError
        self._buffer += piece

    def send(self, data: bytes) -> bool:
        """Sends; tells whether the client is still there."""
        try:
            self._socket.sendall(data)
        except OSError:
            self.open = False
        return self.open

    def pause(self, seconds: float) -> bool:
        """Lets time pass; tells whether the client is still there."""
        try:
            readable, _, _ = select.select([self._socket], [], [], seconds)
            self.open = self.open and not (readable and not self._socket.recv(PIECE))
        except (OSError, ValueError):
            self.open = False
        return self.open

    def wait_until_gone(self) -> None:
        """Stays silent until the client gives up."""
        while self.pause(60):
            pass

    def reset(self) -> None:
        """Ends the connection by RST."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self.close()

    def close(self) -> None:
        """Ends the connection in the usual way."""
        self.open = False
        self._socket.close()

    def interrupt(self) -> None:
        """Wakes the thread that serves this connection; for other threads."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            self.open = False
