"""Reads a download's body straight from its connection where that is safe: about half the time, and half the work.

httpx hands bodies on in pieces of 64 KiB at most, each of them allocated, parsed and copied. Nothing needs to be parsed
in a body of known length that isn't chunked, so what the parser took in together with the head is taken from it, and
the rest from the connection itself, which httpx hands out for such uses (its extension `network_stream`). A connection
serves one request here, so nobody waits for the parser to see the end.
"""

from __future__ import annotations

import functools
import itertools
import socket
import ssl
from collections.abc import Iterator
from typing import Final, cast

import h11
import httpx

# Larger ones don't fit into the processor's cache any more. Two, because a piece is still hashed while the next comes.
BUFFER: Final = 2**20
BUFFERS: Final = 2


def pieces(response: httpx.Response, patience: float) -> Iterator[bytes | memoryview]:
    """The body as it is on the wire.

    A piece is overwritten when the next but one is asked for.

    Raises:
        httpx.RequestError: As httpx would.
    """
    stream = iter(cast("httpx.SyncByteStream", response.stream))
    length = _length(response)
    connection = None if length is None else _socket(response)
    if length is None or connection is None:
        yield from stream
        return
    taken = next(stream, b"")
    yield taken
    if len(taken) < length:
        yield from _received(connection, len(taken), length, patience)
    else:
        yield from stream


def _received(connection: socket.socket, start: int, length: int, patience: float) -> Iterator[memoryview]:
    sizes = min(BUFFER, length - start)
    buffers = itertools.cycle([memoryview(bytearray(sizes)) for _ in range(BUFFERS)])
    while start < length:
        buffer = next(buffers)[: length - start]
        try:
            filled = _fill(connection, buffer, patience)
        except TimeoutError as error:
            raise httpx.ReadTimeout(str(error)) from None
        except OSError as error:
            raise httpx.ReadError(str(error)) from None
        if not filled:
            # In the parser's words.
            facts = f"received {start} bytes, expected {length}"
            raise httpx.RemoteProtocolError(f"peer closed connection without sending complete message body ({facts})")
        start += filled
        yield buffer[:filled]


def _fill(connection: socket.socket, buffer: memoryview, patience: float) -> int:
    """Waits for bytes, and takes all that are there; 0 at the end of the connection."""
    connection.settimeout(None if patience == float("inf") else patience)
    filled = size = connection.recv_into(buffer)
    connection.settimeout(0)
    while size and filled < len(buffer):
        try:
            size = connection.recv_into(buffer[filled:])
        except OSError:
            # Nothing more is there yet, or never will be: the next call meets it again.
            break
        filled += size
    return filled


def _length(response: httpx.Response) -> int | None:
    """How long the body is, where that is all that its framing says."""
    headers = response.headers
    length = headers.get("Content-Length", "")
    plain = (
        response.status_code in {200, 206}
        and response.extensions.get("http_version") == b"HTTP/1.1"
        and "Transfer-Encoding" not in headers
        and length.isascii()
        and length.isdigit()
        and parser_hands_on_all()
    )
    return int(length) if plain else None


def _socket(response: httpx.Response) -> socket.socket | None:
    """The connected socket, if reading it gives the bytes of the body and nothing else."""
    stream = response.extensions.get("network_stream")
    if stream is None:
        return None
    connection = stream.get_extra_info("socket")
    secured = stream.get_extra_info("ssl_object") is not None
    # In TLS within TLS, the socket is the outer one's.
    return connection if type(connection) is (ssl.SSLSocket if secured else socket.socket) else None


@functools.cache
def parser_hands_on_all() -> bool:
    """Whether httpx's parser keeps no byte of a body back once it was asked for one.

    It does so in all known versions, but doesn't promise it; one that did keep some would make a hole in the file.
    """
    parser = h11.Connection(h11.CLIENT)
    parser.send(h11.Request(method="GET", target="/", headers=[("Host", "localhost")]))
    parser.receive_data(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12345678")
    events = [parser.next_event() for _ in range(3)]
    return isinstance(events[1], h11.Data) and bytes(events[1].data) == b"12345678" and events[2] is h11.NEED_DATA
