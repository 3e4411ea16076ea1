"""What a panel is asked, as tests may look at it: without the token."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias, cast
from urllib.parse import parse_qsl, urlencode

import attrs

from profile_export.sandbox import xml

Operation: TypeAlias = Literal["create", "status", "download"]
Format: TypeAlias = Literal["json", "xml"]

CREATE_PATH: Final = "/api/v1.1/profiles/get_all"
STATUS_PATH: Final = "/api/v1.1/tasks/status"
DOWNLOAD_PATH: Final = "/api/download/"
MASK: Final = "***"
SHORTEST_MASKED: Final = 8


@attrs.frozen
class SeenRequest:
    """One request that a panel saw.

    Attributes:
        operation: "create", "status" or "download".
        method: Of HTTP.
        path: With its query, the token masked.
        body: The members of the request, the token masked; texts only where it came in XML; empty for a download.
        headers: In lower case; without `authorization`.
    """

    operation: Operation
    method: str
    path: str
    body: dict[str, Any]
    headers: dict[str, str] = attrs.field(repr=False)

    @property
    def request_id(self) -> str | None:
        """The `Request-ID` by which a platform recognises a repeated create."""
        return self.headers.get("request-id")


@attrs.frozen
class Incoming:
    """A request as it came, token and all; it never leaves this package."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = attrs.field(repr=False)

    @property
    def operation(self) -> Operation | None:
        """What is asked, or None for anything else than the API."""
        if self.path.startswith(DOWNLOAD_PATH):
            return "download"
        calls: dict[str, Operation] = {CREATE_PATH: "create", STATUS_PATH: "status"}
        return calls.get(self.path)

    @property
    def format(self) -> Format:
        """The format of the request, and of its answer."""
        return "xml" if "xml" in self.headers.get("content-type", "") else "json"

    def members(self) -> dict[str, Any]:
        """The members of the body; empty where it holds none."""
        try:
            decoded: object = xml.decode(self.body) if self.format == "xml" else json.loads(self.body or b"{}")
        except (ValueError, RecursionError):
            return {}
        if not isinstance(decoded, dict):
            return {}
        members = cast("dict[str, Any]", decoded)
        return {name: _plain(value) for name, value in members.items()} if self.format == "xml" else members

    def tokens(self) -> list[str]:
        """Every token that came along, wherever it is."""
        scheme, _, text = self.headers.get("authorization", "").partition(" ")
        query = [value for name, value in parse_qsl(self.query) if name == "token"]
        body = self.members().get("token")
        return [*query, *([body] if isinstance(body, str) else []), *([text] if scheme.lower() == "bearer" else [])]


def seen(request: Incoming, operation: Operation, token: str) -> SeenRequest:
    """The request without any token, be it the right one or another."""
    # Shorter texts occur in innocent words; where a token stands, it is masked by the name of its place.
    secrets = {text for text in (token, *request.tokens()) if len(text) >= SHORTEST_MASKED}
    query = urlencode(
        [(name, MASK if name == "token" else value) for name, value in parse_qsl(request.query)], safe="*"
    )
    members = request.members()
    if "token" in members:
        members = {**members, "token": MASK}
    headers = {name: text for name, text in request.headers.items() if name != "authorization"}
    path = request.path + (f"?{query}" if query else "")
    return SeenRequest(
        operation,
        request.method,
        cast("str", _masked(path, secrets)),
        cast("dict[str, Any]", _masked(members, secrets)),
        cast("dict[str, str]", _masked(headers, secrets)),
    )


def _masked(value: object, secrets: set[str]) -> object:
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, MASK)
        return value
    if isinstance(value, list):
        return [_masked(item, secrets) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {name: _masked(item, secrets) for name, item in cast("dict[str, object]", value).items()}
    return value


def _plain(node: object) -> Any:
    """An element of XML as a value: one is itself, several are a list."""
    if isinstance(node, list):
        items = [_plain(item) for item in cast("list[object]", node)]
        return items[0] if len(items) == 1 else items
    if isinstance(node, dict):
        return {name: _plain(item) for name, item in cast("dict[str, object]", node).items()}
    return node
