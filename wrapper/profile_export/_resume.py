"""The flows that finish what earlier runs left in the journal."""

from __future__ import annotations

from profile_export._claims import Claims
from profile_export._download import Destination
from profile_export._effects import Flow, HasRecord, PendingRecords, PrepareDirectory, ReadRecord, WallClock
from profile_export._entry import Entry
from profile_export._records import Record
from profile_export._requests import Settings, outcome_unknown
from profile_export._workflow import go_on, told
from profile_export.errors import JournalError
from profile_export.events import ExportStarted
from profile_export.types import DownloadedExport


def pending(settings: Settings) -> Flow[tuple[Record, ...]]:
    """What the journal knows of this panel's unfinished exports, oldest first."""
    records = yield from PendingRecords()
    return tuple(record for record in records if record.origin == str(settings.panel.api))


def chosen(settings: Settings, ids: tuple[str, ...] | None) -> Flow[tuple[Record, ...]]:
    """The records of these ids, whatever became of them, or all that are pending.

    Raises:
        JournalError: There is no such record, or it is of another panel.
    """
    if ids is None:
        return (yield from pending(settings))
    records: list[Record] = []
    for record_id in ids:
        record = yield from ReadRecord(record_id)
        if record.origin != str(settings.panel.api):
            raise JournalError(f"the export {record_id} is one of {record.origin}, not of {settings.panel.api}")
        records.append(record)
    return tuple(records)


def is_left(record: Record, ids: tuple[str, ...] | None) -> Flow[bool]:
    """Whether it is still to be resumed: while others were, another process may have finished and followed it.

    Who named it by its id is told so.
    """
    return ids is not None or (yield from HasRecord(record.id))


def resume(record: Record, to: Destination, settings: Settings, timeout: float | None) -> Flow[DownloadedExport]:
    """Finishes an export. One that is done is left as it is.

    Raises:
        CreateOutcomeUnknown: Nobody knows whether its task exists, and the panel would not recognise the question.
        JournalError: It has failed for good.
    """
    started = ExportStarted(source=str(record.source), task_id=record.task_id)
    return (yield from told(started, _resume(record.id, to, settings, timeout)))


def own_place(record: Record, claims: Claims) -> Destination:
    """The folder that an export was to go to.

    It was to replace files of before; another export may have published one of the same name since.
    """
    return Destination(record.directory, record.overwrite, claims.of_one(), only_before=record.began)


def _resume(record_id: str, to: Destination, settings: Settings, timeout: float | None) -> Flow[DownloadedExport]:
    # Read once more: while others were finished, another process may have gone on with it.
    record = yield from ReadRecord(record_id)
    if record.stage == "done" and record.result is not None:
        return record.result
    if record.stage == "failed":
        raise JournalError(f"the export {record.id} has failed: {record.problem}", task_id=record.task_id)
    yield from PrepareDirectory(to.directory)
    if record.task_id is None and not record.recognised((yield from WallClock())):
        raise outcome_unknown("it was about to be created more than a day ago", record.request_id)
    return (yield from go_on(Entry(record), to, settings, timeout))
