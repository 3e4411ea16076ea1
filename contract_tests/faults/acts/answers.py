"""Faults of the HTTP answer: its status, headers, framing, encoding, or a page in its place."""

from __future__ import annotations

import gzip
import zlib
from email.utils import formatdate
from time import time

import attrs

from contract_tests.faults.fault import Act, Exchange
from contract_tests.faults.panel import FILE_NAME, LINK, envelope
from contract_tests.faults.wire import Headers, Reply

HTML = b"<!DOCTYPE html><html><body><h1>Please sign in</h1></body></html>"
TEN_YEARS = 10 * 365 * 24 * 3600


def page(status: int, body: bytes = HTML, *headers: tuple[str, str]) -> Act:
    """A page of something before the panel."""

    def act(x: Exchange) -> None:
        x.wire.send(Reply(body, (("Content-Type", "text/html"), *headers), status).whole())

    return act


def bare(status: int, *headers: tuple[str, str]) -> Act:
    """A status that comes without a body."""

    def act(x: Exchange) -> None:
        x.wire.send(Reply(status=status, headers=headers).head(length=None if status in {204, 304} else "right"))

    return act


def refusal(status: int, error: int, text: str, *headers: tuple[str, str]) -> Act:
    """An envelope with an error, under any HTTP status."""

    def act(x: Exchange) -> None:
        reply = attrs.evolve(envelope(x.request, None, error=error, text=text), status=status)
        x.wire.send(attrs.evolve(reply, headers=(*reply.headers, *headers)).whole())

    return act


def retry_after_date(status: int, seconds: float) -> Act:
    """A refusal that asks for patience until a moment."""

    def act(x: Exchange) -> None:
        page(status, HTML, ("Retry-After", formatdate(time() + seconds, usegmt=True)))(x)

    return act


def echo(x: Exchange) -> None:
    """An error page that repeats the request, token and all."""
    seen = f"{x.request.target}\n{x.request.body.decode()}\n{x.request.headers.get('authorization', '')}"
    x.wire.send(Reply(seen.encode(), (("Content-Type", "text/plain"),), 400).whole())


def changed(*, status: int | None = None, headers: Headers = (), body: bytes | None = None) -> Act:
    """The right answer with another status, headers or body."""

    def act(x: Exchange) -> None:
        reply = attrs.evolve(
            x.right,
            status=status or x.right.status,
            headers=(*x.right.headers, *headers),
            body=x.right.body if body is None else body,
        )
        x.wire.send(reply.whole())

    return act


def length_off(difference: int, *, keep_open: bool = False) -> Act:
    """The right body under a wrong Content-Length."""

    def act(x: Exchange) -> None:
        x.wire.send(x.right.head(length=str(len(x.right.body) + difference)) + x.right.body)
        if not keep_open:
            x.wire.close()

    return act


def half_length(x: Exchange) -> None:
    """The right body under half of its length."""
    x.wire.send(x.right.head(length=str(len(x.right.body) // 2)) + x.right.body)


def raw_head(*lines: str, version: str = "HTTP/1.1", length: str | None = "right") -> Act:
    """The right answer with header lines of any kind added, or under another version."""

    def act(x: Exchange) -> None:
        head = x.right.head(version=version, length=length).decode("latin-1")
        added = "".join(f"{line}\r\n" for line in lines).replace("LENGTH", str(len(x.right.body)))
        x.wire.send((head[:-2] + added + "\r\n").encode("latin-1") + x.right.body)
        if length is None:
            x.wire.close()

    return act


def instead(data: bytes) -> Act:
    """Bytes that are no HTTP answer."""

    def act(x: Exchange) -> None:
        x.wire.send(data)
        x.wire.close()

    return act


def before(data: bytes) -> Act:
    """Bytes before the right answer."""

    def act(x: Exchange) -> None:
        x.wire.send(data + x.right.whole())

    return act


def extra(x: Exchange) -> None:
    """The right answer, and bytes behind it that belong to nothing."""
    x.wire.send(x.right.whole() + b"\r\n<!-- served by node 7 -->\r\n")


def line_feeds(x: Exchange) -> None:
    """Header lines that end in LF alone."""
    x.wire.send(x.right.head().replace(b"\r\n", b"\n") + x.right.body)


def chunked(x: Exchange) -> None:
    """The right answer in chunks with extensions and a trailer."""
    body = x.right.body
    head = x.right.named("Transfer-Encoding", "chunked").head(length=None)
    chunks = b"".join(b'%x;name="value"\r\n%b\r\n' % (len(part), part) for part in (body[:7], body[7:]))
    x.wire.send(head + chunks + b"0\r\nX-Trailer: yes\r\n\r\n")


def length_and_chunks(x: Exchange) -> None:
    """The right answer in chunks, beside a length that is wrong and doesn't count (RFC 9112, section 6.3)."""
    body = x.right.body
    head = x.right.named("Transfer-Encoding", "chunked").head(length="7")
    x.wire.send(head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
    x.wire.close()


def zipped(*, layers: int = 1, name: str = "gzip", length: bool = True) -> Act:
    """The right answer in gzip."""

    def act(x: Exchange) -> None:
        body = x.right.body
        for _ in range(layers):
            body = gzip.compress(body)
        reply = attrs.evolve(x.right, body=body).named("Content-Encoding", name)
        x.wire.send(reply.head(length="right" if length else None) + body)
        if not length:
            x.wire.close()

    return act


def _bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    piece = b" " * 2**20
    return b"".join([*(packer.compress(piece) for _ in range(size // 2**20)), packer.flush()])


def bomb(size: int, *, layers: int = 1) -> Act:
    """Few bytes that unpack to `size`."""
    packed: list[bytes] = []

    def act(x: Exchange) -> None:
        if not packed:
            data = _bomb(size)
            for _ in range(layers - 1):
                data = gzip.compress(data)
            packed.append(data)
        encoding = ", ".join(["gzip"] * layers)
        x.wire.send(attrs.evolve(x.right, body=packed[0]).named("Content-Encoding", encoding).whole())

    return act


def redirect(location: str, status: int = 302) -> Act:
    """Another place for the file; FOREIGN, OWN and TOKEN in `location` stand for what they say."""

    def act(x: Exchange) -> None:
        if x.request.query.get("moved"):
            x.wire.send(x.right.whole())
            return
        token = x.request.query.get("token", [""])[0]
        target = location.replace("FOREIGN", x.foreign).replace("OWN", x.url).replace("TOKEN", token)
        x.wire.send(Reply(b"moved", (("Location", target),), status).whole())

    return act


SAME_ORIGIN = f"{LINK}?moved=1"
LOOP = LINK
RENAMED = f"/api/download/elsewhere/{FILE_NAME}?moved=1"
