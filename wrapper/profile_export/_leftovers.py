"""Part files that an earlier run left behind: finds them, takes them up, and clears away what nobody can use.

Beside every part file stands its record: of which task and version it is, how much of it was surely on the disk, and
who works on it. The record is written first and removed last, so that no part file is ever without one.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import attrs

from profile_export import _files, _ownership
from profile_export._ownership import Owner
from profile_export._splits import Span, joined
from profile_export.types import is_integer

VERSION: Final = 1
ENDING: Final = ".part"
# What the name of a part file has behind that of its target, see `_part_file`.
BEHIND_TARGET: Final = re.compile(r"\.[0-9a-f]{8}\.part")


@attrs.frozen
class PartRecord:
    """What is known of a part file.

    Attributes:
        task_id: The task whose file it is.
        etag: The strong tag of its version, or None where nothing may be joined to it.
        total: Length of the whole file, where it was announced.
        synced: Bytes that a loss of power can't take away.
        owner: Who works on it.
        ranges: Which bytes were written, where those are not simply the first ones.
        ranges_synced: Whether a loss of power can't take these away either.
    """

    task_id: str
    etag: str | None
    total: int | None
    synced: int
    owner: Owner
    ranges: tuple[Span, ...] = ()
    ranges_synced: bool = False


@attrs.frozen
class Leftover:
    """A part file whose owner is gone."""

    path: Path
    record: PartRecord
    status: os.stat_result

    @property
    def usable(self) -> int:
        """Bytes that are what they were when they were written."""
        return sum(end - start for start, end in self.spans)

    @property
    def spans(self) -> tuple[Span, ...]:
        """Where these are; none where the file is not surely ours alone."""
        ours = not hasattr(os, "geteuid") or self.status.st_uid == os.geteuid()
        # A second name is that of a published file, given just before a crash.
        if not ours or not stat.S_ISREG(self.status.st_mode) or self.status.st_nlink != 1 or self.record.etag is None:
            return ()
        size, record = self.status.st_size, self.record
        same_boot = record.owner.boot and record.owner.boot == _ownership.boot()
        if record.ranges and (same_boot or record.ranges_synced):
            return joined((start, min(end, size)) for start, end in record.ranges)
        return joined([(0, size if same_boot else min(size, record.synced))])


def record_of(part: Path) -> Path:
    """Where the record of a part file stands."""
    return part.with_name(f"{part.name}.json")


def write_record(part: Path, record: PartRecord, *, durable: bool = False) -> None:
    """Says what the part file is, in place of what was said before.

    What is said of bytes that are surely on the disk must be there as surely, and so must it be taken back; the rest is
    found as it is now or as it was.
    """
    members = {"profile_export_part": VERSION, **attrs.asdict(record)}
    if not record.ranges:
        # Earlier versions read the rest.
        del members["ranges"], members["ranges_synced"]
    _files.replace(record_of(part), json.dumps(members).encode(), durable=durable)


def read_record(part: Path) -> PartRecord | None:
    """What is known of a part file, or None where that can't be read."""
    try:
        members: dict[str, Any] = json.loads(record_of(part).read_bytes())
        owner = _ownership.read_owner(members.pop("owner"))
        fits = (
            members.pop("profile_export_part") == VERSION
            and isinstance(members["task_id"], str)
            and isinstance(members["etag"], str | None)
            and (members["total"] is None or is_integer(members["total"]))
            and is_integer(members["synced"])
            and isinstance(members.get("ranges_synced", False), bool)
        )
        members["ranges"] = tuple(_span(pair) for pair in members.get("ranges", ()))
        return PartRecord(owner=owner, **members) if fits and owner is not None else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _span(pair: Any) -> Span:
    start, end = pair
    if not is_integer(start) or not is_integer(end) or not 0 <= start <= end:
        raise ValueError("no range")
    return start, end


def take_up(target: Path, task_id: str, into: Path) -> Leftover | None:
    """The largest usable part of a task's file, now called `into`; the task's other ones are removed.

    Renaming is what claims it: of two that try, one finds nothing any more.
    """
    found = sorted(leftovers(target, task_id), key=lambda leftover: leftover.usable, reverse=True)
    taken: Leftover | None = None
    for leftover in found:
        mine = _claim(leftover, into) if taken is None and leftover.usable else None
        if mine is None:
            remove(leftover.path)
        taken = taken or mine
    return taken


def leftovers(target: Path, task_id: str) -> Iterator[Leftover]:
    """The parts of a task's file that nobody works on. Parts of other tasks are left to those."""
    for leftover in _matching(target.parent, f"{target.name}.", task_id):
        # The part of `a.csv.1` begins like that of `a.csv`, too.
        if BEHIND_TARGET.fullmatch(leftover.path.name, len(target.name)):
            yield leftover


def _matching(directory: Path, beginning: str, task_id: str) -> Iterator[Leftover]:
    for beside in _records(directory, beginning):
        part = beside.with_suffix("")
        record = read_record(part)
        if record is None:
            continue
        with contextlib.suppress(OSError):
            status = os.lstat(part if os.path.lexists(part) else beside)
            if not _ownership.is_gone(record.owner, part, idle=time.time() - status.st_mtime):
                continue
            if not os.path.lexists(part):
                beside.unlink()
            elif record.task_id == task_id:
                yield Leftover(part, record, status)


def _records(directory: Path, beginning: str) -> list[Path]:
    # Plain names: a folder may hold a hundred thousand exports.
    with contextlib.suppress(OSError):
        names = os.listdir(directory)  # noqa: PTH208 - a path for each would cost most of the time
        return [directory / name for name in names if name.startswith(beginning) and name.endswith(f"{ENDING}.json")]
    return []


def _claim(leftover: Leftover, into: Path) -> Leftover | None:
    spans = leftover.spans
    # From now on the record is of this boot: what a loss of power left behind these bytes must not count again.
    ranges = () if spans == ((0, leftover.status.st_size),) else spans
    owned = attrs.evolve(leftover.record, owner=_ownership.this_process(), ranges=ranges)
    try:
        write_record(into, owned)
        leftover.path.rename(into)
    except OSError:
        record_of(into).unlink(missing_ok=True)
        return None
    remove(leftover.path)
    return attrs.evolve(leftover, path=into, record=owned)


def clear(target: Path, task_id: str) -> None:
    """Removes what runs that are gone left of a task's file, once it is published."""
    for leftover in leftovers(target, task_id):
        remove(leftover.path)


def clear_all(directory: Path, task_id: str) -> None:
    """Removes what runs that are gone left of all files of a task, once nobody needs it any more."""
    for leftover in _matching(directory, "", task_id):
        remove(leftover.path)


def remove(part: Path) -> None:
    """Removes a part file and then its record; what can't be removed stays."""
    with contextlib.suppress(OSError):
        part.unlink(missing_ok=True)
        record_of(part).unlink(missing_ok=True)


def forget(part: Path) -> None:
    """Removes a part file of this process, with its record."""
    remove(part)
    _ownership.let_go(part)
