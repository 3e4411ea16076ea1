"""Continuation tokens: a task as a portable text, to go on with it in another process, on another day.

The text is JSON with a version, bound to the panel's origin, and holds no secret. A version that this package doesn't
know is refused rather than half understood.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import attrs

from profile_export._transfer import Origin
from profile_export.errors import UsageError
from profile_export.types import is_integer

VERSION: Final = 1
# Half a pair of surrogates is no text that can be sent.
SURROGATES: Final = re.compile("[\ud800-\udfff]")
MEMBERS: Final = frozenset({"profile_export", "origin", "task_id", "file_format"})


@attrs.frozen
class Continuation:
    """What is needed to go on with a task; `file_format` is "" where it isn't known."""

    task_id: str
    file_format: str = ""


def write_token(origin: Origin, continuation: Continuation) -> str:
    """The continuation as text."""
    return json.dumps(
        {
            "profile_export": VERSION,
            "origin": str(origin),
            "task_id": continuation.task_id,
            "file_format": continuation.file_format,
        }
    )


def read_token(origin: Origin, text: str) -> Continuation:
    """The continuation of a text that `write_token` gave for the same origin.

    Raises:
        UsageError: It is another text, of another version, or of another panel.
    """
    members = _members(text)
    version = members.get("profile_export")
    if not is_integer(version) or version != VERSION:
        raise _unreadable(f"its version is {version!r}, and this package knows {VERSION}")
    if members.keys() != MEMBERS or not all(isinstance(members[name], str) for name in MEMBERS - {"profile_export"}):
        raise _unreadable("its members are not those of its version")
    if members["origin"] != str(origin):
        raise _unreadable(f"it belongs to {members['origin']!r}, not to {origin}")
    if not members["task_id"]:
        raise _unreadable("its task id is empty")
    if SURROGATES.search(members["task_id"]):
        raise _unreadable("its task id can't be sent")
    return Continuation(members["task_id"], members["file_format"])


def _members(text: str) -> dict[str, Any]:
    try:
        decoded: object = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        decoded = None
    if not isinstance(decoded, dict) or "profile_export" not in decoded:
        raise _unreadable("it was not written by continuation_token()")
    members: dict[str, Any] = dict(decoded)  # pyright: ignore[reportUnknownArgumentType]
    return members


def _unreadable(why: str) -> UsageError:
    return UsageError(f"not a continuation token for this panel: {why}")
