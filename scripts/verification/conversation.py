"""Talks with the panel: builds each request with a placeholder for the token, and has every answer judged."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from profile_export import _xml
from profile_export._transfer import LONGEST_LINK
from profile_export_api.xml_shapes import SHAPES
from scripts.verification import answers
from scripts.verification.contract import CREATE, STATUS
from scripts.verification.credentials import RIGHT
from scripts.verification.judge import Judge
from scripts.verification.ledger import Ledger
from scripts.verification.line import SLOW_DOWN, TOO_MANY, Line, Stopped, is_link
from scripts.verification.overlay import Credential
from scripts.verification.values import MEDIA_TYPES, Exchange, Format, Operation, Request


class Conversation:
    """Requests to one panel, and the notes about them."""

    def __init__(self, line: Line, judge: Judge, ledger: Ledger, credential: Credential) -> None:
        self.line = line
        self.ledger = ledger
        self._judge = judge
        self._credential = credential

    def post(
        self,
        operation: Operation,
        fmt: Format,
        members: Mapping[str, Any],
        what: str,
        *,
        token: str | None = RIGHT,
        fresh: bool = False,
        cut: bool = False,
        judged: bool = True,
    ) -> Exchange:
        """Sends a body in one of the formats; with `cut` only a part of it, with `fresh` a new Request-ID."""
        path = CREATE if operation == "create" else STATUS
        in_body = {"token": token} if token is not None and self._credential == "body" else {}
        body = encoded({**in_body, **members}, fmt, path)
        headers = {"Content-Type": MEDIA_TYPES[fmt], "Accept": MEDIA_TYPES[fmt], **self._bearer(token)}
        if fresh:
            headers["Request-ID"] = str(uuid4())
        request = Request(
            "POST", self.line.place.prefix + path, headers, body=body[: len(body) * 2 // 3] if cut else body
        )
        return self._send(operation, fmt, request, what, judged=judged)

    def get(self, link: str, what: str, *, token: str | None = RIGHT) -> Exchange:
        """Asks for a file."""
        in_query = f"token={quote(token)}" if token is not None and self._credential == "body" else ""
        return self._send("download", None, Request("GET", _in_ascii(link), self._bearer(token), in_query), what)

    def follows(self, link: str) -> bool:
        """Whether a link has one of the two documented shapes; no other is ever followed."""
        return is_link(link) and len(_in_ascii(link)) <= LONGEST_LINK

    def _bearer(self, token: str | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"} if token is not None and self._credential == "bearer" else {}

    def _send(
        self, operation: Operation, fmt: Format | None, request: Request, what: str, *, judged: bool = True
    ) -> Exchange:
        exchange = Exchange(operation, fmt, what, request, self.line.send(request))
        self.ledger.exchanges.append(exchange)
        if exchange.answer.status == TOO_MANY:
            raise Stopped(SLOW_DOWN)
        if judged:
            self.judge(exchange)
        return exchange

    def judge(self, exchange: Exchange) -> None:
        """Notes all that an exchange alone can keep or break."""
        self._judge.judge(exchange, self.ledger)
        self._note_refusal(exchange)
        self._note_repetition(exchange)

    def _note_refusal(self, exchange: Exchange) -> None:
        """What every refusal has to be, whatever it refuses."""
        envelope = exchange.envelope
        if envelope is not None and not envelope.succeeded:
            self.ledger.note(
                "refusals_carry_no_data", exchange, envelope.data in answers.EMPTY, "an error that carries data"
            )
            whole = type(envelope.error) is int and exchange.answer.status < 500
            self.ledger.note("refusals_are_envelopes", exchange, whole, f"error is {envelope.error!r}")

    def _note_repetition(self, exchange: Exchange) -> None:
        if exchange.operation == "create":
            marked = "Duplicate-Request" in exchange.answer.headers
            self.ledger.note(
                "fresh_requests_are_no_repetition",
                exchange,
                not marked,
                "Duplicate-Request for a Request-ID never used",
            )


def _in_ascii(link: str) -> str:
    """A link as the client sends it: ASCII as it is, all else in UTF-8, percent-encoded."""
    return quote(link, safe=string.punctuation)


def encoded(members: Mapping[str, Any], fmt: Format, path: str) -> bytes:
    """A body in one of the formats. A text in place of the number `source_id` is put into the XML as it is."""
    if fmt == "json":
        return json.dumps(members, ensure_ascii=False).encode()
    mistyped = members.get("source_id")
    if not isinstance(mistyped, str):
        return _xml.encode(members, SHAPES[path]["request"])
    body = _xml.encode({**members, "source_id": 0}, SHAPES[path]["request"])
    return body.replace(b"<source_id>0<", f"<source_id>{mistyped}<".encode())
