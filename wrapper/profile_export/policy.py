"""What may be tuned: how often to ask, how stubbornly to repeat, what a file must prove."""

from __future__ import annotations

import math
import sys
from typing import Any, Final, Literal

import attrs

from profile_export.errors import UsageError


def _not_negative(_policy: object, attribute: attrs.Attribute[float], value: float) -> None:
    if not value >= 0:
        raise UsageError(f"{attribute.name} can't be {value!r}: it is 0 or more")
    # An int may be larger than every float but infinity, and can't be added to one then.
    if sys.float_info.max < value < math.inf:
        raise UsageError(f"{attribute.name} can't be so large a number: no float holds it")


def _finite(_policy: object, attribute: attrs.Attribute[float], value: float) -> None:
    if not math.isfinite(value):
        raise UsageError(f"{attribute.name} can't be {value!r}: it is a number of seconds, or a part of them")


# Seconds. The system waits for a socket at most 2^31 milliseconds; a longer timeout is an error there, or over at once.
LONGEST_REQUEST: Final = 1_000_000


def _socket_waits(_policy: object, attribute: attrs.Attribute[float], value: float) -> None:
    if value > LONGEST_REQUEST:
        raise UsageError(f"{attribute.name} can't be {value!r}: it is {LONGEST_REQUEST} seconds at most")


def _below_one(_policy: object, attribute: attrs.Attribute[float], value: float) -> None:
    if not value < 1:
        raise UsageError(f"{attribute.name} can't be {value!r}: it is less than 1")


def _create_word(_policy: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if value not in {"request-id", "never"}:
        raise UsageError(f"{attribute.name} can't be {value!r}: it is 'request-id' or 'never'")


def _at_least_one(_policy: object, attribute: attrs.Attribute[int], value: int) -> None:
    if value < 1:
        raise UsageError(f"{attribute.name} can't be {value!r}: it is 1 or more")


def _text(_policy: object, attribute: attrs.Attribute[str], value: object) -> None:
    if not isinstance(value, str):
        raise UsageError(f"{attribute.name} can't be {value!r}: it is a text, which may be empty")


# Browsers take six, aria2 sixteen at most; a panel is asked for exports by others, too.
MOST_CONNECTIONS: Final = 16


def _few(_policy: object, attribute: attrs.Attribute[int], value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_CONNECTIONS:
        raise UsageError(f"{attribute.name} can't be {value!r}: it is 1 to {MOST_CONNECTIONS}")


@attrs.frozen(kw_only=True)
class PollPolicy:
    """How often the status of a task is asked for. Times are seconds.

    The delay before the next question is `fraction` of the time waited so far, within `min_delay` and `max_delay`,
    so a task is noticed late by about a tenth of its own duration. Where `progress` grows, half of the estimated rest
    is waited instead, between a tenth of that delay and three times of it.

    Attributes:
        min_delay: Shortest delay.
        max_delay: Longest delay that the time waited so far may lead to.
        fraction: Part of the time waited so far.
        jitter: Random part of a delay, up or down, so that many clients don't ask in step.
        not_found_grace: How long after its creation a task may still be unknown to the panel.
        unknown_status_patience: How long a task at 100 percent may stay under an undocumented status word.
    """

    min_delay: float = attrs.field(default=1.0, validator=[_not_negative, _finite])
    max_delay: float = attrs.field(default=30.0, validator=_not_negative)
    fraction: float = attrs.field(default=0.1, validator=[_not_negative, _finite])
    jitter: float = attrs.field(default=0.1, validator=[_not_negative, _below_one])
    not_found_grace: float = attrs.field(default=15.0, validator=_not_negative)
    unknown_status_patience: float = attrs.field(default=60.0, validator=_not_negative)


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """How a failed request is repeated. Times are seconds.

    Attributes:
        attempts: How often one request is sent at most, the first time included. Of a download, only attempts without
            a new byte count, in a row.
        first_delay: Delay before the first repetition; every further one doubles it.
        max_delay: Longest delay. A panel's `Retry-After` may ask for more.
        request_timeout: How long one request may stay without a sign of life from the panel. The head of an answer, and
            an answer that is no file, must be whole by then. At most 1,000,000, which is eleven days.
        create: What happens when nobody knows whether a create request reached the panel. "request-id" repeats it
            under the same `Request-ID`, by which the platform recognises repetitions; "never" raises
            `CreateOutcomeUnknown`.
    """

    attempts: int = attrs.field(default=6, validator=_at_least_one)
    first_delay: float = attrs.field(default=0.5, validator=[_not_negative, _finite])
    max_delay: float = attrs.field(default=20.0, validator=_not_negative)
    request_timeout: float = attrs.field(default=60.0, validator=[_not_negative, _finite, _socket_waits])
    create: Literal["request-id", "never"] = attrs.field(default="request-id", validator=_create_word)


@attrs.frozen(kw_only=True)
class DownloadPolicy:
    """How stubbornly a file is fetched, and what it must prove.

    Attributes:
        attempts: How often one file is requested at most, however much every attempt brings.
        verify_rows: Compare the rows of csv files with the task's `total`.
        verify_content: Take a file's sha256 and count its rows while it comes. Without, only the announced length is
            checked, and there must be one: `sha256` and `rows` are None, `verify_rows` has nothing to compare, and
            there can be no journal, which knows finished files by their sha256.
        csv_header: Whether csv files begin with a header row, which `total` doesn't count. Not documented; assumed.
        link_prefix: What the path of every link begins with, after the path of the base URL if it has one.
            Both documented shapes do; "" allows any path.
        connections: Over how many connections at once the files of one export are fetched, 1 to 16, all its files and
            their ranges together. Each file has one; what is free takes ranges of 4 MiB or more, where the panel gives
            the file a strong tag and a length, and gives out ranges. Only into folders; stores and streams take one.
    """

    attempts: int = attrs.field(default=100, validator=_at_least_one)
    verify_rows: bool = True
    verify_content: bool = True
    csv_header: bool = True
    link_prefix: str = attrs.field(default="/api/download/", validator=_text)
    connections: int = attrs.field(default=1, validator=_few)
