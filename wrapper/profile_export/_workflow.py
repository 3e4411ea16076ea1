"""The whole workflow as one flow: create, wait, download. Its parts are flows of their own, beside this module."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from profile_export._continuation import Continuation
from profile_export._download import Destination, claim, download, publish
from profile_export._effects import (
    Emit,
    Flow,
    IsPublished,
    NewRequestId,
    Now,
    PrepareDirectory,
    ReadRecord,
    TakeVerified,
    WallClock,
)
from profile_export._entry import Entry, open_entry
from profile_export._records import Record
from profile_export._requests import ExportRequest, Settings, about_task, create, outcome_unknown
from profile_export._wait import Completion, Wait
from profile_export.errors import CreateOutcomeUnknown, ExportError, LinkExpired, TargetExists, TaskNotFound
from profile_export.events import ExportFinished, ExportStarted, TaskAttached, TaskCreated
from profile_export.targets import ObjectUrl
from profile_export.types import DownloadedExport, DownloadedFile

T = TypeVar("T")


def create_only(request: ExportRequest, settings: Settings) -> Flow[tuple[str, str, float]]:
    """Step 1 alone: the new task's id, the `Request-ID` that it was created with, and when, on the driver's clock."""
    request_id = yield from NewRequestId()
    task_id = yield from create(request, settings, request_id)
    yield from Emit(TaskCreated(task_id=task_id, request_id=request_id))
    return task_id, request_id, (yield from Now())


def export(
    request: ExportRequest, to: Destination, settings: Settings, timeout: float | None
) -> Flow[DownloadedExport]:
    """All three steps. The folder is proved writable before a task is made.

    With a journal, an equal export that an earlier run left unfinished is gone on with instead of creating another.
    """
    # First of all, so that every event can tell it.
    request_id = yield from NewRequestId()
    draft = Record(
        origin=str(settings.panel.api),
        source=request.source,
        file_format=request.file_format,
        where=request.where,
        directory=to.directory,
        overwrite=to.overwrite,
        request_id=request_id,
        call_began=to.call_began if to.overwrite else None,
    )
    started = ExportStarted(source=str(request.source), task_id=None)
    return (yield from told(started, _export(draft, to, settings, timeout)))


def _export(draft: Record, to: Destination, settings: Settings, timeout: float | None) -> Flow[DownloadedExport]:
    yield from PrepareDirectory(to.directory)
    entry = yield from open_entry(draft, settings)
    attached = entry.record.task_id is not None
    try:
        return (yield from go_on(entry, to, settings, timeout))
    except (TaskNotFound, LinkExpired):
        if not attached:
            raise
    # The task of an earlier run is of no use any more, and its record says so: now this export gets one of its own.
    entry = yield from open_entry(draft, settings)
    return (yield from go_on(entry, to, settings, timeout))


def go_on(entry: Entry, to: Destination, settings: Settings, timeout: float | None) -> Flow[DownloadedExport]:
    """The steps that are left of an export, each noted in its record."""
    try:
        verified = yield from _verified_before(entry, to, settings)
        if verified is not None:
            yield from _done(entry, verified, settings)
            return verified
        task_id = entry.record.task_id
        if task_id is not None:
            yield from Emit(TaskAttached(task_id=task_id))
            created_at = yield from _created_at(entry.record)
        else:
            deadline = None if timeout is None else (yield from Now()) + timeout
            task_id = yield from _create(entry, settings, deadline)
            created_at = yield from Now()
        wait = Wait(task_id, settings, timeout, entry.record.file_format, created_at)
        result = yield from download((yield from wait.finish()), to, settings, entry)
    except TargetExists:
        # Another process may have gone on with the same record, and been faster.
        there = yield from _published_elsewhere(entry, to)
        if there is None:
            raise
        result = there
    except ExportError as error:
        yield from entry.ended(error)
        raise
    yield from _done(entry, result, settings)
    return result


def _created_at(record: Record) -> Flow[float | None]:
    """When an earlier run got the task, on the driver's clock: the panel may not know it yet, whoever asks."""
    if record.task_created_at is None:
        return None
    age = (yield from WallClock()) - record.task_created_at
    # A clock that was set back makes nothing younger than new.
    return (yield from Now()) - max(age, 0.0)


def _done(entry: Entry, result: DownloadedExport, settings: Settings) -> Flow[None]:
    yield from _about(result.task_id, entry.done(result), entry, settings)


def _about(task_id: str, flow: Flow[T], entry: Entry, settings: Settings) -> Flow[T]:
    return (yield from about_task(flow, Continuation(task_id, entry.record.file_format), settings))


def _verified_before(entry: Entry, to: Destination, settings: Settings) -> Flow[DownloadedExport | None]:
    """What an earlier run had verified, now with all names: by this time the panel may have forgotten the task."""
    result = entry.published_before
    if result is None or any(
        not isinstance(file.place, Path) or file.place.parent != to.directory for file in result.files
    ):
        return None
    return (yield from _about(result.task_id, _publish_rest(result, entry, to), entry, settings))


def _publish_rest(result: DownloadedExport, entry: Entry, to: Destination) -> Flow[DownloadedExport | None]:
    yield from claim(to, [file.place for file in result.files], entry)
    nameless: list[DownloadedFile] = []
    whole = True
    for file in result.files:
        facts = (file.place, result.task_id, file.size, file.sha256)
        if not (yield from IsPublished(*facts)):
            nameless.append(file)
            # All are looked at: none that was changed may be gone on with.
            whole = (yield from TakeVerified(*facts, count_rows=file.rows is not None)) and whole
    if not whole:
        return None
    yield from publish(nameless, to, entry)
    return result


def _published_elsewhere(entry: Entry, to: Destination) -> Flow[DownloadedExport | None]:
    """The result in the record, if all of its files have their names and their contents, and that can be seen."""
    try:
        return (yield from _result_in_place(entry, to))
    except ExportError:
        # That a name is taken says more than, say, that the record is gone.
        return None


def _result_in_place(entry: Entry, to: Destination) -> Flow[DownloadedExport | None]:
    record = (yield from ReadRecord(entry.record.id)) if entry.kept else entry.record
    # Since it was forgotten, its number may be another export's.
    if record.result is None or record.request_id != entry.record.request_id:
        return None
    for file in record.result.files:
        # A record has no open store; where the files go may have.
        place = to.directory / file.place.name if isinstance(file.place, ObjectUrl) else file.place
        if not (yield from IsPublished(place, record.result.task_id, file.size, file.sha256)):
            return None
    return record.result


def _create(entry: Entry, settings: Settings, deadline: float | None) -> Flow[str]:
    record = entry.record
    if not entry.new and settings.retry.create == "never":
        raise outcome_unknown("an earlier run was about to create it", record.request_id)
    try:
        task_id = yield from create(entry.request, settings, record.request_id, deadline)
    except CreateOutcomeUnknown:
        raise
    except ExportError as error:
        yield from entry.never_sent(error)
        raise
    # Before anybody hears of it: who stops the program then finds the task in the journal.
    yield from _created(entry, task_id, settings)
    yield from Emit(TaskCreated(task_id=task_id, request_id=record.request_id))
    return task_id


def _created(entry: Entry, task_id: str, settings: Settings) -> Flow[None]:
    """Notes the task. Where that can't be, the error is the only place that tells it."""
    try:
        yield from _about(task_id, entry.created(task_id), entry, settings)
    except ExportError as error:
        error.add_context(operation="create", request_id=entry.record.request_id)
        raise


def fetch(wait: Wait, to: Destination, settings: Settings) -> Flow[DownloadedExport]:
    """Steps 2 and 3. The folder is proved writable before the wait."""
    return (yield from told(ExportStarted(source=None, task_id=wait.task_id), _fetch(wait, to, settings)))


def _fetch(wait: Wait, to: Destination, settings: Settings) -> Flow[DownloadedExport]:
    yield from PrepareDirectory(to.directory)
    return (yield from download((yield from wait.finish()), to, settings))


def save(done: Completion, to: Destination, settings: Settings) -> Flow[DownloadedExport]:
    """Step 3 alone."""
    return (yield from told(ExportStarted(source=None, task_id=done.task_id), download(done, to, settings)))


def told(started: ExportStarted, steps: Flow[DownloadedExport]) -> Flow[DownloadedExport]:
    """The steps, with their begin and their good end told; of a bad end nobody knows here, as it may be a Ctrl-C."""
    yield from Emit(started)
    result = yield from steps
    yield from Emit(ExportFinished(files=len(result.files), total=result.total))
    return result
