"""What people see in a browser: the status page, the API reference, and the contract itself."""

from __future__ import annotations

from functools import cache

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from profile_export.sandbox import reference, status
from profile_export.sandbox.contract import contract, contract_text
from profile_export.sandbox.html import page
from profile_export.sandbox.panel import panel_of

_SECONDS_BUSY = 1
_SECONDS_IDLE = 10


async def status_page(request: Request) -> Response:
    """`GET /`."""
    body, busy = await run_in_threadpool(status.render, panel_of(request), str(request.base_url))
    return page("Profile export sandbox", body, here="/", refresh=_SECONDS_BUSY if busy else _SECONDS_IDLE)


async def docs_page(_: Request) -> Response:
    """`GET /docs`."""
    return page("Profile export API", _reference(), here="/docs")


async def contract_file(_: Request) -> Response:
    """`GET /openapi.yaml`."""
    return Response(contract_text(), media_type="application/yaml")


@cache
def _reference() -> str:
    return reference.render(contract())
