"""Checks what people pass to a client, once for both clients, before anything is sent."""

from __future__ import annotations

import io
import json
import math
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, Final, cast, get_args

from profile_export._credentials import CredentialLine
from profile_export._download import Destination
from profile_export._files import folder_of
from profile_export._journal import Journal
from profile_export._requests import ExportRequest
from profile_export._secrets import Secret
from profile_export._stores import target_of
from profile_export._transfer import parse_panel
from profile_export.errors import UsageError
from profile_export.policy import DownloadPolicy
from profile_export.targets import URL, ObjectUrl, OutputStream, Target, To, parse_url
from profile_export.types import AuthMode, Database, Segment, Source, WireFormat, is_integer

DEFAULT_TIMEOUT: Final = 3600.0
# What becomes of a URL that is made a path.
COLLAPSED: Final = re.compile(r"(s3|gs|az|file|memory):/")


def credential_line(
    base_url: str, token: str, panel_url: str | None, wire_format: WireFormat, auth: AuthMode
) -> CredentialLine:
    """The credential line to one panel.

    Raises:
        UsageError: An argument can't be used.
    """
    if wire_format not in get_args(WireFormat):
        raise UsageError(f"wire_format is one of {get_args(WireFormat)}, not {wire_format!r}")
    if auth not in get_args(AuthMode):
        raise UsageError(f"auth is one of {get_args(AuthMode)}, not {auth!r}")
    for name, value in (("base_url", base_url), ("token", token), ("panel_url", panel_url)):
        if not isinstance(cast("object", value), str) and not (name == "panel_url" and value is None):
            raise UsageError(f"{name} is a text, not {type(value).__name__}")
    secret = Secret(token)
    if auth == "bearer" and not (token.isascii() and " " not in token):
        raise UsageError("a token with blanks or letters outside of ASCII can't be sent in a header")
    return CredentialLine(parse_panel(base_url, panel_url), secret, auth, wire_format)


def export_request(source: Source, where: Mapping[str, Any] | None, file_format: str) -> ExportRequest:
    """What to export.

    Raises:
        UsageError: An argument can't be sent.
    """
    _check_source(source)
    return ExportRequest(source, *selection(where, file_format))


def _check_source(source: Source) -> None:
    if not isinstance(cast("object", source), Database | Segment):
        raise UsageError(f"not a source: {source!r}", hints=("pass Database(1) or Segment(7)",))


def selection(where: Mapping[str, Any] | None, file_format: str) -> tuple[str, dict[str, Any] | None]:
    """What is the same for several exports: the format, and a copy of the filter.

    Raises:
        UsageError: It can't be sent.
    """
    if not _is_text(file_format):
        raise UsageError("file_format is a word such as 'csv'")
    return file_format, None if where is None else _plain_json(where)


def sources(values: Iterable[Source]) -> Iterator[Source]:
    """The sources of several exports; each of them is looked at when its turn has come.

    Raises:
        UsageError: It is one source, or nothing that gives sources.
    """
    given = cast("object", values)
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise UsageError(
            f"sources is a list or another iterable of sources, not {given!r}",
            hints=("pass [Database(1), Segment(7)]",),
        )
    return iter(values)


def concurrency(number: int) -> int:
    """How many exports may run at once.

    Raises:
        UsageError: It is not a number above 0.
    """
    if not is_integer(number) or number < 1:
        raise UsageError(f"concurrency is the number of exports that may run at once, 1 or more, not {number!r}")
    return number


def _plain_json(where: Mapping[str, Any]) -> dict[str, Any]:
    """A copy that is plain JSON, so that what was checked is what is sent."""
    if not isinstance(cast("object", where), Mapping):
        raise _no_filter()
    try:
        plain: dict[str, Any] = json.loads(json.dumps(dict(where), allow_nan=False, ensure_ascii=False).encode())
        all_texts = _keys_are_texts(where)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"where can't be sent as JSON: {error}") from None
    if not all_texts:
        raise _no_filter()
    return plain


def _no_filter() -> UsageError:
    return UsageError("where is an object of profile fields, such as {'occupation': 'doctor'}")


def _keys_are_texts(value: object) -> bool:
    """Whether all keys are texts, however deep; json would turn others into texts without a word."""
    if isinstance(value, Mapping):
        members = cast("Mapping[object, object]", value)
        return all(isinstance(key, str) and _keys_are_texts(item) for key, item in members.items())
    if isinstance(value, list | tuple):
        return all(_keys_are_texts(item) for item in cast("list[object]", value))
    return True


def task_id(value: str) -> str:
    """A task id; what it looks like is the panel's business.

    Raises:
        UsageError: It is none.
    """
    if not _is_text(value):
        raise UsageError("a task id is a text that is not empty")
    return value


def _is_text(value: object) -> bool:
    """Whether it is a text that says something and can be sent; what a shell passes on may be no Unicode."""
    if not isinstance(value, str) or not value.strip():
        return False
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def timeout(seconds: float | None) -> float | None:
    """How long to wait, in seconds; None is for ever.

    Raises:
        UsageError: It is no length of time.
    """
    if seconds is not None and not (isinstance(cast("object", seconds), int | float) and seconds >= 0):
        raise UsageError(f"timeout is a number of seconds, or None to wait for ever, not {seconds!r}")
    # Such an int can't be added to a moment.
    if seconds is not None and sys.float_info.max < seconds < math.inf:
        raise UsageError("timeout can't be so large a number: no float holds it", hints=("None waits for ever",))
    return seconds


def destination(to: To, overwrite: bool, *, many: bool = False) -> Destination:  # noqa: FBT001 - passed on as it came
    """Where the files go, those of `many` exports perhaps.

    Raises:
        UsageError: Files can't go there.
    """
    target = _target(to)
    if many and isinstance(target, OutputStream):
        raise UsageError("a stream takes the file of one export", hints=("pass a folder",))
    return Destination(target, overwrite)


def _target(to: To) -> Target:
    if isinstance(to, str) and URL.match(to):
        return parse_url(to)
    if isinstance(to, str | os.PathLike):
        path = folder_of(to, "the folder that the files go to")
        if isinstance(to, os.PathLike) and COLLAPSED.match(os.fspath(to)):
            # pathlib takes two slashes for one.
            raise UsageError("a URL is passed as a text, not as a path")
        return path
    if isinstance(to, ObjectUrl):
        return to
    if callable(getattr(to, "write", None)) and not isinstance(to, io.TextIOBase):
        return OutputStream(cast("BinaryIO", to))
    target = target_of(to)
    if target is None:
        raise UsageError(
            "files go to a folder that is not empty text, a URL, a store of obstore, or a file that is open for bytes"
        )
    return target


def journal(path: str | os.PathLike[str] | None, download: DownloadPolicy) -> Journal | None:
    """Where records are kept, or None for nowhere.

    Raises:
        UsageError: It is no folder's name, or what it is to remember of files isn't found out.
    """
    if path is None:
        return None
    if not download.verify_content:
        raise UsageError("a journal knows files by their sha256, which verify_content=False leaves out")
    return Journal.at(path)
