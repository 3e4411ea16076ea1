"""Files on a real disk: whole, durable and named in one step, or not there at all."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from profile_export import _files, _temporaries, errors
from profile_export._files import prepare_directory
from profile_export._part_file import PartFile
from profile_export._parts import PartFiles

CONTENT = b'id,email\n1,"a\nb"\n'


@pytest.fixture
def parts() -> Iterator[PartFiles]:
    with PartFiles() as parts:
        yield parts


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "1_database_export.csv"


def fill(parts: PartFiles, target: Path, content: bytes = CONTENT) -> PartFile:
    part = parts.begin(target, count_rows=True, announced=None)
    assert isinstance(part, PartFile)
    part.write(content)
    return part


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fails_with(number: int) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise OSError(number, os.strerror(number))

    return fail


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_part_file_is_beside_its_target_and_for_its_owner_only(parts: PartFiles, target: Path) -> None:
    part = fill(parts, target)
    assert part.path.parent == target.parent
    assert part.path.name.startswith(f"{target.name}.")
    assert part.path.suffix == ".part"
    assert mode(part.path) == 0o600
    assert not target.exists()


def test_a_part_file_is_never_one_that_was_there(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda _: "same")
    (target.parent / f"{target.name}.same.part").symlink_to(target.parent / "elsewhere")
    with pytest.raises(errors.DownloadError):
        PartFile.new(target, count_rows=False)
    assert not (target.parent / "elsewhere").exists()


def test_the_facts_of_a_file(parts: PartFiles, target: Path) -> None:
    part = fill(parts, target)
    part.write(b"2,c\n")
    facts = part.finish(announced=len(CONTENT) + 4)
    assert facts.size == len(CONTENT) + 4
    assert facts.sha256 == hashlib.sha256(CONTENT + b"2,c\n").hexdigest()
    assert facts.records == 3
    assert part.path.read_bytes() == CONTENT + b"2,c\n"


@pytest.mark.parametrize("announced", [0, 1, len(CONTENT) - 1, len(CONTENT) + 1])
def test_a_file_of_another_length_is_incomplete(parts: PartFiles, target: Path, announced: int) -> None:
    with pytest.raises(errors.IncompleteDownload, match=f"{len(CONTENT)} of {announced}"):
        fill(parts, target).finish(announced)


def test_a_new_attempt_begins_at_the_first_byte(parts: PartFiles, target: Path) -> None:
    first = fill(parts, target, b"much longer than the second attempt" * 9)
    second = fill(parts, target)
    assert second is first
    assert second.finish(len(CONTENT)).sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert second.path.read_bytes() == CONTENT
    assert names(target.parent) == [first.path.name, f"{first.path.name}.json"]


def test_publishing_gives_the_name_and_the_usual_permissions(parts: PartFiles, target: Path) -> None:
    fill(parts, target).finish(None)
    parts.publish(target, overwrite=False)
    assert names(target.parent) == [target.name]
    assert target.read_bytes() == CONTENT
    assert mode(target) == _files.PERMISSIONS
    assert target.stat().st_nlink == 1


def test_permissions_follow_the_umask_of_the_process() -> None:
    code = "import os; os.umask(0o027); from profile_export import _files; print(oct(_files.PERMISSIONS), os.umask(0))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0o640", str(0o027)]


@pytest.fixture(params=["links", "no links"])
def linking(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """On file systems with hard links, and on those without."""
    if request.param == "no links":
        monkeypatch.setattr(Path, "hardlink_to", fails_with(errno.EPERM))
    name: str = request.param
    return name


@pytest.mark.usefixtures("linking")
class TestNaming:
    """What holds with hard links and without."""

    def test_publishing_moves_the_bytes(self, parts: PartFiles, target: Path) -> None:
        fill(parts, target)
        parts.publish(target, overwrite=False)
        assert names(target.parent) == [target.name]
        assert target.read_bytes() == CONTENT
        assert mode(target) == _files.PERMISSIONS

    @pytest.mark.parametrize("kind", ["file", "folder", "link", "broken link"])
    def test_nothing_is_ever_replaced_unasked(self, parts: PartFiles, target: Path, kind: str) -> None:
        occupy(target, kind)
        before = os.lstat(target).st_ino
        fill(parts, target)
        with pytest.raises(errors.TargetExists) as caught:
            parts.publish(target, overwrite=False)
        assert caught.value.hints
        assert os.lstat(target).st_ino == before
        if kind == "file":
            assert target.read_bytes() == b"precious"

    @pytest.mark.parametrize("kind", ["file", "link", "broken link"])
    def test_overwriting_replaces_the_name_and_nothing_behind_it(
        self, parts: PartFiles, target: Path, kind: str
    ) -> None:
        occupy(target, kind)
        fill(parts, target)
        parts.publish(target, overwrite=True)
        assert target.read_bytes() == CONTENT
        assert not target.is_symlink()
        if kind == "link":
            assert (target.parent / "behind").read_bytes() == b"precious"
        assert not (target.parent / "nowhere").exists()

    def test_a_folder_can_not_be_overwritten(self, parts: PartFiles, target: Path) -> None:
        occupy(target, "folder")
        fill(parts, target)
        with pytest.raises(errors.DownloadError):
            parts.publish(target, overwrite=True)
        assert target.is_dir()

    def test_rejecting_keeps_every_rejected_file(self, target: Path) -> None:
        kept: list[Path] = []
        for number in range(3):
            with PartFiles() as parts:
                fill(parts, target, b"%d" % number)
                rejected = parts.reject(target)
                assert isinstance(rejected, Path)
                kept.append(rejected)
        assert [path.name for path in kept] == [
            f"{target.name}.rejected",
            f"{target.name}-2.rejected",
            f"{target.name}-3.rejected",
        ]
        assert [path.read_bytes() for path in kept] == [b"0", b"1", b"2"]
        assert mode(kept[0]) == 0o600
        assert len(names(target.parent)) == 3


def occupy(target: Path, kind: str) -> None:
    if kind == "file":
        target.write_bytes(b"precious")
    elif kind == "folder":
        target.mkdir()
    elif kind == "link":
        (target.parent / "behind").write_bytes(b"precious")
        target.symlink_to(target.parent / "behind")
    else:
        target.symlink_to(target.parent / "nowhere")


def test_bytes_and_name_are_made_durable_in_this_order(
    parts: PartFiles, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    real_sync, real_link = os.fsync, Path.hardlink_to

    def sync(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        done.append(f"sync {kind}")
        real_sync(descriptor)

    def link(self: Path, source: Path) -> None:
        done.append("name")
        real_link(self, source)

    fill(parts, target)
    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "hardlink_to", link)
    parts.publish(target, overwrite=False)
    assert done == ["sync file", "name", "sync folder"]


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_that_can_not_sync_folders_is_fine(
    parts: PartFiles, target: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    real = os.fsync

    def sync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", sync)
    fill(parts, target)
    parts.publish(target, overwrite=False)
    assert names(target.parent) == [target.name]


def test_a_folder_that_can_not_be_listed_is_fine(
    parts: PartFiles, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Tests may run as root, who may list every folder.
    real = os.open

    def refuse(path: Any, *arguments: Any, **more: Any) -> int:
        if Path(path).is_dir():
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return real(path, *arguments, **more)

    monkeypatch.setattr(os, "open", refuse)
    fill(parts, target)
    parts.publish(target, overwrite=False)
    assert names(target.parent) == [target.name]


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOENT])
def test_a_failed_naming_without_hard_links_leaves_no_empty_file(
    target: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(Path, "hardlink_to", fails_with(errno.ENOTSUP))
    with PartFiles() as parts:
        fill(parts, target)
        monkeypatch.setattr(Path, "replace", fails_with(number))
        with pytest.raises(errors.DownloadError):
            parts.publish(target, overwrite=False)
    assert names(target.parent) == []


def test_an_interruption_after_naming_without_hard_links_keeps_the_file(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "hardlink_to", fails_with(errno.ENOTSUP))
    real_replace = Path.replace

    def replace(self: Path, place: Path) -> Path:
        renamed = real_replace(self, place)
        if place == target:
            raise KeyboardInterrupt
        return renamed

    def work() -> None:
        with PartFiles() as parts:
            fill(parts, target)
            monkeypatch.setattr(Path, "replace", replace)
            parts.publish(target, overwrite=False)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert names(target.parent) == [target.name]
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOENT])
def test_other_failures_of_linking_are_failures(target: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(Path, "hardlink_to", fails_with(number))
    with PartFiles() as parts:
        fill(parts, target)
        with pytest.raises(errors.DownloadError, match=os.strerror(number)):
            parts.publish(target, overwrite=False)
    assert names(target.parent) == []


@pytest.mark.parametrize("error", [None, errors.ResponseLost("lost"), KeyboardInterrupt(), SystemExit(3)], ids=repr)
def test_nothing_is_left_of_what_was_not_published(target: Path, error: BaseException | None) -> None:
    def work() -> None:
        with PartFiles() as parts:
            fill(parts, target)
            fill(parts, target.with_name("2.csv"))
            parts.publish(target.with_name("2.csv"), overwrite=False)
            if error is not None:
                raise error

    if error is None:
        work()
    else:
        with pytest.raises(type(error)):
            work()
    assert names(target.parent) == ["2.csv"]


def test_one_part_that_can_not_be_closed_does_not_keep_the_others(target: Path) -> None:
    with PartFiles() as parts:
        for name in ("1.csv", "2.csv"):
            part = fill(parts, target.with_name(name))
            real = part._file
            part._file = FailingClose(real)  # type: ignore[assignment]
    assert names(target.parent) == []


class FullDisk:
    """A file that takes no more bytes."""

    write = staticmethod(fails_with(errno.ENOSPC))

    def seek(self, position: int) -> int:
        return position

    def close(self) -> None:
        """Nothing is open."""


class FailingClose:
    """A file of a network that tells only when it is closed that it could not keep the bytes."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def close(self) -> None:
        self._file.close()
        raise OSError(errno.ENOSPC, "no space")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_has_its_own_error(
    parts: PartFiles, target: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    part = fill(parts, target)
    monkeypatch.setattr(os, "fsync", fails_with(number))
    with pytest.raises(errors.NoSpace, match="no space left") as caught:
        parts.publish(target, overwrite=False)
    assert caught.value.hints
    assert not target.exists()
    assert part.path.exists(), "removed at the end of the run, not before"


def test_a_disk_that_fills_up_while_writing(parts: PartFiles, target: Path) -> None:
    part = fill(parts, target)
    real, part._file = part._file, FullDisk()  # type: ignore[assignment]
    with pytest.raises(errors.NoSpace):
        part.write(b"more")
    real.close()


def test_a_file_that_can_not_fit_is_not_begun(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 90, 10))
    with PartFiles() as parts:
        parts.begin(target, count_rows=False, announced=10)
        with pytest.raises(errors.NoSpace, match="needs 11 bytes, but only 10 are free"):
            parts.begin(target, count_rows=False, announced=11)
    assert names(target.parent) == []


def test_a_folder_is_proved_and_left_as_it_was(tmp_path: Path) -> None:
    prepare_directory(tmp_path / "a" / "b")
    prepare_directory(tmp_path)
    assert names(tmp_path) == []


def test_a_folder_is_made_with_its_first_file(tmp_path: Path) -> None:
    with PartFiles() as parts:
        parts.begin(tmp_path / "a" / "b" / "c.csv", count_rows=False, announced=None)
        parts.publish(tmp_path / "a" / "b" / "c.csv", overwrite=False)
    assert names(tmp_path / "a" / "b") == ["c.csv"]


@pytest.mark.parametrize("below", [".", "deeper"])
def test_a_folder_that_is_a_file_is_said_so(tmp_path: Path, below: str) -> None:
    (tmp_path / "taken").write_bytes(b"precious")
    with pytest.raises(errors.DownloadError) as caught:
        prepare_directory(tmp_path / "taken" / below)
    assert not isinstance(caught.value, errors.TargetExists), "overwriting would not help"
    assert caught.value.hints


def test_a_folder_that_can_not_be_written_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Tests may run as root, who may write everywhere.
    monkeypatch.setattr(os, "open", fails_with(errno.EROFS))
    with pytest.raises(errors.DownloadError, match="Read-only"):
        prepare_directory(tmp_path)


def test_a_name_that_is_too_long_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(errors.DownloadError, match="too long"):
        PartFile.new(tmp_path / ("x" * 300), count_rows=False)


def killed_writer(folder: Path) -> Path:
    """What a process leaves that is killed while it writes a record."""
    program = (
        "import os, signal, sys; from pathlib import Path; from profile_export import _files\n"
        "Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "_files.replace(Path(sys.argv[1], 'record.json'), b'{}')\n"
    )
    subprocess.run([sys.executable, "-c", program, str(folder)], check=False, timeout=60)
    [left] = folder.iterdir()
    return left


def test_what_a_killed_process_was_writing_is_cleared_away(tmp_path: Path) -> None:
    left = killed_writer(tmp_path)
    mine = tmp_path / _temporaries.new_name()
    mine.touch()
    elsewhere = left.with_name(left.name.replace(left.name.split("-")[2], "0" * 8))
    elsewhere.touch()
    other = tmp_path / ".profile-export-notes"
    other.touch()
    prepare_directory(tmp_path)
    assert names(tmp_path) == sorted([mine.name, elsewhere.name, other.name]), "only what is surely nobody's goes"


def test_what_a_killed_process_tried_before_there_was_the_folder_is_cleared_away(tmp_path: Path) -> None:
    killed_writer(tmp_path)
    (tmp_path / "exports").mkdir()
    prepare_directory(tmp_path / "exports")
    assert names(tmp_path) == ["exports"]


def test_a_folder_is_looked_through_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand exports into one folder would look at each of its names ten thousand times."""
    monkeypatch.setattr(_temporaries, "_looked", {})
    looked: list[Path] = []
    real_listdir = os.listdir

    def listdir(folder: Path) -> list[str]:
        looked.append(folder)
        return real_listdir(folder)

    monkeypatch.setattr(os, "listdir", listdir)
    for _ in range(20):
        prepare_directory(tmp_path)
    assert looked == [tmp_path, tmp_path.parent]
    (tmp_path / "later").mkdir()
    left = killed_writer(tmp_path / "later")
    prepare_directory(left.parent)
    assert not left.exists(), "another folder has a turn of its own"
    left.touch()
    prepare_directory(left.parent)
    assert left.exists()
    later = time.monotonic() + _temporaries.LOOK_EVERY
    monkeypatch.setattr(time, "monotonic", lambda: later)
    prepare_directory(left.parent)
    assert not left.exists()


def test_only_so_many_folders_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_temporaries, "_looked", {})
    for number in range(_temporaries.MOST_FOLDERS + 5):
        _temporaries.sweep(tmp_path / str(number))
    assert len(_temporaries._looked) == 5


def test_a_folder_is_durable_before_anything_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(_files, "sync_directory", synced.append)
    _files.new_directory(tmp_path / "a" / "b")
    assert synced == [tmp_path, tmp_path / "a"]
