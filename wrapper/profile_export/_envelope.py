"""Reads an answer of the panel: success gives its data, anything else the error that says best what happened.

HTTP status and the envelope's `error` are two separate signals; an error under HTTP 200 is to be expected.
"""

from __future__ import annotations

import email.utils
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal, cast

import attrs

from profile_export.errors import (
    ApiError,
    AuthenticationError,
    ContractError,
    InvalidRequest,
    RateLimited,
    ServerError,
)
from profile_export.types import is_integer

# Letters of a panel's own text that a message repeats.
SNIPPET: Final = 120
LONGEST_TEXT: Final = 500
SUCCESS: Final = 0
# Codes of the platform's published table that are about the token.
REFUSED_TOKEN: Final = frozenset({401, 403})
REFUSED_TOKEN_HINTS: Final = (
    "check the token and what it may do",
    "panels differ in how they take it: try the other way, body or bearer (--auth, or auth= in Python)",
)
NOT_FOUND: Final = 404
# No code for an unknown task is documented; a panel may say it in words only.
NOT_FOUND_TEXT: Final = re.compile(
    r"(task|export)\b.*\b(not found|unknown|does ?n.t exist)|(unknown|no such) task", re.IGNORECASE
)
WRONG_ADDRESS: Final = "check the base URL: the panel's address, no path"
JSON_BOM: Final = b"\xef\xbb\xbf"
PAGES: Final = frozenset({"text/html", "application/xhtml+xml"})


@attrs.frozen
class Answer:
    """An answer as it came.

    Attributes:
        status: HTTP status.
        content_type: The header, or "".
        retry_after: The header, or None.
        body: At most as many bytes as the transport reads of an answer.
    """

    status: int
    content_type: str
    retry_after: str | None
    body: bytes


XmlDecoder = Callable[[bytes], Mapping[str, Any]]


def format_of(content_type: str, body: bytes) -> Literal["json", "xml"] | None:
    """The format that an answer says it has or, where it says nothing useful, looks like by its first byte."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type.endswith(("/json", "+json")):
        return "json"
    if media_type.endswith(("/xml", "+xml")) and media_type != "application/xhtml+xml":
        return "xml"
    first = body.removeprefix(JSON_BOM).lstrip()[:1]
    if first == b"{":
        # PHP calls everything text/html unless it is told otherwise.
        return "json"
    return "xml" if first == b"<" and media_type not in PAGES else None


def may_be_ours(content_type: str, body: bytes | None) -> bool:
    """Whether an answer may have come from the API, though it can't be read; `body` is None where it broke off."""
    if body is None:
        return content_type.partition(";")[0].strip().lower() not in PAGES
    return format_of(content_type, body) is not None


def read_answer(
    answer: Answer, decode_xml: XmlDecoder, *, mask: Callable[[str], str] = str, now: datetime | None = None
) -> dict[str, Any]:
    """The members of a success envelope. `mask` hides secrets in texts that errors repeat, before they are shortened.

    Raises:
        ApiError: The panel refused or failed, by its envelope or its HTTP status.
        ContractError: This is no answer of this API.
    """
    envelope = _decode(answer, decode_xml)
    retry_after = parse_retry_after(answer.retry_after, now or datetime.now(UTC))
    if envelope is None:
        raise _without_envelope(answer, retry_after, mask)
    code, text = _signals(envelope)
    if code == SUCCESS and 200 <= answer.status < 300:
        return envelope
    raise refusal(answer.status, code, mask(text), retry_after)


def _decode(answer: Answer, decode_xml: XmlDecoder) -> dict[str, Any] | None:
    """The envelope, or None where the body is none."""
    kind = format_of(answer.content_type, answer.body)
    decoded: object = None
    try:
        if kind == "json":
            decoded = json.loads(answer.body.removeprefix(JSON_BOM))
        elif kind == "xml":
            decoded = decode_xml(answer.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(decoded, Mapping) or "error" not in decoded:
        return None
    return dict(cast("Mapping[str, Any]", decoded))


def _signals(envelope: Mapping[str, Any]) -> tuple[int, str]:
    code, text = envelope["error"], envelope.get("error_text")
    if not is_integer(code):
        raise ContractError("the answer's 'error' is not an integer")
    if code == SUCCESS and text is not None and not isinstance(text, str):
        raise ContractError("the answer's 'error_text' is not a text")
    # Half a pair of surrogates could be neither printed nor written to a file.
    return code, text.encode(errors="replace").decode() if isinstance(text, str) else ""


def refusal(status: int, code: int | None, text: str, retry_after: float | None = None) -> ApiError:
    """The error for an envelope with this code under this HTTP status; the envelope, if any, has the first word."""
    signal = code or status
    shown = f"error {code}" if code else f"HTTP {status}"
    words = f": {one_line(text, LONGEST_TEXT)}" if text and code else ""
    kind, lead, hints = _kind(signal, status)
    return kind(
        f"{lead} ({shown}){words}", code=code, text=text, http_status=status, retry_after=retry_after, hints=hints
    )


def _kind(signal: int, status: int) -> tuple[type[ApiError], str, tuple[str, ...]]:
    if signal in REFUSED_TOKEN:
        return AuthenticationError, "the panel refused the token", REFUSED_TOKEN_HINTS
    if 429 in {signal, status}:
        return RateLimited, "the panel asks for fewer requests", ("try again later, with fewer exports at once",)
    if 500 <= signal < 600 or status >= 500:
        return ServerError, "the panel failed", ("try again later",)
    if signal == 402:
        return ApiError, "the account's tariff doesn't allow this", ()
    if signal == NOT_FOUND:
        return InvalidRequest, "the panel refused the request", (WRONG_ADDRESS,)
    if 400 <= signal < 440:
        return InvalidRequest, "the panel refused the request", ()
    return ApiError, "the panel refused the request", ()


def _without_envelope(
    answer: Answer, retry_after: float | None, mask: Callable[[str], str]
) -> ApiError | ContractError:
    status = answer.status
    if status >= 500 or status in {401, 403, 429}:
        return refusal(status, None, "", retry_after)
    return ContractError(
        f"this is not an answer of the export API: HTTP {status}, {_describe(answer, mask)}",
        hints=("check the base URL: scheme, host and port of the panel, nothing else",),
    )


def _describe(answer: Answer, mask: Callable[[str], str]) -> str:
    if not answer.body.strip():
        return "an empty body"
    if b"\0" in answer.body:
        # Of two bytes a letter, say, where no token would be found to be masked.
        return f"{one_line(answer.content_type, SNIPPET) or 'no content type'}: bytes that are no text"
    text = mask(answer.body.decode("utf-8", "replace"))
    return f"{one_line(answer.content_type, SNIPPET) or 'no content type'}: {one_line(text, SNIPPET)}"


def one_line(text: str, longest: int) -> str:
    """A panel's text as part of a message: on one line, printable, and not too long."""
    words = " ".join(text.split())[:longest]
    return "".join(letter if letter.isprintable() else "?" for letter in words)


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds from `Retry-After`, given as seconds or as a date (RFC 9110, section 10.2.3); None when it is neither."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max((moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds(), 0.0)


def says_not_found(error: ApiError) -> bool:
    """Whether a status request was refused because the panel doesn't know the task."""
    if isinstance(error, AuthenticationError | RateLimited | ServerError):
        return False
    return NOT_FOUND in {error.code, error.http_status} or names_the_task(error)


def names_the_task(error: ApiError) -> bool:
    """Whether the panel says in words that it is the task which isn't there; a bare 404 is said of paths, too."""
    # The time to search grows with the square of the text's length, which the panel chooses.
    return NOT_FOUND_TEXT.search(error.text[:LONGEST_TEXT]) is not None
