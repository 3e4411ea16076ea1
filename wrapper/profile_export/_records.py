"""What the journal knows of one export: a record that says how far it came. Pure values, written as versioned JSON.

intent     the create request is about to be sent; nobody knows whether it got through
created    the panel gave a task
verified   every file is whole; they get their names now
failed     nothing is left to go on with
done       every file has its name
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final, Literal, TypeAlias, get_args

import attrs

from profile_export.errors import JournalError
from profile_export.targets import Target, read_target
from profile_export.types import DownloadedExport, DownloadedFile, Source, is_integer, parse_source

VERSION: Final = 1
# Seconds. The platform documents that it recognises a repeated `Request-ID` for a day. As long, a lone intent may be
# sent again, and an equal export goes on with the task that is there: later its profiles would be old news.
RECOGNISED: Final = 86_400.0
KEY_LENGTH: Final = 16

Stage: TypeAlias = Literal["intent", "created", "verified", "failed", "done"]
FINAL: Final[frozenset[Stage]] = frozenset({"done", "failed"})
# Seconds of Unix time at the end of the year 9999, where dates end.
LAST_MOMENT: Final = 253_402_300_799
# Moments that a record has where they are known.
OPTIONAL: Final = ("call_began", "task_created_at")


@attrs.frozen
class Record:
    """One export.

    Attributes:
        origin: The panel.
        source: What is exported.
        file_format: The format that was asked for.
        where: The filter, or None.
        directory: Where the files go.
        overwrite: Whether files of the same name are replaced.
        request_id: The `Request-ID` of the create request, and of all its repetitions.
        created_at: When it began, in seconds of the wall clock (Unix time).
        number: Of the exports with an equal request, the how-manieth this is.
        stage: How far it came.
        task_id: The panel's task, once known.
        result: The files, once they are verified.
        problem: Why it failed.
        call_began: When the call of several exports began that it is one of, where it replaces files.
        task_created_at: When the panel gave the task, which may be long after this export began.
    """

    origin: str
    source: Source
    file_format: str
    where: dict[str, Any] | None
    directory: Target
    overwrite: bool
    request_id: str
    created_at: float = 0.0
    number: int = 1
    stage: Stage = "intent"
    task_id: str | None = None
    result: DownloadedExport | None = None
    problem: str = ""
    call_began: float | None = None
    task_created_at: float | None = None

    def follows(self, other: Record) -> bool:
        """Whether it tells more than `other`, or as much: of two processes with one export, one may be behind."""
        order = get_args(Stage)
        return order.index(self.stage) >= order.index(other.stage)

    @property
    def key(self) -> str:
        """Equal for equal exports: of one panel, source, format and filter, into one folder."""
        same = [self.origin, str(self.source), self.file_format, self.where, str(self.directory)]
        return hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()[:KEY_LENGTH]

    @property
    def id(self) -> str:
        """Its name in the journal."""
        return f"{self.key}-{self.number}"

    @property
    def began(self) -> float:
        """Since when files of its folder may be those of other exports, which it doesn't replace."""
        return self.created_at if self.call_began is None else self.call_began

    @property
    def pending(self) -> bool:
        """Whether it can be gone on with."""
        return self.stage not in FINAL

    def recognised(self, now: float) -> bool:
        """Whether the platform still knows its `Request-ID`, at this moment of the wall clock.

        A record of the future tells that the clock was set back; taking it for an old one would make a second task.
        """
        return abs(now - self.created_at) < RECOGNISED


def write(record: Record) -> bytes:
    """The record as JSON."""
    members = {
        "profile_export_record": VERSION,
        **attrs.asdict(record, recurse=False),
        "source": str(record.source),
        "directory": str(record.directory),
        "result": None if record.result is None else _result(record.result),
    }
    for name in OPTIONAL:
        if members[name] is None:
            # Earlier versions read the rest.
            del members[name]
    return json.dumps(members, indent=2).encode()


def _result(result: DownloadedExport) -> dict[str, Any]:
    files = [_file(file) for file in result.files]
    return {**attrs.asdict(result, recurse=False), "files": files, "warnings": list(result.warnings)}


def _file(file: DownloadedFile) -> dict[str, Any]:
    members = attrs.asdict(file, recurse=False)
    return {"path": str(members.pop("place")), **members}


def read(content: bytes, name: str) -> Record:
    """The record that `write` wrote.

    Raises:
        JournalError: It is none, or of another version. `name` tells people where it is.
    """
    try:
        members: dict[str, Any] = json.loads(content)
        version = members.pop("profile_export_record")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise JournalError(f"{name} is no record of an export", hints=("remove it if you know why",)) from None
    if version != VERSION:
        raise JournalError(f"{name} is a record of version {version!r}, and this package knows {VERSION}")
    try:
        if _fits(members):
            return _record(members)
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise JournalError(f"{name} is a damaged record", hints=("remove it if you know why",))


def _fits(members: dict[str, Any]) -> bool:
    """Whether the members have their types, and go together with the stage."""
    texts = ("origin", "source", "file_format", "directory", "request_id", "problem")
    stage, task_id, result = members["stage"], members["task_id"], members["result"]
    return (
        all(isinstance(members[name], str) for name in texts)
        and isinstance(task_id, str | None)
        and isinstance(members["where"], dict | None)
        and isinstance(members["overwrite"], bool)
        and _is_moment(members["created_at"])
        and all(_is_moment(members[name]) for name in OPTIONAL if name in members)
        and is_integer(members["number"])
        and stage in get_args(Stage)
        and (task_id is not None or stage in {"intent", "failed"})
        and (result is not None or stage not in {"verified", "done"})
    )


def _is_moment(value: object) -> bool:
    """Whether it is a number of the wall clock that has a date."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LAST_MOMENT


def _record(members: dict[str, Any]) -> Record:
    source, directory, result = members.pop("source"), members.pop("directory"), members.pop("result")
    read_result = None if result is None else _read_result(result)
    # What a later version adds must not keep this one from going on.
    known = {name: members[name] for name in members.keys() & attrs.fields_dict(Record).keys()}
    return Record(source=parse_source(source), directory=read_target(directory), result=read_result, **known)


def _read_result(members: dict[str, Any]) -> DownloadedExport:
    files, warnings = members.pop("files"), tuple[str, ...](members.pop("warnings"))
    return DownloadedExport(files=tuple(map(_read_file, files)), warnings=warnings, **members)


def _read_file(members: dict[str, Any]) -> DownloadedFile:
    return DownloadedFile(path=read_target(members.pop("path")), **members)
