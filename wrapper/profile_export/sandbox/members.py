"""Read a POST request: its format by Content-Type, its members by name and type, strictly.

JSON values must have the right type already. XML values are text and get their type from the member that is asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Protocol, cast

from starlette.requests import Request

from profile_export.sandbox import xml
from profile_export.sandbox.envelope import Format, bad_request, http_error
from profile_export.sandbox.filters import FilterError, type_text_values

MAX_BODY = 10 * 1024 * 1024

_FORMATS: dict[str, Format] = {"application/json": "json", "application/xml": "xml", "text/xml": "xml"}
_WHOLE = re.compile(r"[ \t\r\n]*(-?[0-9]{1,40})[ \t\r\n]*", re.ASCII)


class Members(Protocol):
    """The members of a request. Absent ones are None; unknown ones are never asked for, so they do no harm."""

    def text(self, name: str) -> str | None:
        """A string."""
        ...

    def whole(self, name: str) -> int | None:
        """A whole number."""
        ...

    def query(self, name: str) -> dict[str, object] | None:
        """An object of conditions on fields."""
        ...


def announced_format(request: Request) -> Format:
    """The format to answer in: XML when the request says XML, else JSON."""
    return _FORMATS.get(_media_type(request), "json")


async def read_members(request: Request) -> Members:
    """Check the headers, read the body within its limit, and parse it."""
    _check_headers(request)
    body = await _read_body(request)
    return _parse_xml(body) if announced_format(request) == "xml" else _parse_json(body)


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _check_headers(request: Request) -> None:
    if _media_type(request) not in _FORMATS:
        raise http_error(415, "Content-Type must be application/json or application/xml")
    charset = re.search(r';\s*charset\s*=\s*"?([^";\s]*)', request.headers["content-type"], re.IGNORECASE)
    if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise http_error(415, "the charset must be UTF-8")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise http_error(415, "a Content-Encoding is not accepted")


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            # The rest isn't read, so the connection is of no more use.
            raise http_error(413, f"the request body is larger than {MAX_BODY:,} bytes", {"Connection": "close"})
    return bytes(body)


def _parse_json(body: bytes) -> Members:
    try:
        values: object = json.loads(body.decode(), parse_constant=_refuse_constant)
        # A lone surrogate passes the parser, but is no text: it could be neither stored nor sent.
        json.dumps(values, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise bad_request("the request body is not valid JSON in UTF-8") from None
    if not isinstance(values, dict):
        raise bad_request("the request body must be a JSON object")
    return _JsonMembers(cast("dict[str, object]", values))


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _parse_xml(body: bytes) -> Members:
    try:
        return _XmlMembers(xml.decode(body))
    except xml.XmlError as error:
        raise bad_request(f"the request body is not acceptable: {error}") from None


class _JsonMembers:
    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def text(self, name: str) -> str | None:
        value = self._values.get(name)
        if name in self._values and not isinstance(value, str):
            raise bad_request(f"{name} must be a string")
        return cast("str | None", value)

    def whole(self, name: str) -> int | None:
        if name not in self._values:
            return None
        value = self._values[name]
        # 1.0 is a whole number in JSON, which has only one kind of numbers.
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            raise bad_request(f"{name} must be a whole number")
        return int(value)

    def query(self, name: str) -> dict[str, object] | None:
        value = self._values.get(name)
        if name in self._values and not isinstance(value, dict):
            raise bad_request(f"{name} must be an object")
        return cast("dict[str, object] | None", value)


class _XmlMembers:
    def __init__(self, nodes: Mapping[str, list[xml.Node]]) -> None:
        self._nodes = nodes

    def text(self, name: str) -> str | None:
        node = self._only(name)
        if isinstance(node, dict):
            raise bad_request(f"{name} must be text")
        return node

    def whole(self, name: str) -> int | None:
        node = self._only(name)
        if node is None:
            return None
        match = _WHOLE.fullmatch(node) if isinstance(node, str) else None
        if match is None:
            raise bad_request(f"{name} must be a whole number")
        return int(match[1])

    def query(self, name: str) -> dict[str, object] | None:
        node = self._only(name)
        if node is None:
            return None
        if isinstance(node, str):
            if node.strip():
                raise bad_request(f"{name} must contain elements")
            return {}
        try:
            return type_text_values(_object(node))
        except FilterError as error:
            raise bad_request(f"{name}: {error}") from None

    def _only(self, name: str) -> xml.Node | None:
        nodes = self._nodes.get(name, [])
        if len(nodes) > 1:
            raise bad_request(f"{name} is given more than once")
        return nodes[0] if nodes else None


def _object(node: dict[str, list[xml.Node]]) -> dict[str, object]:
    return {name: _value(nodes) for name, nodes in node.items()}


def _value(nodes: list[xml.Node]) -> object:
    values = [node if isinstance(node, str) else _object(node) for node in nodes]
    return values[0] if len(values) == 1 else values
