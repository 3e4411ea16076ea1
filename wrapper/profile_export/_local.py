"""Performs the effects that need neither network nor disk, and prepares a download. Both drivers share it."""

from __future__ import annotations

import logging
import random
import re
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import attrs
import httpx

from profile_export import _clock
from profile_export import _effects as do
from profile_export._credentials import LOCATION, CredentialLine
from profile_export._envelope import LONGEST_TEXT, one_line, parse_retry_after
from profile_export._journal import Journal
from profile_export._keeper import Keeper
from profile_export._limiter import Limiter
from profile_export._parts import PartFiles
from profile_export._ranges import RangeHead, ResumePoint, announced_total, judge_range, strong_etag
from profile_export._receiver import Receiver, Rest
from profile_export._telling import Telling
from profile_export._transfer import Head, format_of_file, is_encoded
from profile_export.errors import ExportError, IntegrityError, RemoteChanged
from profile_export.events import (
    DownloadProgress,
    DownloadRestarted,
    DownloadStarted,
    Event,
    EventSink,
    ExportFailed,
    ExportFinished,
    ExportStarted,
    TaskPolled,
)

# Compressed bytes would be neither the announced number nor the file's own.
DOWNLOAD_HEADERS: Final = {"Accept": "*/*", "Accept-Encoding": "identity"}
# A bar needs no more; every event costs the download time.
PROGRESS_INTERVAL: Final = 0.1

logger = logging.getLogger("profile_export")
# A library stays silent where nobody has asked for logs.
logger.addHandler(logging.NullHandler())
# Links may be signed by their queries.
QUERY: Final = re.compile(r"\?[^\s'\"<>]+")


@attrs.define
class _Run:
    """One run of a flow: the id of the export that it is about, and whether that has begun without an end."""

    export: str = ""
    open: bool = False
    telling: Telling = attrs.field(factory=Telling, repr=False, eq=False)


@attrs.frozen
class Local:
    """One client's surroundings.

    Attributes:
        sink: Told of every event; what it raises is logged and changes nothing.
        clock: Seconds, never set back; the one that is current when the client is made.
        draw: Random numbers in [0, 1).
        journal: Where records are kept, or None.
        limiter: What all exports of the client share.
        verify_content: Whether files are hashed and counted while they come.
    """

    sink: EventSink | None = None
    clock: _clock.Clock = attrs.field(factory=_clock.current)
    draw: Callable[[], float] = random.random
    journal: Journal | None = None
    limiter: Limiter = attrs.field(factory=Limiter, repr=False, eq=False)
    verify_content: bool = True
    _complained: set[type[Exception]] = attrs.field(factory=set[type[Exception]], repr=False, eq=False)
    _run: _Run = attrs.field(factory=_Run, repr=False, eq=False)

    @contextmanager
    def run(self, export: str = "") -> Generator[Local]:
        """The surroundings of one run, whose events all tell the id of its export, and its bad end if it has one.

        Args:
            export: That id; without it, it is the first request id that the run asks for.
        """
        local = attrs.evolve(self, run=_Run(export))
        try:
            yield local
        except BaseException as error:
            if local._run.open:  # noqa: SLF001 - another of this class
                local.emit(_failed(error))
            raise

    def moment(self, effect: do.MomentEffect[Any]) -> Any:
        """Performs an effect that takes no time."""
        match effect:
            case do.Now():
                return self.clock.now()
            case do.WallClock():
                return time.time()
            case do.Draw():
                return self.draw()
            case do.QuietTime():
                return self.limiter.quiet_time(self.clock.now())
            case do.NewRequestId():
                request_id = str(uuid.uuid4())
                self._run.export = self._run.export or request_id
                return request_id
            case do.Emit(event):
                return self.emit(event)
            case _:
                raise TypeError(f"no such effect: {effect!r}")

    def parts(self) -> PartFiles:
        """What keeps the bytes of one run."""
        return PartFiles(verify=self.verify_content)

    def note(self, error: Exception) -> None:
        """Looks whether a failure means all exports of the client."""
        self.limiter.note(error, self.clock.now())

    def emit(self, event: Event) -> None:
        """Tells the sink and the log, with the export that it is about."""
        event = attrs.evolve(event, export=self._run.export)
        if isinstance(event, ExportStarted | ExportFinished | ExportFailed):
            self._run.open = isinstance(event, ExportStarted)
        _log(event)
        if self.sink is not None:
            self._run.telling.tell(event, self._to_sink)

    def _to_sink(self, event: Event) -> None:
        if self.sink is None:
            return
        try:
            self.sink(event)
        except Exception as error:
            if type(error) not in self._complained:
                self._complained.add(type(error))
                logger.warning("the event sink raised an error, told once of its kind", exc_info=True)

    def progress(self, effect: do.Fetch) -> Callable[[int], None]:
        """What tells a few times a second how many bytes of a download are here."""
        return _Throttled(self, effect).progress

    def receiver(
        self, effect: do.Fetch, response: httpx.Response, line: CredentialLine, parts: PartFiles
    ) -> Receiver | Rest:
        """What takes the body of a download's answer.

        Raises:
            RemoteChanged: It is not the rest of what is here; that is forgotten.
        """
        progress = self.progress(effect)
        part = parts.here(effect.target)
        if part is not None and part.resume_point is not None and response.status_code in {206, 416}:
            rest = _rest(part, part.resume_point, response, progress)
            self.emit(DownloadStarted(target=effect.target, size=part.total, resumed_from=part.size))
            return rest
        file_format = format_of_file(effect.target, effect.file_format)

        def begin(announced: int | None) -> Keeper:
            if not self.verify_content and not tells_its_end(response):
                raise IntegrityError(
                    f"the panel announces no length of {effect.target.name}: without a look at its content, nothing "
                    "tells whether it is whole",
                    hints=("leave verify_content on",),
                )
            if part is not None:
                self.emit(DownloadRestarted(target=effect.target))
            self.emit(DownloadStarted(target=effect.target, size=announced))
            etag = strong_etag(response.headers.get("ETag"))
            counts = file_format == "csv"
            return parts.begin(effect.target, effect.task_id, count_rows=counts, announced=announced, etag=etag)

        return Receiver(
            head=head_of(response),
            announced=announced_length(response.headers),
            retry_after=parse_retry_after(response.headers.get("Retry-After"), datetime.now(UTC)),
            file_format=file_format,
            begin=begin,
            read_envelope=line.read_envelope,
            progress=progress,
            framed=tells_its_end(response),
        )


def _rest(part: Keeper, point: ResumePoint, response: httpx.Response, progress: Callable[[int], None]) -> Rest:
    head = RangeHead(
        status=response.status_code,
        etag=response.headers.get("ETag"),
        content_range=response.headers.get("Content-Range"),
        content_length=announced_length(response.headers),
    )
    verdict = judge_range(head, point)
    if verdict not in {"rest", "complete"} or is_encoded(head_of(response)):
        part.restart(None)
        raise RemoteChanged(f"{part.target.name} became another file while it was fetched", hints=("try again",))
    if verdict == "rest":
        part.go_on(announced_total(head, point))
    return Rest(part, verdict == "rest", progress)


def download_headers(parts: PartFiles, effect: do.Fetch) -> dict[str, str]:
    """The headers of a download: for the whole file, or for the rest of what is here."""
    counts = format_of_file(effect.target, effect.file_format) == "csv"
    point = parts.look(effect.target, effect.task_id, count_rows=counts)
    return DOWNLOAD_HEADERS if point is None else {**DOWNLOAD_HEADERS, **point.headers()}


def _failed(error: BaseException) -> ExportFailed:
    if isinstance(error, ExportError):
        return ExportFailed(slug=error.slug, message=str(error))
    # What a foreign error says may hold anything.
    return ExportFailed(slug="bug" if isinstance(error, Exception) else "interrupted", message=type(error).__name__)


def _log(event: Event) -> None:
    """Milestones at INFO. Links stay out of it, and so do the queries in what the panel says."""
    if isinstance(event, TaskPolled):
        seen = event.snapshot
        # The panel's own words: a line break in them would begin a line that looks like another record.
        task_id, status = one_line(seen.task_id, LONGEST_TEXT), one_line(seen.status, LONGEST_TEXT)
        logger.info("TaskPolled(%s: %s, %d percent, waited %.1f)", task_id, status, seen.progress, event.waited)
    elif not isinstance(event, DownloadProgress):
        logger.info("%s", QUERY.sub("?...", str(event)))


@attrs.define
class _Throttled:
    """Progress of one download, told a few times a second."""

    local: Local
    effect: do.Fetch
    last: float = float("-inf")

    def progress(self, received: int) -> None:
        now = self.local.clock.now()
        if now - self.last >= PROGRESS_INTERVAL:
            self.last = now
            self.local.emit(DownloadProgress(target=self.effect.target, received=received))


def head_of(response: httpx.Response) -> Head:
    """What matters of a download's answer before its body."""
    headers = response.headers
    return Head(
        status=response.status_code,
        content_type=headers.get("Content-Type", ""),
        content_encoding=headers.get("Content-Encoding", ""),
        location=response.extensions.get(LOCATION),
    )


def tells_its_end(response: httpx.Response) -> bool:
    """Whether a body that breaks off is known from one that is whole (RFC 9112, section 6.3, and HTTP/2)."""
    headers = response.headers
    framed = "Transfer-Encoding" in headers or response.extensions.get("http_version") == b"HTTP/2"
    return framed or announced_length(headers) is not None


def announced_length(headers: httpx.Headers) -> int | None:
    """The body's length as announced; beside chunks a length doesn't count (RFC 9112, section 6.3)."""
    value = None if "Transfer-Encoding" in headers else headers.get("Content-Length")
    return int(value) if value is not None and value.isascii() and value.isdigit() else None
