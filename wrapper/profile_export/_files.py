"""Files that appear under their final name only when they are whole and verified.

A download is written to a part file beside its target. Publishing makes it durable (fsync of the file, then of the
folder) and gives it its name in one atomic step that never replaces a file unless asked to.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Generator
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from profile_export._effects import Fetched
from profile_export._ranges import ResumePoint
from profile_export._rows import RecordCounter
from profile_export.errors import DownloadError, ExportError, IncompleteDownload, NoSpace, TargetExists

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# File systems without hard links answer one of these.
NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EACCES, errno.EINVAL})


def _permissions() -> int:
    """What a new file of this process gets; the umask can only be read by setting it, so it is read once."""
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


PERMISSIONS: Final = _permissions()


@contextlib.contextmanager
def translated(path: Path, what: str) -> Generator[None]:
    """Turns what the operating system says into this package's errors."""
    try:
        yield
    except ExportError:
        raise
    except FileExistsError:
        raise TargetExists.at(path) from None
    except OSError as error:
        if error.errno in FULL:
            raise NoSpace(
                f"no space left to write {path}", hints=("free some space, or choose another folder",)
            ) from None
        reason = error.strerror or type(error).__name__
        raise DownloadError(
            f"can't {what} {path}: {reason}", hints=("choose a folder that you can write to",)
        ) from None


def prepare_directory(path: Path) -> None:
    """Proves that files can be made in the folder, or that it can be made; it is made with its first file.

    Raises:
        DownloadError: They can't.
    """
    with translated(path, "write to"):
        there = next(folder for folder in (path, *path.parents) if os.path.lexists(folder))
        if not there.is_dir():
            raise DownloadError(f"{there} is a file, not a folder", hints=("choose another folder",))
        probe = there / f".profile-export-{secrets.token_hex(8)}"
        try:
            os.close(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        finally:
            probe.unlink(missing_ok=True)


def make_directory(path: Path) -> None:
    """Makes the folder if it is missing; for exports without a file that would bring it along."""
    with translated(path, "write to"):
        path.mkdir(parents=True, exist_ok=True)


class PartFile:
    """The bytes of one download on their way: written, hashed and, for csv, counted as they come."""

    def __init__(self, target: Path, *, count_rows: bool) -> None:
        self.target = target
        self.path = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
        self.size = 0
        self.etag: str | None = None
        self.total: int | None = None
        self._count_rows = count_rows
        with translated(self.path, "write"):
            target.parent.mkdir(parents=True, exist_ok=True)
            # Exclusive, and for the owner's eyes only: profiles are personal data.
            descriptor = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0), 0o600)
        self._file: IO[bytes] = os.fdopen(descriptor, "wb", buffering=0)
        self._begin()

    def _begin(self) -> None:
        self.size = 0
        self._hash = hashlib.sha256()
        self._rows = RecordCounter() if self._count_rows else None

    @property
    def resume_point(self) -> ResumePoint | None:
        """How much is here, when the panel can say whether the rest still belongs to it."""
        return None if not self.size or self.etag is None else ResumePoint(self.size, self.etag, self.total)

    def restart(self, announced: int | None, etag: str | None = None) -> None:
        """Forgets what was written, for a file of the version `etag`; `announced` bytes must fit on the disk."""
        self._begin()
        self.etag, self.total = etag, announced
        self._make_room()

    def go_on(self, total: int | None) -> None:
        """Keeps what was written; the rest must fit on the disk."""
        self.total = total
        self._make_room()

    def _make_room(self) -> None:
        with translated(self.path, "write"):
            self._file.seek(self.size)
            self._file.truncate()
            free = shutil.disk_usage(self.path.parent).free
        if self.total is not None and self.total - self.size > free:
            raise NoSpace(
                f"{self.target} needs {self.total - self.size} bytes, but only {free} are free",
                hints=("free some space, or choose another folder",),
            )

    def write(self, chunk: bytes) -> None:
        """Takes the next bytes of the file."""
        with translated(self.path, "write"):
            rest = memoryview(chunk)
            while rest:
                rest = rest[self._file.write(rest) :]
        self._hash.update(chunk)
        if self._rows is not None:
            self._rows.feed(chunk)
        self.size += len(chunk)

    def finish(self, announced: int | None) -> Fetched:
        """The facts about the whole file.

        Raises:
            IncompleteDownload: It is not as long as announced.
        """
        if announced is not None and announced != self.size:
            raise IncompleteDownload(f"{self.target.name} broke off: {self.size} of {announced} bytes came")
        records = None if self._rows is None else self._rows.records()
        return Fetched(self.size, self._hash.hexdigest(), records)

    def publish(self, *, overwrite: bool) -> None:
        """Makes the file durable and gives it its final name.

        Raises:
            TargetExists: The name is taken, and `overwrite` is false; nothing was replaced.
        """
        with translated(self.target, "write"):
            self.path.chmod(PERMISSIONS)
            os.fsync(self._file.fileno())
            self._file.close()
            if overwrite:
                self.path.replace(self.target)
            else:
                _rename_new(self.path, self.target)
            _sync_directory(self.target.parent)

    def reject(self) -> Path:
        """Keeps the file for inspection, under a name that no reader of exports picks up; gives that name."""
        self._file.close()
        with translated(self.target, "write"):
            for number in range(1, 1000):
                suffix = ".rejected" if number == 1 else f"-{number}.rejected"
                kept = self.target.with_name(self.target.name + suffix)
                with contextlib.suppress(FileExistsError):
                    _rename_new(self.path, kept)
                    return kept
        raise DownloadError(f"too many rejected files of the name {self.target.name}")

    def discard(self) -> None:
        """Removes what was written; for downloads that ended without a result."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


def _rename_new(source: Path, target: Path) -> None:
    """Renames without ever replacing: a hard link fails where the name is taken, a rename would not."""
    try:
        target.hardlink_to(source)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        # The empty file claims the name for us; replacing it can't hurt anybody else's.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            source.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                target.unlink()
            raise
    else:
        source.unlink()


def _sync_directory(path: Path) -> None:
    """Makes the new name itself durable; Windows can't, and needn't."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems can't either; the file has its name already, so this is no failure.
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(descriptor)


class PartFiles:
    """The part files of one download; whatever is neither published nor rejected at the end is removed."""

    def __init__(self) -> None:
        self._parts: dict[Path, PartFile] = {}

    def begin(self, target: Path, *, count_rows: bool, announced: int | None, etag: str | None = None) -> PartFile:
        """The part file of `target`, empty."""
        part = self._parts.get(target)
        if part is None:
            part = self._parts[target] = PartFile(target, count_rows=count_rows)
        part.restart(announced, etag)
        return part

    def here(self, target: Path) -> PartFile | None:
        """The part file of `target`, when some of its bytes are here."""
        part = self._parts.get(target)
        return part if part is not None and part.size else None

    def resume_point(self, target: Path) -> ResumePoint | None:
        """See `PartFile.resume_point`."""
        part = self.here(target)
        return None if part is None else part.resume_point

    def publish(self, target: Path, *, overwrite: bool) -> None:
        """See `PartFile.publish`."""
        self._parts[target].publish(overwrite=overwrite)
        del self._parts[target]

    def reject(self, target: Path) -> Path:
        """See `PartFile.reject`."""
        kept = self._parts[target].reject()
        del self._parts[target]
        return kept

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for part in self._parts.values():
            part.discard()
        self._parts.clear()
