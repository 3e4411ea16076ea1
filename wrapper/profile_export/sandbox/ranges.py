"""Range requests by RFC 9110: which part of a file is wanted, or whether the whole of it is."""

from __future__ import annotations

import re

# Bounded digits: Python refuses to read numbers of many thousand digits, and no file is that long.
_ONE_RANGE = re.compile(r"bytes[ \t]*=[ \t]*(?:([0-9]{1,30})-([0-9]{0,30})|-([0-9]{1,30}))[ \t]*", re.IGNORECASE)


class Unsatisfiable(Exception):
    """The range is well-formed, but the file has no such bytes: HTTP 416."""


def wanted_range(header: str | None, size: int) -> tuple[int, int] | None:
    """First byte and end (exclusive) of the wanted part; None for the whole file.

    What isn't understood is ignored, as the RFC asks: other units, bad syntax, and several ranges, which a server may
    answer with the whole file.
    """
    match = _ONE_RANGE.fullmatch(header) if header else None
    if match is None:
        return None
    if match[3]:
        return _suffix(int(match[3]), size)
    start = int(match[1])
    last = int(match[2]) if match[2] else size - 1
    if match[2] and last < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return start, min(last + 1, size)


def _suffix(length: int, size: int) -> tuple[int, int]:
    if length == 0 or size == 0:
        raise Unsatisfiable
    return max(0, size - length), size


def still_current(if_range: str | None, etag: str, last_modified: str) -> bool:
    """Whether a part fits what the client has. Only a strong, equal validator counts; the files never change."""
    return if_range is None or if_range.strip() in (etag, last_modified)
