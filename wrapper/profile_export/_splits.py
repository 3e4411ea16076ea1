"""How one file is split between several connections, and which of its bytes are here. Pure decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Final, Literal, TypeAlias

from profile_export._ranges import CONTENT_RANGE, RangeHead, strong_etag

# Bytes from the first up to, and without, the second.
Span: TypeAlias = tuple[int, int]
Verdict: TypeAlias = Literal["range", "useless", "changed"]

# A new connection takes three round trips before its first byte, TLS included, and some more until it is at full speed.
# At 50 ms that is about a fifth of the time in which 4 MiB come at 5 MiB/s; smaller ranges would save next to nothing.
SMALLEST_RANGE: Final = 4 * 2**20


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same bytes in as few spans as possible, in order; empty ones are dropped."""
    result: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return tuple(result)


def holes(here: Iterable[Span], total: int) -> tuple[Span, ...]:
    """What of a file of `total` bytes is not here yet."""
    result: list[Span] = []
    reached = 0
    for start, end in joined(here):
        if reached < min(start, total):
            result.append((reached, min(start, total)))
        reached = max(reached, end)
    return (*result, (reached, total)) if reached < total else tuple(result)


def split(missing: Iterable[Span], connections: int) -> tuple[Span, ...]:
    """The same bytes in ranges as equal as the holes allow: about one for each connection, and none too small to pay.

    Equal ones, because each further request would cost a connection again; a hole of a former run stays a range of its
    own, however small.
    """
    missing = tuple(missing)
    size = max(sum(end - start for start, end in missing) // connections, SMALLEST_RANGE)
    ranges: list[Span] = []
    for start, end in missing:
        count = max((end - start) // size, 1)
        cuts = [start + (end - start) * number // count for number in range(count + 1)]
        ranges += pairwise(cuts)
    return tuple(ranges)


def may_split(head: RangeHead, accept_ranges: str, total: int | None) -> bool:
    """Whether the panel gives out ranges of this very version of the file, as far as its answer tells.

    A 206 has proved it. All else needs a tag by which the panel can tell that the file is still the same.
    """
    units = {unit.strip().lower() for unit in accept_ranges.split(",")}
    return total is not None and strong_etag(head.etag) is not None and (head.status == 206 or "bytes" in units)


def range_headers(span: Span, etag: str) -> dict[str, str]:
    """The request for one range; a panel whose file has changed sends the whole one instead."""
    return {"Range": f"bytes={span[0]}-{span[1] - 1}", "If-Range": etag}


def judge_part(head: RangeHead, span: Span, etag: str, total: int) -> Verdict:
    """What the answer to a request for one range is.

    Returns:
        "range": what was asked for, all of it. "useless": something else, that doesn't speak against the file; another
        request may get it. "changed": the file is not the one that the other ranges belong to.
    """
    if head.etag is not None and strong_etag(head.etag) != etag:
        return "changed"
    fields = CONTENT_RANGE.fullmatch((head.content_range or "").strip())
    if head.status not in {206, 416} or fields is None:
        return "useless"
    first, last, whole = fields.groups()
    if whole != "*" and int(whole) != total:
        return "changed"
    fits = head.status == 206 and (first, last, whole) == (str(span[0]), str(span[1] - 1), str(total))
    return "range" if fits and head.content_length in {None, span[1] - span[0]} else "useless"


def length(spans: Mapping[int, int]) -> int:
    """Bytes in spans that don't overlap, given by their ends at their starts."""
    return sum(spans.values()) - sum(spans)
