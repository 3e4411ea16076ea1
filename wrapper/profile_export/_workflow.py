"""The whole workflow as one flow: create, wait, download. Its parts are flows of their own, beside this module."""

from __future__ import annotations

from profile_export._download import Destination, download
from profile_export._effects import Emit, Flow, NewRequestId, Now, PrepareDirectory
from profile_export._requests import ExportRequest, Settings, create
from profile_export._wait import Completion, Wait
from profile_export.events import ExportFinished, ExportStarted
from profile_export.types import DownloadedExport


def create_only(request: ExportRequest, settings: Settings) -> Flow[tuple[str, str]]:
    """Step 1 alone: the new task's id, and the `Request-ID` that it was created with."""
    request_id = yield from NewRequestId()
    return (yield from create(request, settings, None, request_id)), request_id


def export(
    request: ExportRequest, to: Destination, settings: Settings, timeout: float | None
) -> Flow[DownloadedExport]:
    """All three steps. The folder is proved writable before a task is made."""
    # First of all, so that every event can tell it.
    request_id = yield from NewRequestId()
    steps = _export(request, request_id, to, settings, timeout)
    return (yield from _told(ExportStarted(source=str(request.source), task_id=None), steps))


def _export(
    request: ExportRequest, request_id: str, to: Destination, settings: Settings, timeout: float | None
) -> Flow[DownloadedExport]:
    yield from PrepareDirectory(to.directory)
    deadline = None if timeout is None else (yield from Now()) + timeout
    task_id = yield from create(request, settings, deadline, request_id)
    wait = Wait(task_id, settings, timeout, request.file_format, created=True)
    return (yield from download((yield from wait.finish()), to, settings))


def fetch(wait: Wait, to: Destination, settings: Settings) -> Flow[DownloadedExport]:
    """Steps 2 and 3. The folder is proved writable before the wait."""
    return (yield from _told(ExportStarted(source=None, task_id=wait.task_id), _fetch(wait, to, settings)))


def _fetch(wait: Wait, to: Destination, settings: Settings) -> Flow[DownloadedExport]:
    yield from PrepareDirectory(to.directory)
    return (yield from download((yield from wait.finish()), to, settings))


def save(done: Completion, to: Destination, settings: Settings) -> Flow[DownloadedExport]:
    """Step 3 alone."""
    return (yield from _told(ExportStarted(source=None, task_id=done.task_id), download(done, to, settings)))


def _told(started: ExportStarted, steps: Flow[DownloadedExport]) -> Flow[DownloadedExport]:
    """The steps, with their begin and their good end told; of a bad end nobody knows here, as it may be a Ctrl-C."""
    yield from Emit(started)
    result = yield from steps
    yield from Emit(ExportFinished(files=len(result.files), total=result.total))
    return result
