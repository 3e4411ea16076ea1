"""A part file: the bytes of one download on their way, beside its target, until it is published or kept for later.

A file appears under its final name only when it is whole and verified. Publishing makes it durable (fsync of the file,
then of the folder) and gives it its name in one atomic step that never replaces a file unless asked to.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
from functools import partial
from pathlib import Path
from typing import IO, Final, Self

from profile_export import _leftovers, _ownership
from profile_export._effects import Fetched
from profile_export._evidence import Evidence
from profile_export._files import PERMISSIONS, new_directory, rename_new, sync_directory, translated
from profile_export._leftovers import ENDING, Leftover, PartRecord
from profile_export._ownership import Owner
from profile_export._ranged import RangedFile
from profile_export._ranges import ResumePoint
from profile_export._room import Room
from profile_export._splits import Span
from profile_export.errors import DownloadError, ExportError, IncompleteDownload, NoSpace

READ_AT_ONCE: Final = 1 << 20
# Seconds between two notes of what is where in a file that came in ranges: no more is lost when the process is killed.
NOTE_EVERY: Final = 1.0
# Whoever can write to the folder must not make us follow a link, or hand a file to a program we start.
SAFELY: Final = getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


class PartFile(RangedFile):
    """The bytes of one download: written, hashed and, for csv, counted as they come.

    Its first `size` bytes are hashed. What other connections wrote behind them is when all before it is here.
    """

    def __init__(
        self, target: Path, task_id: str, file: IO[bytes], path: Path, *, count_rows: bool, verify: bool = True
    ) -> None:
        super().__init__(file, path)
        self.target = target
        self.task_id = task_id
        self._new_evidence = partial(Evidence, count_rows=count_rows, verify=verify)
        self._room = Room(path.parent)
        self.etag: str | None = None
        self.total: int | None = None
        self._evidence = self._new_evidence()
        self._begin()

    @classmethod
    def new(cls, target: Path, task_id: str = "", *, count_rows: bool, verify: bool = True) -> Self:
        """An empty one, and its record."""
        path = _new_path(target)
        try:
            with translated(path, "write"):
                new_directory(target.parent)
                _leftovers.write_record(path, PartRecord(task_id, None, None, 0, _ownership.this_process()))
                # Exclusive, and for the owner's eyes only: profiles are personal data.
                file = _stream(path, os.O_CREAT | os.O_EXCL)
        except BaseException:
            _leftovers.forget(path)
            raise
        return cls(target, task_id, file, path, count_rows=count_rows, verify=verify)

    @classmethod
    def left_behind(cls, target: Path, task_id: str, *, count_rows: bool, verify: bool = True) -> Self | None:
        """The one that an earlier run left, if it did; read once more, for its hash and its rows."""
        path = _new_path(target)
        leftover = _leftovers.take_up(target, task_id, path)
        if leftover is None:
            _ownership.let_go(path)
            return None
        try:
            path.chmod(0o600)
            part = cls(target, task_id, _stream(path, 0), path, count_rows=count_rows, verify=verify)
        except OSError:
            _leftovers.forget(path)
            return None
        try:
            part._read(leftover)
        except OSError:
            # What can't be read any more is of no use.
            part.discard()
            return None
        except BaseException:
            # Interrupted: it is another run's again.
            part._close()
            _ownership.let_go(path)
            raise
        return part

    def _read(self, leftover: Leftover) -> None:
        self.beyond.update(leftover.spans)
        self._tells_ranges = bool(leftover.record.ranges)
        self.catch_up()
        self.etag, self.total, self._synced = leftover.record.etag, leftover.record.total, leftover.record.synced

    def catch_up(self) -> None:
        """Hashes what stands behind the hashed bytes without a gap; nobody writes meanwhile."""
        with self.path.open("rb") as file:
            file.seek(self.size)
            while (end := self.beyond.pop(self.size, None)) is not None:
                try:
                    while chunk := file.read(min(READ_AT_ONCE, end - self.size)):
                        self._note(chunk)
                except BaseException:
                    # Interrupted: the rest is here all the same.
                    self.beyond[self.size] = end
                    raise

    def _begin(self) -> None:
        self.size = 0
        self._left_out = False
        self.beyond.clear()
        # Whether the record says where the bytes are; without that, they are all that the file holds.
        self._tells_ranges = False
        self._noted = time.monotonic()
        self.etag = self.total = None
        self.resumed_from: int | None = None
        self._synced = 0
        self._evidence.close()
        self._evidence = self._new_evidence()

    @property
    def resume_point(self) -> ResumePoint | None:
        """How much is here, when the panel can say whether the rest still belongs to it."""
        return None if not self.size or self.etag is None else ResumePoint(self.size, self.etag, self.total)

    def _before_range(self) -> None:
        if not self._tells_ranges:
            # Else whoever takes the file up would take its length for that of its first bytes.
            with translated(self.path, "write"):
                self._write_record(ranges=self.spans)
            self._tells_ranges = True

    def _dropped(self) -> None:
        if self._tells_ranges:
            # Else whoever takes the file up after a crash believes those bytes.
            with translated(self.path, "write"):
                self._write_record()

    def _wrote(self) -> None:
        if self._tells_ranges and time.monotonic() - self._noted >= NOTE_EVERY:
            with translated(self.path, "write"):
                self._write_record()
            self._noted = time.monotonic()

    def restart(self, announced: int | None, etag: str | None = None) -> None:
        """Forgets what was written, for a file of the version `etag`; `announced` bytes must fit on the disk."""
        promised = self._synced > 0
        self._begin()
        # Before the record says another version, the bytes of the old one must be gone.
        self._cut()
        self.etag, self.total = etag, announced
        self._make_room()
        with translated(self.path, "write"):
            # Else a loss of power could bring back the promise about the bytes before, over the new ones.
            self._write_record(durable=promised)

    def go_on(self, total: int | None) -> None:
        """Keeps what was written; the rest must fit on the disk."""
        self.total, self.resumed_from = total, self.size
        self._left_out = False
        self._cut()
        self._make_room()

    def _cut(self) -> None:
        """Removes what stands behind the bytes that count, such as a part of a chunk that a full disk cut off."""
        self._check_mine()
        self.cut()

    def _make_room(self) -> None:
        with translated(self.path, "write"):
            free = shutil.disk_usage(self.path.parent).free
        needed = 0 if self.total is None else self.total - self.received
        if needed > free:
            raise NoSpace(
                f"{self.target} needs {needed} bytes, but only {free} are free",
                hints=("free some space, or choose another folder",),
            )

    def _check_mine(self) -> None:
        """A process that slept for hours may have been taken for gone: its file is another one's now."""
        with translated(self.path, "write"):
            mine = os.fstat(self._file.fileno())
            if not self.path.exists() or not os.path.samestat(mine, os.lstat(self.path)):
                raise DownloadError(
                    f"another process took up the part file of {self.target}, or removed it",
                    hints=("look whether another export writes to the same folder",),
                )

    def write(self, chunk: bytes | memoryview) -> None:
        """Takes the next bytes of the file, which may be changed only when the next ones were taken after them.

        What others have, or fetch, is left out.
        """
        if self.total is None:
            with translated(self.path, "write"):
                self._room.take(len(chunk))
        self._evidence.take(self.write_next(chunk))

    def _note(self, chunk: bytes | memoryview) -> None:
        self._evidence.take(chunk)
        self.size += len(chunk)

    def finish(self, announced: int | None) -> Fetched:
        """The facts about the whole file.

        Raises:
            IncompleteDownload: It is not as long as announced.
        """
        with translated(self.path, "read"):
            self.catch_up()
        if self.beyond or announced not in {None, self.size}:
            raise IncompleteDownload(f"{self.target.name} broke off: {self.received} of {announced} bytes came")
        evidence = self._evidence
        return Fetched(
            self.size, evidence.sha256(), evidence.records(), self.resumed_from, ends_open=evidence.ends_open()
        )

    def has_content(self, size: int, sha256: str | None) -> bool:
        """Whether this is all that is here."""
        return self.size == size and self._evidence.sha256() == sha256

    def publish(self, *, overwrite: bool) -> None:
        """Makes the file durable and gives it its final name.

        Raises:
            TargetExists: The name is taken, and `overwrite` is false; nothing was replaced.
        """
        self._check_mine()
        with translated(self.target, "write"):
            self.path.chmod(PERMISSIONS)
            os.fsync(self._file.fileno())
            if overwrite:
                self.path.replace(self.target)
            else:
                rename_new(self.path, self.target)
            self._close()
            _leftovers.forget(self.path)
            sync_directory(self.target.parent)

    def reject(self) -> Path:
        """Keeps the file for inspection, under a name that no reader of exports picks up; gives that name."""
        self._close()
        with translated(self.target, "write"):
            for number in range(1, 1000):
                suffix = ".rejected" if number == 1 else f"-{number}.rejected"
                kept = self.target.with_name(self.target.name + suffix)
                with contextlib.suppress(FileExistsError):
                    rename_new(self.path, kept)
                    _leftovers.forget(self.path)
                    return kept
        raise DownloadError(f"too many rejected files of the name {self.target.name}")

    def keep(self) -> None:
        """Leaves what is here to a later run, durably, where it can be gone on with; else removes it."""
        # A file that is closed has its name, or is one of a rejected export.
        if self.resume_point is None or self._file.closed:
            self.discard()
            return
        try:
            self._cut()
            os.fsync(self._file.fileno())
            self._synced = self.size
            # What was cut ends where its bytes end.
            self._tells_ranges = bool(self.beyond)
            self._write_record(_ownership.nobody(), durable=True, synced=True)
        except (OSError, ExportError):
            # A full disk, say. What the record said before still holds.
            pass
        self._close()
        _ownership.let_go(self.path)

    def discard(self) -> None:
        """Removes what was written; for downloads that ended without a result."""
        self._close()
        _leftovers.forget(self.path)

    def _close(self) -> None:
        self._evidence.close()
        with contextlib.suppress(OSError):
            self._file.close()

    def _write_record(
        self,
        owner: Owner | None = None,
        *,
        durable: bool = False,
        synced: bool = False,
        ranges: tuple[Span, ...] = (),
    ) -> None:
        owner = owner or _ownership.this_process()
        if self._tells_ranges:
            ranges = self.spans
        record = PartRecord(self.task_id, self.etag, self.total, self._synced, owner, ranges, synced and bool(ranges))
        _leftovers.write_record(self.path, record, durable=durable)


def _new_path(target: Path) -> Path:
    """A name that nobody has had yet; this process is known to work on it before it exists."""
    path = target.with_name(f"{target.name}.{secrets.token_hex(4)}{ENDING}")
    _ownership.hold(path)
    return path


def _stream(path: Path, flags: int) -> IO[bytes]:
    return os.fdopen(os.open(path, flags | os.O_RDWR | SAFELY, 0o600), "r+b", buffering=0)
