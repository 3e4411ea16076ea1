"""The panel as an ASGI application: which path does what, and how refusals become answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from profile_export.sandbox.api import create_export, get_task_status
from profile_export.sandbox.downloads import download_file
from profile_export.sandbox.envelope import PanelError, failure, http_error
from profile_export.sandbox.members import announced_format
from profile_export.sandbox.middleware import AccessLog, CrashAnswer
from profile_export.sandbox.pages import contract_file, docs_page, status_page
from profile_export.sandbox.panel import Panel
from profile_export.sandbox.settings import SandboxSettings

_TEXTS = {404: "There is nothing at this path", 405: "This method is not allowed here"}


def create_app(settings: SandboxSettings, *, clock: Callable[[], float] = time.monotonic) -> Starlette:
    """The panel, ready to answer: the data is seeded here, and no lifespan event is needed.

    `app.state.panel.close()` frees the data directory.
    """
    app = Starlette(
        routes=[
            Route("/api/v1.1/profiles/get_all", create_export, methods=["POST"]),
            Route("/api/v1.1/tasks/status", get_task_status, methods=["POST"]),
            Route("/api/download/data/{link_id}/{name}", download_file),
            Route("/api/download/{link_id}/{name}", download_file),
            Route("/", status_page),
            Route("/docs", docs_page),
            Route("/openapi.yaml", contract_file),
        ],
        middleware=[Middleware(AccessLog, token=settings.token), Middleware(CrashAnswer)],
        exception_handlers={PanelError: _refusal, HTTPException: _http_refusal},
    )
    # A path with a slash too many is unknown; a redirect would turn a POST into something else.
    app.router.redirect_slashes = False
    app.state.panel = Panel(settings, clock)
    return app


def _refusal(request: Request, error: Exception) -> Response:
    return failure(cast("PanelError", error), announced_format(request))


def _http_refusal(request: Request, error: Exception) -> Response:
    refusal = cast("HTTPException", error)
    headers = dict(refusal.headers or {})
    if "Allow" in headers:
        headers["Allow"] = ", ".join(sorted(headers["Allow"].split(", ")))
    text = _TEXTS.get(refusal.status_code, refusal.detail)
    return failure(http_error(refusal.status_code, text, headers), announced_format(request))
