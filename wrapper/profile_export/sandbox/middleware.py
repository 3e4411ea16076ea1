"""Around every request: an access log that can't show the token, and an answer even when the sandbox has a bug."""

from __future__ import annotations

import logging
import time
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from profile_export.sandbox.envelope import failure, http_error
from profile_export.sandbox.members import announced_format

access_log = logging.getLogger("profile_export.sandbox.access")
logger = logging.getLogger(__name__)

_LONG = 8


class AccessLog:
    """One line a request: method, path without query, status, milliseconds."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            elapsed = (time.perf_counter() - began) * 1000
            access_log.info("%s %s %d %.1f ms", scope["method"], self._path(scope["path"]), status, elapsed)

    def _path(self, path: str) -> str:
        # Nobody should put the token into a path, but then it isn't the log that gives it away. A very short token
        # hides only where it stands alone: it may be part of any word.
        if len(self._token) >= _LONG:
            path = path.replace(self._token, "***")
        parts = ("***" if part == self._token else quote(part, safe="*") for part in path.split("/"))
        return "/".join(parts)


class CrashAnswer:
    """Answer a bug with the envelope, and write the traceback to the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except ClientDisconnect:
            logger.info("the client went away before its request was complete")
        except Exception:
            if started:
                # Half an answer can't be taken back: the server must break the connection.
                raise
            logger.exception("%s %s failed", scope["method"], quote(scope["path"]))
            response = failure(http_error(500, "Internal error"), announced_format(Request(scope)))
            await response(scope, receive, send)
