"""What is done to files and folders of a real disk: atomic, durable, and with errors that say what can be done."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Final, cast

from profile_export import _temporaries
from profile_export.errors import DownloadError, ExportError, NoSpace, TargetExists, UsageError

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


def folder_of(value: str | os.PathLike[str], what: str) -> Path:
    """The folder that somebody named, absolute.

    Raises:
        UsageError: It is no folder's name.
    """
    path = os.fspath(value) if isinstance(cast("object", value), str | os.PathLike) else ""
    if not isinstance(cast("object", path), str) or not path or "\0" in path:
        raise UsageError(f"{what} is a path that is not empty")
    return Path(path).absolute()


def prepare_directory(path: Path) -> None:
    """Proves that files can be made in the folder, or that it can be made; it is made with its first file.

    Raises:
        DownloadError: They can't.
    """
    with translated(path, "write to"):
        there = next(folder for folder in (path, *path.parents) if os.path.lexists(folder))
        if not there.is_dir():
            raise DownloadError(f"{there} is a file, not a folder", hints=("choose another folder",))
        # Also above it: where it was missing a moment ago, another process may have been killed while it tried there.
        _temporaries.sweep(there)
        _temporaries.sweep(there.parent)
        probe = there / _temporaries.new_name()
        try:
            os.close(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        finally:
            probe.unlink(missing_ok=True)


def make_directory(path: Path) -> None:
    """Makes the folder if it is missing; for exports without a file that would bring it along."""
    with translated(path, "write to"):
        new_directory(path)


def new_directory(path: Path, mode: int = 0o777) -> None:
    """Makes the folder if it is missing, durably: what is in a folder is lost with the name of the folder."""
    missing = [folder for folder in path.parents if not folder.exists()]
    for folder in [*reversed(missing), path]:
        folder.mkdir(mode=mode if folder == path else 0o777, exist_ok=True)
        # Also when it is there: who made it may have been killed.
        sync_directory(folder.parent)


def rename_new(source: Path, target: Path) -> None:
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
        except BaseException as error:
            # A signal may come when the name is given already: then the source is gone, and the file must stay.
            if isinstance(error, FileNotFoundError) or os.path.lexists(source):
                with contextlib.suppress(OSError):
                    target.unlink()
            raise
    else:
        source.unlink()


def sync_directory(path: Path) -> None:
    """Makes the new name itself durable; Windows can't, and needn't."""
    if os.name == "nt":
        return
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:
        # Who may write to it may not be allowed to list it, so this is no failure either.
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems can't either; the file has its name already, so this is no failure.
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(descriptor)


def write_new(path: Path, content: bytes) -> None:
    """Writes a small private file in one step, durably.

    Raises:
        FileExistsError: The name is taken; nothing was replaced.
    """
    with _beside(path, content) as written:
        rename_new(written, path)
    sync_directory(path.parent)


def replace(path: Path, content: bytes, *, durable: bool = True, unless: Callable[[], bool] = lambda: False) -> None:
    """Writes a small private file in one step, in place of the one of that name; `unless` is asked right before that.

    After a loss of power, one of the two is there, and whole; the new one surely, if it is `durable`.
    """
    with _beside(path, content) as written:
        if unless():
            return
        written.replace(path)
    if durable:
        sync_directory(path.parent)


@contextlib.contextmanager
def _beside(path: Path, content: bytes) -> Generator[Path]:
    """The content in a file of another name, which is gone after the block if it was not renamed."""
    written = path.with_name(_temporaries.new_name())
    try:
        with os.fdopen(os.open(written, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            # The name may reach the disk before the bytes do: then it would stand for nothing.
            os.fsync(file.fileno())
        yield written
    finally:
        written.unlink(missing_ok=True)


def modified(path: Path) -> float | None:
    """When what stands at `path`, be it a link, was written last, in seconds; None where nothing does."""
    with translated(path, "look at"):
        try:
            return os.lstat(path).st_mtime
        except FileNotFoundError:
            return None


def has_content(path: Path, size: int, sha256: str | None) -> bool:
    """Whether a plain file of just this content stands at `path`."""
    with translated(path, "read"):
        if not path.is_file() or path.is_symlink() or path.stat().st_size != size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
