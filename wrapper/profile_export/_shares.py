"""One attempt at a file over several connections: who fetches which range, and what became of it.

The first connection asks for the whole file, or for the rest of it, as a single one does. Only when its answer has
proved to be the file, others ask for ranges behind; and only when such an answer has proved to be its range, the first
connection leaves those bytes to it. So a panel that answers them in any other way loses nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

import httpx

from profile_export import _effects as do
from profile_export._envelope import parse_retry_after
from profile_export._local import DOWNLOAD_HEADERS, announced_length, head_of
from profile_export._part_file import PartFile
from profile_export._parts import PartFiles
from profile_export._ranges import RangeHead
from profile_export._receiver import Receiver, Rest
from profile_export._splits import Span, holes, judge_part, may_split, range_headers, split
from profile_export._transfer import is_encoded, is_redirect, refusal_of
from profile_export.errors import (
    ApiError,
    ContractError,
    IncompleteDownload,
    LinkExpired,
    RemoteChanged,
    TransportError,
)

# Seconds for which a range waits for a free connection of the client.
POOL_PATIENCE: Final = 1.0
# What one range meets, and others may not: they go on.
ITS_OWN: Final = (TransportError, ApiError, ContractError, IncompleteDownload, LinkExpired)


class Shares:
    """The ranges of one file in one attempt. Once there are some, it is safe to use from several threads."""

    def __init__(self, effect: do.Fetch, parts: PartFiles, places: threading.Semaphore | None) -> None:
        self._effect = effect
        self._parts = parts
        # Connections that are free for ranges, where other files want them, too.
        self._places = threading.Semaphore(effect.connections - 1) if places is None else places
        self._stop_all: Callable[[], None] | None = None
        self._part: PartFile | None = None
        self._content_type = ""
        self._todo: list[Span] = []
        self.failure: Exception | None = None
        self.fatal = self.first_failed = False

    def on_fatal(self, stop_all: Callable[[], None]) -> None:
        """Says how all are stopped by the failure of one that is everybody's."""
        self._stop_all = stop_all

    def open(self, response: httpx.Response) -> Iterator[Share]:
        """What others may help with now, each a first range; call `leave` when one has ended.

        It is split once the first answer has proved to be the file.
        """
        if self._part is None:
            self._split(response)
        while self._todo and self._effect.connections > 1 and self._places.acquire(blocking=False):
            share = self.take()
            if share is None:
                self.leave()
                return
            yield share

    def leave(self) -> None:
        """A connection is free again."""
        self._places.release()

    def _split(self, response: httpx.Response) -> None:
        part = self._parts.here(self._effect.target)
        if not isinstance(part, PartFile):
            return
        self._part = part
        if part.etag is None or part.total is None or not self._allowed(response, part):
            return
        self._content_type = head_of(response).content_type
        ranges = split(holes(part.spans, part.total), self._effect.connections)
        # The first of them is under way, if the first connection is at it: else what came has closed the gap before.
        under_way = ranges[:1] and ranges[0][0] == part.size
        self._todo = list(reversed(ranges[1:] if under_way else ranges))

    def _allowed(self, response: httpx.Response, part: PartFile) -> bool:
        several = self._effect.connections > 1 or bool(part.beyond)
        return several and may_split(_range_head(response), response.headers.get("Accept-Ranges", ""), part.total)

    @property
    def missing(self) -> bool:
        """Whether bytes are still to come over other connections than the first."""
        part = self._part
        return part is not None and part.total is not None and part.received < part.total

    @property
    def received(self) -> int:
        """Bytes that are here."""
        return 0 if self._part is None else self._part.received

    def take(self) -> Share | None:
        """The next range to ask for; nothing more is begun after a failure that is everybody's."""
        part = self._part
        while part is not None and not self.fatal:
            try:
                span = self._todo.pop()
            except IndexError:
                return None
            # The first connection may have come here by itself.
            if span[0] >= part.size:
                return Share(part, span, self._content_type)
        return None

    def note_first(self, error: Exception) -> None:
        """Keeps the failure of the first connection, which matters in any case: it had not come to its end."""
        self.first_failed = True
        self.note(error)

    def note(self, error: Exception) -> None:
        """Keeps the failure that tells most: the first that is everybody's, or else the first."""
        fatal = not isinstance(error, ITS_OWN)
        if isinstance(error, ApiError | LinkExpired):
            # The panel has said what it thinks of more requests; those under way may go on.
            self._todo.clear()
        if self.failure is None or (fatal and not self.fatal):
            self.failure = error
        if fatal and not self.fatal:
            self.fatal = True
            if self._stop_all is not None:
                self._stop_all()

    def finish(self, receiver: Receiver | Rest | None) -> do.Fetched:
        """The facts about the whole file, when all have ended.

        Raises:
            Exception: What one of them met, where it matters: a range that another got after all doesn't.
        """
        part, failure = self._part, self.failure
        if failure is not None and (self.fatal or self.first_failed or self.missing):
            if part is not None and isinstance(failure, RemoteChanged):
                part.restart(None)
            raise failure
        if receiver is None:
            raise TypeError("nothing was fetched")
        return receiver.finish()


class Share:
    """One range: its request, and what takes its answer."""

    def __init__(self, part: PartFile, span: Span, content_type: str) -> None:
        self._part = part
        self._span = span
        self._content_type = content_type
        self._left = span[1] - span[0]
        self._etag, self._total = part.etag or "", part.total or 0

    def headers(self) -> dict[str, str]:
        """What asks for it."""
        return {**DOWNLOAD_HEADERS, **range_headers(self._span, self._etag)}

    def accept(self, response: httpx.Response) -> bool:
        """Whether the answer is the range, and still of use.

        Raises:
            ExportError: The panel refuses it, or its file is another one now.
        """
        head = head_of(response)
        if response.status_code not in {200, 206, 416} and not is_redirect(head):
            retry_after = parse_retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
            raise refusal_of(head, retry_after, None)
        # A page in place of a range is seldom labelled like the file.
        labels = {head.content_type, self._content_type} - {""}
        other = is_encoded(head) or len(labels) > 1
        verdict = "useless" if other else judge_part(_range_head(response), self._span, self._etag, self._total)
        if verdict == "changed":
            name = self._part.target.name
            raise RemoteChanged(f"{name} became another file while it was fetched", hints=("try again",))
        return verdict == "range" and self._part.claim(self._span[0])

    def feed(self, chunk: bytes | memoryview) -> bool:
        """Takes the next bytes; whether more are wanted."""
        chunk = chunk[: self._left]
        self._part.write_range(self._span[0], chunk)
        self._left -= len(chunk)
        return self._left > 0

    def ended(self) -> None:
        """The panel takes its answer for whole, of which more was wanted; so it was something else.

        Raises:
            IncompleteDownload: In any case.
        """
        self._part.drop(self._span[0])
        name = self._part.target.name
        raise IncompleteDownload(f"a range of {name} ended {self._left} bytes before its end")

    def close(self) -> None:
        """Nothing more comes."""
        self._part.give_back(self._span[0])


def impatient(timeout: httpx.Timeout) -> httpx.Timeout:
    """The same, but without a long wait for a free connection: others go on with what they have."""
    return httpx.Timeout(connect=timeout.connect, read=timeout.read, write=timeout.write, pool=POOL_PATIENCE)


def _range_head(response: httpx.Response) -> RangeHead:
    return RangeHead(
        status=response.status_code,
        etag=response.headers.get("ETag"),
        content_range=response.headers.get("Content-Range"),
        content_length=announced_length(response.headers),
    )
