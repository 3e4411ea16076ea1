"""The exports of one call, begun one by one as there is room, and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs

from profile_export._effects import Flow
from profile_export._limiter import Limiter
from profile_export.errors import ExportError, UsageError
from profile_export.types import DownloadedExport, ExportOutcome, Source


@attrs.frozen
class Begun:
    """An export that is to be run. It holds a place of the limiter."""

    source: Source
    flow: Flow[DownloadedExport]

    def done(self, result: DownloadedExport) -> ExportOutcome:
        """The outcome of a run that came to its end."""
        return ExportOutcome(self.source, result=result)

    def failed(self, error: Exception) -> ExportOutcome:
        """The outcome of a run that failed. A bug that one export meets is no reason to lose the others."""
        if isinstance(error, ExportError):
            return ExportOutcome(self.source, error=error)
        bug = ExportError(f"an error that nobody foresaw: {type(error).__name__}", hints=("please report it",))
        # Its text may hold anything, so it is told as the cause only.
        bug.__cause__ = error
        return ExportOutcome(self.source, error=bug)


@attrs.define
class Batch:
    """Takes the sources one at a time, from an iterator that may have no end.

    Attributes:
        sources: What to export.
        begin: Makes the flow of an export; raises UsageError where there can be none.
        limiter: The client's.
        concurrency: How many exports may be under way.
    """

    sources: Iterator[Source]
    begin: Callable[[Source], Flow[DownloadedExport]]
    limiter: Limiter
    concurrency: int
    _seen: set[Source] = attrs.field(init=False, factory=set[Source])
    _broken: Exception | None = attrs.field(init=False, default=None)

    def next(self, mine: int) -> Begun | ExportOutcome | None:
        """The next export, or its outcome where it can't even begin, or None when there is no room or no source left.

        `mine` is how many of this call's exports are under way.
        """
        if not self.limiter.enter(mine, self.concurrency):
            return None
        export = None
        try:
            export = self._take()
        finally:
            if not isinstance(export, Begun):
                self.limiter.leave()
        return export

    def _take(self) -> Begun | ExportOutcome | None:
        try:
            source = next(self.sources)
        except StopIteration:
            return None
        except Exception as error:  # noqa: BLE001 - the caller's own; raised when what runs has come to its end
            self.sources, self._broken = iter(()), error
            return None
        try:
            export = Begun(source, self.begin(source))
            self._check_new(source)
        except UsageError as error:
            return ExportOutcome(source, error=error)
        return export

    def _check_new(self, source: Source) -> None:
        if source in self._seen:
            raise UsageError(f"{source} is in this call already", hints=("name each source once",))
        self._seen.add(source)

    def end(self) -> None:
        """Raises what the caller's iterator raised, if it did."""
        if self._broken is not None:
            raise self._broken
