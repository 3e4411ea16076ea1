"""One export's record in the journal, as its flow keeps it. Without a journal the same steps leave nothing behind."""

from __future__ import annotations

from typing import Any

import attrs

from profile_export._effects import ClearParts, Effect, Flow, ForgetRecord, OpenRecord, SaveRecord, WallClock
from profile_export._records import Record
from profile_export._requests import ExportRequest, Settings
from profile_export._retry import is_final
from profile_export.errors import ExportError
from profile_export.types import DownloadedExport


@attrs.define
class Entry:
    """A record that follows its export.

    Attributes:
        record: As it is now.
        kept: Whether there is a journal that keeps it.
        new: Whether this run wrote it, so that nobody can have sent its create request before.
    """

    record: Record
    kept: bool = True
    new: bool = False

    @property
    def request(self) -> ExportRequest:
        """What is exported."""
        return ExportRequest(self.record.source, self.record.file_format, self.record.where)

    @property
    def published_before(self) -> DownloadedExport | None:
        """What was about to be published when an earlier run ended."""
        return self.record.result if self.record.stage == "verified" else None

    def created(self, task_id: str) -> Flow[None]:
        """The panel gave a task."""
        now = yield from WallClock()
        yield from self._update(stage="created", task_id=task_id, task_created_at=now)

    def spares(self, error: ExportError) -> Flow[None]:
        """A file of its name is another export's: whoever resumes this one later must not replace that."""
        yield from _noted(error, self._update(overwrite=False))

    def verified(self, result: DownloadedExport) -> Flow[None]:
        """Every file is whole; they get their names now."""
        yield from self._update(stage="verified", result=result)

    def done(self, result: DownloadedExport) -> Flow[None]:
        """Every file has its name. Before that is noted, since nobody looks again after it, the rest goes."""
        yield from self._clear()
        yield from self._update(stage="done", result=result)

    def ended(self, error: ExportError) -> Flow[None]:
        """Notes how it ended, if nothing is left to go on with."""
        if is_final(error):
            yield from _noted(error, self._failed(error))

    def never_sent(self, error: ExportError) -> Flow[None]:
        """Nothing began: no request of this export can have reached the panel."""
        if self.kept and self.new:
            yield from _noted(error, ForgetRecord(self.record.id))

    def _failed(self, error: ExportError) -> Flow[None]:
        yield from self._clear()
        yield from self._update(stage="failed", problem=f"{error.slug}: {error}")

    def _clear(self) -> Flow[None]:
        if self.kept and self.record.task_id is not None:
            yield from ClearParts(self.record.directory, self.record.task_id)

    def _update(self, **changes: Any) -> Flow[None]:
        self.record = attrs.evolve(self.record, **changes)
        if self.kept:
            yield from SaveRecord(self.record)


def _noted(error: ExportError, steps: Flow[None] | Effect[None]) -> Flow[None]:
    """The steps that note an error. It is what is told, even where the journal can't take it: on a full disk, say."""
    try:
        yield from steps
    except ExportError as refusal:
        error.hints = (*error.hints, f"the journal doesn't know that: {refusal}")


def open_entry(draft: Record, settings: Settings) -> Flow[Entry]:
    """The entry of a new export or, with a journal, of an equal one that an earlier run left unfinished."""
    if not settings.journal:
        return Entry(draft, kept=False, new=True)
    record = yield from OpenRecord(draft)
    # Who asks now decides whether files are replaced, and which.
    asked = attrs.evolve(record, overwrite=draft.overwrite, call_began=draft.call_began)
    return Entry(asked, new=record.request_id == draft.request_id)
