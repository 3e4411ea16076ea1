"""The whole workflow as one flow: create, wait, download. Its parts are flows of their own, beside this module."""

from __future__ import annotations

from profile_export._download import Destination, download
from profile_export._effects import Flow, Now, PrepareDirectory
from profile_export._requests import ExportRequest, Settings, create
from profile_export._wait import Wait
from profile_export.types import DownloadedExport


def export(
    request: ExportRequest, to: Destination, settings: Settings, timeout: float | None
) -> Flow[DownloadedExport]:
    """All three steps. The folder is proved writable before a task is made."""
    yield from PrepareDirectory(to.directory)
    deadline = None if timeout is None else (yield from Now()) + timeout
    task_id = yield from create(request, settings, deadline)
    wait = Wait(task_id, settings, timeout, request.file_format, created=True)
    return (yield from download((yield from wait.finish()), to, settings))


def fetch(wait: Wait, to: Destination, settings: Settings) -> Flow[DownloadedExport]:
    """Steps 2 and 3. The folder is proved writable before the wait."""
    yield from PrepareDirectory(to.directory)
    return (yield from download((yield from wait.finish()), to, settings))
