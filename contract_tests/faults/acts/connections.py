"""Faults of the connection: it breaks, stalls, crawls, or never ends."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Literal

import attrs

from contract_tests.faults.fault import Act, Exchange
from contract_tests.faults.wire import Wire

SPACES = b" " * 65_536
LINES = b"bob@example.com,Bob,doctor\n" * 2_000
TAGS = b"<p>please wait</p>" * 3_000

End = Callable[[Wire], None]
Part = Literal["nothing", "half the head", "the head", "half the body"]


def breaks(after: Part, end: End, *, length: Literal["right"] | None = "right") -> Act:
    """A right answer up to some point, and then `end`."""

    def act(x: Exchange) -> None:
        head, body = x.right.head(length=length), x.right.body
        sent = {
            "nothing": b"",
            "half the head": head[: len(head) // 2],
            "the head": head,
            "half the body": head + body[: len(body) // 2],
        }
        x.wire.send(sent[after])
        end(x.wire)

    return act


def chunks_break(rest: bytes) -> Act:
    """Half the body as a chunk, then `rest` in place of what belongs there, and the end."""

    def act(x: Exchange) -> None:
        half = x.right.body[: len(x.right.body) // 2]
        head = x.right.named("Transfer-Encoding", "chunked").head(length=None)
        x.wire.send(head + b"%x\r\n%b\r\n" % (len(half), half) + rest)
        x.wire.close()

    return act


def crawls(pieces: int, pause: float) -> Act:
    """The whole answer in some pieces with pauses between them; together longer than the request timeout."""

    def act(x: Exchange) -> None:
        data = x.right.whole()
        size = -(-len(data) // pieces)
        for start in range(0, len(data), size):
            if not (x.wire.send(data[start : start + size]) and x.wire.pause(pause)):
                return

    return act


def trickles(pause: float) -> Act:
    """The head, and then a byte now and then, for ever."""

    def act(x: Exchange) -> None:
        x.wire.send(x.right.head(length="1000000") + x.right.body[:1])
        while x.wire.pause(pause) and x.wire.send(b" "):
            pass

    return act


def byte_by_byte(x: Exchange) -> None:
    """The head and the first bytes one at a time."""
    data = x.right.whole()
    for position in range(min(len(data), 600)):
        x.wire.send(data[position : position + 1])
    x.wire.send(data[600:])


def vanishes(x: Exchange) -> None:
    """The panel goes down: this connection is closed, and no other is accepted."""
    x.refuse()
    x.wire.close()


def dies_idle(x: Exchange) -> None:
    """The right answer, then the connection is closed without a word, so that its next use fails."""
    x.wire.send(x.right.whole())
    x.wire.close()


def dies_when_reused(end: End) -> Act:
    """Only the first request of a connection is answered; the next one ends it."""

    def act(x: Exchange) -> None:
        if x.nth == 1:
            x.wire.send(x.right.whole())
        else:
            end(x.wire)

    return act


def endless_body(piece: bytes, *headers: tuple[str, str], status: int = 200, chunked: bool = False) -> Act:
    """A body that begins rightly but never ends, in an answer without length."""

    def act(x: Exchange) -> None:
        reply = attrs.evolve(x.right, headers=headers, status=status) if headers else x.right
        reply = reply.named("Transfer-Encoding", "chunked") if chunked else reply
        x.wire.send(reply.head(length=None))
        data = b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece
        while x.wire.send(data):
            pass

    return act


def endless_headers(x: Exchange) -> None:
    """Header after header."""
    x.wire.send(x.right.head()[:-2])
    for number in itertools.count():
        if not x.wire.send(f"X-Header-{number}: {number}\r\n".encode() * 100):
            return


def endless_header(x: Exchange) -> None:
    """One header that never ends."""
    x.wire.send(x.right.head()[:-2] + b"X-Header: ")
    while x.wire.send(b"x" * 10_000):
        pass


def drips(start: bytes, piece: bytes, pause: float) -> Act:
    """What `start` says, then `piece` again and again, a pause before each."""

    def act(x: Exchange) -> None:
        x.wire.send(start)
        while x.wire.pause(pause) and x.wire.send(piece):
            pass

    return act


def head_drips(pause: float) -> Act:
    """The status line, and then a header that comes a byte at a time, for ever."""
    return drips(b"HTTP/1.1 200 OK\r\nX-Header: ", b"x", pause)


def interim_forever(pause: float) -> Act:
    """Interim answers that never end."""
    return drips(b"", b"HTTP/1.1 102 Processing\r\n\r\n", pause)


def chunk_frame_drips(pause: float) -> Act:
    """Half the body as a chunk, and then the size of the next one a digit at a time, for ever."""

    def act(x: Exchange) -> None:
        half = x.right.body[: len(x.right.body) // 2]
        head = x.right.named("Transfer-Encoding", "chunked").head(length=None)
        drips(head + b"%x\r\n%b\r\n5;name=" % (len(half), half), b"x", pause)(x)

    return act


def trailers_drip(pause: float) -> Act:
    """The whole body in chunks, and then a trailer that comes a byte at a time, for ever."""

    def act(x: Exchange) -> None:
        head = x.right.named("Transfer-Encoding", "chunked").head(length=None)
        drips(head + b"%x\r\n%b\r\n0\r\nX-Trailer: " % (len(x.right.body), x.right.body), b"x", pause)(x)

    return act
