"""Reads the bodies of answers within bounds: of time, and of memory even where they are compressed.

httpx unpacks a whole read at once without any bound (measured: a few kilobytes in two layers of gzip became 1 GiB), so
answers of the API are unpacked here, in bounded pieces.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Sized
from typing import Any, Final, TypeVar, cast

import attrs
import httpx

from profile_export._deadline import Deadline
from profile_export._pace import Rule, Whole
from profile_export.errors import ContractError

# An envelope with thousands of links stays far below; more is no answer of this API.
LONGEST_ANSWER: Final = 10 * 2**20
UNPACKED_AT_ONCE: Final = 65_536
# gzip, and zlib for "deflate"; zlib tells them apart by itself.
PACKED: Final = frozenset({"gzip", "x-gzip", "deflate"})
ACCEPT_ENCODING: Final = "gzip"


@attrs.define
class AnswerBody:
    """An answer of the API as it comes, unpacked, up to the longest that is read. `encoding` is its header."""

    encoding: str
    _bytes: bytearray = attrs.field(init=False, factory=bytearray)
    _unpacker: Any = attrs.field(init=False, default=None)
    # Bytes on the wire, of which endless ones may unpack to nothing.
    _came: int = attrs.field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        # Other words are passed over: servers are known to write a charset there, and what is really packed in another
        # way is no envelope anyway.
        if self.encoding.strip().lower() in PACKED:
            self._unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes from the wire.

        Raises:
            ContractError: The answer is too long.
            httpx.DecodingError: Its compression is broken.
        """
        self._came += len(chunk)
        if self._came > LONGEST_ANSWER:
            raise _too_long()
        if self._unpacker is None:
            self._add(chunk)
            return
        # What comes behind its end would be kept.
        while chunk and not self._unpacker.eof:
            try:
                piece = self._unpacker.decompress(chunk, UNPACKED_AT_ONCE)
            except zlib.error as error:
                raise httpx.DecodingError(str(error)) from None
            self._add(piece)
            chunk = self._unpacker.unconsumed_tail

    def whole(self) -> bytes:
        """The body at its end."""
        if self._unpacker is not None and self._bytes and not self._unpacker.eof:
            raise httpx.DecodingError("it breaks off")
        return bytes(self._bytes)

    def _add(self, piece: bytes) -> None:
        self._bytes += piece
        if len(self._bytes) > LONGEST_ANSWER:
            raise _too_long()


def _too_long() -> ContractError:
    return ContractError(f"the answer is longer than {LONGEST_ANSWER} bytes")


def patience(request: httpx.Request) -> float:
    """Seconds that an answer may stay without a sign of life, as the client decided."""
    seconds: float | None = request.extensions.get("timeout", {}).get("read")
    return float("inf") if seconds is None else seconds


Chunk = TypeVar("Chunk", bound=Sized)


def paced(chunks: Iterable[Chunk], rule: Rule, deadline: Deadline) -> Iterator[Chunk]:
    """The chunks; raises `httpx.ReadTimeout` when they come too slowly."""
    ahead = iter(chunks)
    while True:
        deadline.begin()
        before = time.monotonic()
        chunk = next(ahead, None)
        problem = rule.problem(time.monotonic() - before, 0 if chunk is None else len(chunk))
        if chunk is None:
            return
        if problem is not None:
            raise httpx.ReadTimeout(problem)
        yield chunk


async def apaced(chunks: AsyncIterable[Chunk], rule: Rule, deadline: Deadline) -> AsyncIterator[Chunk]:
    """The asynchronous twin of `paced`."""
    ahead = aiter(chunks)
    while True:
        deadline.begin()
        before = time.monotonic()
        chunk = await anext(ahead, None)
        problem = rule.problem(time.monotonic() - before, 0 if chunk is None else len(chunk))
        if chunk is None:
            return
        if problem is not None:
            await unwind(ahead)
            raise httpx.ReadTimeout(problem)
        yield chunk


async def unwind(chunks: AsyncIterator[Any]) -> None:
    """Ends an iterator that is left in the middle: cancelled where it waits, those below it end, too, and in order."""
    import anyio  # noqa: PLC0415 - the blocking client does without

    with anyio.CancelScope() as scope:
        scope.cancel()
        async for _ in chunks:
            pass


def read(response: httpx.Response, deadline: Deadline) -> bytes:
    """The whole body of an answer of the API."""
    try:
        if response.is_stream_consumed:
            # A transport of the caller's has read and unpacked it already, to record or to cache it.
            return response.content
        body = AnswerBody(response.headers.get("Content-Encoding", ""))
        stream = cast("httpx.SyncByteStream", response.stream)
        for chunk in paced(stream, Whole(deadline.seconds), deadline):
            body.feed(chunk)
    finally:
        response.close()
    return body.whole()


async def aread(response: httpx.Response, deadline: Deadline) -> bytes:
    """The asynchronous twin of `read`."""
    try:
        if response.is_stream_consumed:
            return response.content
        body = AnswerBody(response.headers.get("Content-Encoding", ""))
        stream = cast("httpx.AsyncByteStream", response.stream)
        async for chunk in apaced(stream, Whole(deadline.seconds), deadline):
            body.feed(chunk)
    finally:
        await response.aclose()
    return body.whole()
