"""Whether a broken download may go on where it stopped: RFC 9110, sections 13.1.5 (If-Range) and 14 (ranges)."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

import attrs

# RFC 9110, section 8.8.3: a strong tag is a quoted text without the mark of a weak one.
STRONG_TAG: Final = re.compile(r'"[\x21\x23-\x7e]*"')
CONTENT_RANGE: Final = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)", re.IGNORECASE)

Verdict: TypeAlias = Literal["whole", "rest", "complete", "changed"]


@attrs.frozen
class ResumePoint:
    """How much of a file is here: its first `offset` bytes, of the version `etag`; `total` bytes if that is known."""

    offset: int
    etag: str
    total: int | None

    def headers(self) -> dict[str, str]:
        """The request for the rest; a panel whose file has changed sends the whole one instead."""
        return {"Range": f"bytes={self.offset}-", "If-Range": self.etag}


@attrs.frozen
class RangeHead:
    """What an answer says about ranges: its HTTP status, and its headers as they came."""

    status: int
    etag: str | None
    content_range: str | None
    content_length: int | None


def announced_total(head: RangeHead, point: ResumePoint) -> int | None:
    """How long the whole file is, by an answer that was judged to be the rest of it."""
    fields = CONTENT_RANGE.fullmatch((head.content_range or "").strip())
    return int(fields[3]) if fields is not None and fields[3] != "*" else point.total


def strong_etag(value: str | None) -> str | None:
    """The tag when it is a strong one; a weak one doesn't promise the same bytes, so nothing may be joined on it."""
    text = (value or "").strip()
    return text if STRONG_TAG.fullmatch(text) else None


def judge_range(head: RangeHead, point: ResumePoint) -> Verdict:
    """What the answer to a request for the rest is.

    Returns:
        "whole": the file from its first byte; what is here is forgotten. "rest": what was asked for, all of it.
        "complete": there is no rest, everything is here. "changed": what came doesn't fit what is here.
    """
    if head.status == 200:
        return "whole"
    if head.etag is not None and strong_etag(head.etag) != point.etag:
        return "changed"
    fields = CONTENT_RANGE.fullmatch((head.content_range or "").strip())
    if fields is None:
        return "changed"
    start, end, total = (None if field in {None, "*"} else int(field) for field in fields.groups())
    if head.status == 416:
        return "complete" if start is None and total == point.offset and point.total in {None, total} else "changed"
    fits = (
        head.status == 206
        and start == point.offset
        and end is not None
        and total is not None
        and end == total - 1
        and point.total in {None, total}
        and head.content_length in {None, total - point.offset}
    )
    return "rest" if fits else "changed"
