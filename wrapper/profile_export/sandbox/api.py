"""Steps 1 and 2 of the API: create an export task, and ask for its status."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from profile_export.sandbox import auth, envelope
from profile_export.sandbox.envelope import bad_request
from profile_export.sandbox.export import FileFormat
from profile_export.sandbox.filters import FilterError, compile_query
from profile_export.sandbox.members import Members, announced_format, read_members
from profile_export.sandbox.panel import Panel, panel_of
from profile_export.sandbox.sources import SourceType
from profile_export.sandbox.tasks import NewTask

_T = TypeVar("_T")

_SOURCE_TYPES: dict[str, SourceType] = {"database": "database", "segment": "segment"}
_FILE_FORMATS: dict[str | None, FileFormat] = {None: "csv", "csv": "csv", "json": "json"}


async def create_export(request: Request) -> Response:
    """`POST /api/v1.1/profiles/get_all`."""
    return await _operation(request, _create)


async def get_task_status(request: Request) -> Response:
    """`POST /api/v1.1/tasks/status`."""
    return await _operation(request, _status)


async def _operation(request: Request, act: Callable[[Panel, Request, Members], Response]) -> Response:
    panel = panel_of(request)
    members = await read_members(request)
    # With the header alone the body's token isn't looked at, not even for its type.
    token = members.text("token") if panel.settings.auth != "bearer" else None
    auth.check_api(request, token, panel.settings)
    return await run_in_threadpool(act, panel, request, members)


def _create(panel: Panel, request: Request, members: Members) -> Response:
    fmt = announced_format(request)
    request_id = request.headers.get("request-id")
    if request_id is not None and not request_id.strip():
        raise bad_request("Request-ID must not be empty")
    # A known id gets its first answer again whatever the body says now, as on the platform.
    if request_id is not None and (earlier := panel.tasks.repeated(request_id)):
        return _created(earlier, fmt, repeated=True)
    task_id, repeated = panel.tasks.create(_new_task(panel, members), request_id)
    return _created(task_id, fmt, repeated=repeated)


def _created(task_id: str, fmt: envelope.Format, *, repeated: bool) -> Response:
    return envelope.success({"task_id": task_id}, fmt, {"Duplicate-Request": "true"} if repeated else None)


def _new_task(panel: Panel, members: Members) -> NewTask:
    source_type = _SOURCE_TYPES.get(_required(members.text("source_type"), "source_type"))
    source_id = _required(members.whole("source_id"), "source_id")
    file_format = _FILE_FORMATS.get(members.text("file_format"))
    query = members.query("custom_request") or {}
    if source_type is None:
        raise bad_request("source_type must be database or segment")
    if file_format is None:
        raise bad_request("file_format must be csv or json")
    try:
        compile_query(query)
    except FilterError as error:
        raise bad_request(f"custom_request: {error}") from None
    if not panel.tasks.source_exists(source_type, source_id):
        raise bad_request(f"There is no {source_type} with this source_id")
    return NewTask(source_type, source_id, file_format, query)


def _status(panel: Panel, request: Request, members: Members) -> Response:
    task_id = _required(members.text("task_id"), "task_id")
    view = panel.tasks.view(task_id)
    if view is None:
        raise bad_request("Task not found")
    data: dict[str, object] = {"status": view.status, "progress": view.progress, "result": view.result}
    return envelope.success(data, announced_format(request))


def _required(value: _T | None, name: str) -> _T:
    if value is None:
        raise bad_request(f"{name} is required")
    return value
