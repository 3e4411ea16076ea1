"""The answer's frame, `data`, `error` and `error_text`, as JSON or XML, and the exception that turns into one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal

from starlette.responses import Response

from profile_export.sandbox import xml

Format = Literal["json", "xml"]

SUCCESS = "Successful operation"


class PanelError(Exception):
    """A refusal. Under HTTP 200 `error` is a code of the API; under any other status it repeats that status."""

    def __init__(
        self, error: int, text: str, *, http_status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(text)
        self.error = error
        self.text = text
        self.http_status = http_status
        self.headers = dict(headers or {})


def bad_request(text: str) -> PanelError:
    """Error 400 under HTTP 200: the request was understood as HTTP, but not by the API."""
    return PanelError(400, text)


def http_error(status: int, text: str, headers: Mapping[str, str] | None = None) -> PanelError:
    """An error that HTTP itself has a status for."""
    return PanelError(status, text, http_status=status, headers=headers)


def success(data: Mapping[str, object], fmt: Format, headers: Mapping[str, str] | None = None) -> Response:
    """The answer of an operation that did what was asked."""
    return _answer({"data": data, "error": 0, "error_text": SUCCESS}, fmt, 200, headers)


def failure(error: PanelError, fmt: Format) -> Response:
    """The answer of an operation that was refused."""
    body = {"data": None, "error": error.error, "error_text": error.text}
    return _answer(body, fmt, error.http_status, error.headers)


def _answer(body: Mapping[str, object], fmt: Format, http_status: int, headers: Mapping[str, str] | None) -> Response:
    content = xml.encode(body) if fmt == "xml" else json.dumps(body, ensure_ascii=False).encode()
    media_type = "application/xml" if fmt == "xml" else "application/json"
    return Response(content, http_status, headers, media_type=media_type)
