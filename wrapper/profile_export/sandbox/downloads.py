"""Step 3 of the API: download a file, whole or in part."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from profile_export.sandbox import auth
from profile_export.sandbox.envelope import http_error
from profile_export.sandbox.links import Download
from profile_export.sandbox.panel import panel_of
from profile_export.sandbox.ranges import Unsatisfiable, still_current, wanted_range

_CHUNK = 256 * 1024


async def download_file(request: Request) -> Response:
    """`GET /api/download/data/{link_id}/{name}`, and the same without `data/`."""
    panel = panel_of(request)
    auth.check_download(request, panel.settings)
    path = request.path_params
    found = await run_in_threadpool(panel.tasks.links.find, path["link_id"], path["name"])
    if found is None or not found.path.exists():
        raise http_error(404, "File not found")
    if found.expired:
        raise http_error(410, "The link has expired; ask for the task's status to get a fresh one")
    return _answer(request, found)


def _answer(request: Request, file: Download) -> Response:
    # Not Starlette's FileResponse: it answers ranges that must be ignored with 400, and its tag depends on the
    # file's time, so a fresh export of equal content could not be resumed.
    headers = _headers(file)
    part = _part(request, file, headers)
    start, end = part or (0, file.size)
    headers["Content-Length"] = str(end - start)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    status = 206 if part else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    return StreamingResponse(_read(file.path, start, end), status, headers)


def _headers(file: Download) -> dict[str, str]:
    csv = file.name.endswith(".csv")
    return {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{file.name}"',
        "Content-Type": "text/csv; charset=utf-8" if csv else "application/json",
        "ETag": file.etag,
        "Last-Modified": formatdate(file.modified, usegmt=True),
    }


def _part(request: Request, file: Download, headers: dict[str, str]) -> tuple[int, int] | None:
    # RFC 9110 defines Range for GET alone.
    if request.method != "GET":
        return None
    if not still_current(request.headers.get("if-range"), file.etag, headers["Last-Modified"]):
        return None
    try:
        return wanted_range(request.headers.get("range"), file.size)
    except Unsatisfiable:
        text = "The file has no such range"
        raise http_error(416, text, {"Content-Range": f"bytes */{file.size}"}) from None


def _read(path: Path, start: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while start < end and (chunk := file.read(min(_CHUNK, end - start))):
            start += len(chunk)
            yield chunk
