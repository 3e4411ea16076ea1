"""The true token: put into requests at the last moment, below every testing tool, and masked in all that comes back.

The tools know placeholders only, one for each kind of token that is tried. The wrong ones that are made from the true
one (cut off, longer) would give it away as well, so they are placeholders, too.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import httpx

from profile_export._secrets import SHORTEST_MASKED, Secret
from scripts.verification.answers import XML_TYPES, bare
from scripts.verification.contract import JSON
from scripts.verification.overlay import TOKEN

RIGHT: Final = TOKEN
CUT_OFF: Final = "verification-token-cut-off"
LONGER: Final = "verification-token-longer"
WRONG: Final = "verification-of-a-wrong-token"
"""Sent as it is."""

IN_SHELL: Final = {
    RIGHT: "$PROFILE_EXPORT_TOKEN",
    CUT_OFF: "${PROFILE_EXPORT_TOKEN%?}",
    LONGER: "${PROFILE_EXPORT_TOKEN}x",
}
"""How a shell makes the same tokens, for people who repeat a request."""


class Credentials:
    """Knows the true token, and shows it to the panel alone."""

    def __init__(self, token: str) -> None:
        self._secrets = {RIGHT: Secret(token), LONGER: Secret(f"{token}x")}
        if len(token) > 1:
            self._secrets[CUT_OFF] = Secret(token[:-1])
        # A panel that repeats a whole body in its answer's text writes the token escaped twice.
        spellings = {form for text in (token, token[:-1]) for form in (text, *_escaped(text)) if form}
        self._masks = [Secret(form) for form in sorted(spellings, key=len, reverse=True)]

    def sign(self, request: httpx.Request) -> httpx.Request:
        """The request with the true token wherever a placeholder stands."""
        query = request.url.query
        headers = [(name, self._put_in(value, "")) for name, value in request.headers.raw]
        body = self._put_in(request.content, bare(request.headers.get("Content-Type", "")))
        url = request.url.copy_with(query=self._put_in(query, "query") or None)
        kept = [(name, value) for name, value in headers if name.lower() != b"content-length"]
        return httpx.Request(request.method, url, headers=kept, content=body, extensions=request.extensions)

    def _put_in(self, text: bytes, kind: str) -> bytes:
        for placeholder in (RIGHT, CUT_OFF, LONGER):
            if placeholder.encode() in text:
                secret = self._secrets.get(placeholder)
                text = text.replace(placeholder.encode(), _spelled(secret.reveal() if secret else "", kind).encode())
        return text

    def mask(self, text: str) -> str:
        """`text` with the token masked, however it is written."""
        for spelling in self._masks if self.is_searchable else ():
            text = spelling.mask(text)
        return text

    def mask_bytes(self, body: bytes) -> bytes:
        """The same for bytes, which stay as they are where there is nothing to mask."""
        try:
            text = body.decode()
        except UnicodeDecodeError:
            text = body.decode("latin-1")
            masked = self.mask(text)
            return body if masked == text else masked.encode("latin-1", errors="replace")
        return self.mask(text).encode()

    @property
    def is_searchable(self) -> bool:
        """Whether the token is long enough to be told from words that happen to occur."""
        return len(self._secrets[RIGHT].reveal()) >= SHORTEST_MASKED

    def leaks(self, text: str) -> list[str]:
        """The forms in which a text holds the token: plain, URL, JSON, XML, base64."""
        if not self.is_searchable:
            return []
        found = {name for placeholder in (RIGHT, CUT_OFF) for name, form in self._forms(placeholder) if form in text}
        if self.mask(text) != text:
            found.add("masked")
        return sorted(found)

    def _forms(self, placeholder: str) -> Iterator[tuple[str, str]]:
        if placeholder not in self._secrets:
            return
        token = self._secrets[placeholder].reveal()
        yield "plain", token
        yield "URL", quote(token, safe="")
        yield "URL", quote_plus(token)
        yield "JSON", json.dumps(token)[1:-1]
        yield "XML", escape(token, {'"': "&quot;", "'": "&#x27;"})
        yield from (("base64", form) for form in _in_base64(token))


def _spelled(token: str, kind: str) -> str:
    if kind == "query":
        return quote(token, safe="")
    if kind == JSON:
        return json.dumps(token)[1:-1]
    return escape(token) if kind in XML_TYPES else token


def _escaped(token: str) -> Iterator[str]:
    """The token in JSON, in XML, in HTML and in a URL."""
    yield json.dumps(token)[1:-1]
    yield escape(token)
    yield html.escape(token)
    yield quote(token, safe="")


def _in_base64(token: str) -> Iterator[str]:
    """The part of the base64 of any text around the token that the token alone decides, at each of three offsets."""
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + token.encode()).decode().rstrip("=")
        certain = encoded[-(-offset * 8 // 6) : -1]
        yield certain
        yield certain.replace("+", "-").replace("/", "_")
