"""What an exchange says, whatever its format: the envelope of an answer, the body and the tokens of a request."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from attrs import frozen
from schemathesis import Response

from scripts.verification import xml
from scripts.verification.contract import JSON, XML, Side

XML_TYPES = frozenset({XML, "text/xml"})
"""RFC 7303 makes `text/xml` an alias of the documented type."""

EMPTY: tuple[object, ...] = (None, {}, [], "")
"""What `data` may be in an error, where it isn't absent. The API document leaves it open."""

UNREADABLE = object()
"""Stands for a body that can't be read in the format that it announces."""


@frozen
class Envelope:
    """The frame of every answer but a file."""

    error: Any
    error_text: Any
    data: Any

    @property
    def succeeded(self) -> bool:
        """Whether this is no error."""
        return type(self.error) is int and self.error == 0


def answer_type(response: Response) -> str:
    """The media type that an answer announces, without parameters."""
    (first, *_) = response.headers.get("content-type") or [""]
    return bare(first)


def request_type(response: Response) -> str:
    """The media type that the answered request announced, without parameters."""
    return bare(_text(response.request.headers.get("Content-Type", "")))


def envelope(response: Response, path: str) -> Envelope | None:
    """The envelope that an answer is; None when it is a file, or nothing that can be read."""
    value = read(response.content, answer_type(response), path, "answer")
    if not isinstance(value, dict) or "error" not in value:
        return None
    return Envelope(value["error"], value.get("error_text"), value.get("data"))


def request_value(response: Response, path: str) -> Any:
    """The body of the answered request as a panel reads it, or `UNREADABLE`."""
    body = response.request.body or b""
    assert isinstance(body, str | bytes)
    return read(body.encode() if isinstance(body, str) else body, request_type(response), path, "request")


def sent_tokens(response: Response, path: str) -> list[Any]:
    """Every token that the answered request carried, wherever it stood."""
    value = request_value(response, path)
    in_body = [value["token"]] if isinstance(value, dict) and "token" in value else []
    query = urlsplit(response.request.url or "").query
    in_query = parse_qs(str(query), keep_blank_values=True).get("token", [])
    scheme, _, bearer = _text(response.request.headers.get("Authorization", "")).partition(" ")
    return [*in_body, *in_query, *([bearer.strip()] if scheme.lower() == "bearer" else [])]


def read(body: bytes, media_type: str, path: str, side: Side) -> Any:
    """A body as a JSON value, or `UNREADABLE`."""
    try:
        if media_type in XML_TYPES:
            return xml.decode(body, path, side)
        return json.loads(body) if media_type == JSON else UNREADABLE
    except (ValueError, KeyError, RecursionError):
        # A body that isn't in its format, or XML under a path that has none.
        return UNREADABLE


def bare(media_type: str) -> str:
    """A media type without its parameters."""
    return media_type.partition(";")[0].strip().lower()


def _text(header: str | bytes) -> str:
    return header.decode("latin-1") if isinstance(header, bytes) else header
