"""A machine on which processes run, are killed between any two of their deeds, and lose what was not yet on the disk.

The disk is a real folder. Everything that changes it passes through here: the calls of `os` that the package's modules
make, and the bytes they write. A killed process does nothing any more, not even its clean-up: every further deed of it
ends at once. What the package asks of the system about processes is answered here, too, in this one place.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path
from typing import IO, Any, Final, Literal, NamedTuple, Self, TypeAlias

import attrs

from contract_tests.kills.disk import Bytes, Disk, Folder, Names, Node
from profile_export import _ownership, _part_file, _splits

# Where a process can be killed.
Moment: TypeAlias = Literal["before an effect", "after an effect", "after a chunk", "within work on files"]
DISK_SIZE: Final = 1 << 30


class Usage(NamedTuple):
    """What `shutil.disk_usage` tells."""

    total: int
    free: int


class Killed(BaseException):
    """The process is no more. Nothing in the package may handle it, and what tries to clean up can do nothing."""


@attrs.define(eq=False)
class Process:
    """One process, which is killed at its moment number `dies_at`."""

    owner: _ownership.Owner
    dies_at: int | None = None
    dead: bool = False
    moments: int = 0
    seen: Counter[Moment] = attrs.field(factory=Counter[Moment])
    busy: dict[Path, str] = attrs.field(factory=dict[Path, str])
    streams: list[IO[bytes]] = attrs.field(factory=list[IO[bytes]])

    def moment(self, kind: Moment) -> None:
        if self.dead:
            raise Killed
        self.moments += 1
        self.seen[kind] += 1
        if self.moments == self.dies_at:
            self.dead = True
            raise Killed


@attrs.define
class Machine:
    """Clock, disk and processes.

    Attributes:
        root: Everything that is looked at is below it.
        full: The disk has no room.
        locked: Nothing can be written below these folders.
        hard_links: Whether the file system knows them.
        now: Seconds since the machine was made; only sleeping lets them pass.
        wall: What the clock on the wall is ahead of that.
    """

    root: Path
    full: bool = False
    locked: set[Path] = attrs.field(factory=set[Path])
    hard_links: bool = True
    now: float = 1000.0
    wall: float = attrs.field(factory=time.time)
    boots: int = 1
    started: int = 0
    living: dict[int, Process] = attrs.field(factory=dict[int, Process])
    disk: Disk = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.disk = Disk(self.root)

    def wall_clock(self) -> float:
        return self.wall + self.now

    def start(self, dies_at: int | None = None) -> Process:
        self.started += 1
        owner = _ownership.Owner("host", f"boot-{self.boots}", self.started, str(self.started))
        self.living[self.started] = process = Process(owner, dies_at)
        return process

    def end(self, process: Process) -> None:
        """Whatever it has open is closed by the system."""
        process.dead = True
        self.living.pop(process.owner.pid, None)
        for stream in process.streams:
            stream.close()

    def lose_power(self, names: Names, bytes_left: Callable[[], Bytes]) -> None:
        for process in list(self.living.values()):
            self.end(process)
        self.boots += 1
        self.disk.lose_power(names, bytes_left)

    @contextlib.contextmanager
    def running(self, process: Process) -> Generator[None]:
        """What happens in this block is what the process does."""
        calls = Calls(self, process)
        places: list[tuple[Any, str, Any]] = [
            *((os, name, getattr(calls, name)) for name in CALLS),
            (shutil, "disk_usage", lambda _: Usage(DISK_SIZE, 0 if self.full else DISK_SIZE)),
            (time, "time", self.wall_clock),
            # Files of a few bytes have ranges here, and every chunk of one is noted.
            (_splits, "SMALLEST_RANGE", 1),
            (_part_file, "NOTE_EVERY", 0.0),
            (_ownership, "this_process", lambda: process.owner),
            (_ownership, "boot", lambda: f"boot-{self.boots}"),
            (_ownership, "_busy", process.busy),
            (_ownership, "_lives", lambda owner, _idle: owner.pid in self.living),
        ]
        before = [(where, name, getattr(where, name)) for where, name, _ in places]
        for where, name, stand_in in places:
            setattr(where, name, stand_in)
        try:
            yield
        finally:
            for where, name, original in before:
                setattr(where, name, original)


real_open, real_fdopen, real_fsync = os.open, os.fdopen, os.fsync
real_mkdir, real_link, real_rename, real_replace = os.mkdir, os.link, os.rename, os.replace
real_unlink, real_chmod = os.unlink, os.chmod
CALLS: Final = ("open", "fdopen", "fsync", "mkdir", "link", "rename", "replace", "unlink", "chmod")


@attrs.define
class Calls:
    """The calls of `os`, as one process makes them."""

    machine: Machine
    process: Process

    def _deed(self, path: Path) -> bool:
        """A change below the root is about to happen: the process may end before it, or not be allowed to make it."""
        if not self.machine.disk.holds(path):
            return False
        self.process.moment("within work on files")
        if any(path.is_relative_to(folder) for folder in self.machine.locked):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return True

    def open(self, path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        place = Path(path)
        new = bool(flags & os.O_CREAT) and not os.path.lexists(place) and self._deed(place)
        if flags & os.O_WRONLY:
            # What was written is read again at an fsync.
            flags = flags & ~os.O_WRONLY | os.O_RDWR
        descriptor = real_open(path, flags, mode, **more)
        if new:
            self.machine.disk.add(place, Node())
        OPENED[descriptor] = self.machine.disk.find(place) if self.machine.disk.holds(place) else None
        return descriptor

    def fdopen(self, descriptor: int, mode: str = "r", *_: Any, **__: Any) -> Any:
        raw = real_fdopen(descriptor, mode, buffering=0)
        self.process.streams.append(raw)
        return Stream(self.machine, self.process, raw)

    def fsync(self, descriptor: int) -> None:
        self.process.moment("within work on files")
        what = OPENED.get(descriptor)
        if isinstance(what, Folder):
            what.sync()
        elif what is not None:
            what.synced = os.pread(descriptor, os.fstat(descriptor).st_size, 0)

    def mkdir(self, path: Any, mode: int = 0o777, **more: Any) -> None:
        place = Path(path)
        new = not os.path.lexists(place) and place.parent.is_dir() and self._deed(place)
        real_mkdir(path, mode, **more)
        if new:
            self.machine.disk.add(place, Folder())

    def link(self, source: Any, target: Any, **more: Any) -> None:
        new = not os.path.lexists(target) and self._deed(Path(target))
        if not self.machine.hard_links:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))
        real_link(source, target, **more)
        node = self.machine.disk.find(Path(source)) if new else None
        if node is not None:
            self.machine.disk.add(Path(target), node)

    def rename(self, source: Any, target: Any, **more: Any) -> None:
        if os.path.lexists(source) and self._deed(Path(target)):
            self.machine.disk.rename(Path(source), Path(target))
        real_rename(source, target, **more)

    def replace(self, source: Any, target: Any, **more: Any) -> None:
        self.rename(source, target, **more)

    def unlink(self, path: Any, **more: Any) -> None:
        if os.path.lexists(path) and self._deed(Path(path)):
            self.machine.disk.remove(Path(path))
        real_unlink(path, **more)

    def chmod(self, path: Any, mode: int, **more: Any) -> None:
        self._deed(Path(path))
        real_chmod(path, mode, **more)


# What stands behind a number that the system gave for a file.
OPENED: Final[dict[int, Node | Folder | None]] = {}


@attrs.define
class Stream:
    """A file that a process has open."""

    machine: Machine
    process: Process
    raw: IO[bytes]

    def write(self, content: bytes) -> int:
        was_dead = self.process.dead
        try:
            self.process.moment("within work on files")
        except Killed:
            # Some of it gets through.
            if not was_dead:
                self.raw.write(content[: len(content) // 2])
            raise
        if self.machine.full:
            self.raw.write(content[: len(content) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.raw.write(content)

    def truncate(self) -> int:
        self.process.moment("within work on files")
        return self.raw.truncate()

    def flush(self) -> None:
        """Nothing is held back."""

    def seek(self, place: int) -> int:
        return self.raw.seek(place)

    def fileno(self) -> int:
        return self.raw.fileno()

    @property
    def closed(self) -> bool:
        return self.raw.closed

    def close(self) -> None:
        self.raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
