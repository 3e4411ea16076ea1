"""A file of unknown length ends before the disk is full; one of known length was judged at its begin."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from profile_export import NoSpace, _room
from profile_export._parts import PartFiles
from profile_export._room import LEFT_FREE, LOOK_EVERY, Room

MIB = 2**20


class Usage(NamedTuple):
    """What the system says of a disk."""

    total: int
    used: int
    free: int


class Disk:
    """A disk that fills by what is taken, and by what others write."""

    def __init__(self, total: int, free: int) -> None:
        self.total, self.free, self.looks = total, free, 0

    def usage(self, _: Path) -> Usage:
        self.looks += 1
        return Usage(self.total, self.total - self.free, self.free)


def fill(disk: Disk, piece: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Takes piece by piece until there is no room; gives what is left on the disk then."""
    monkeypatch.setattr(shutil, "disk_usage", disk.usage)
    room = Room(Path("/exports"))

    def write() -> None:
        for _ in range(100_000):
            room.take(piece)
            disk.free -= piece

    with pytest.raises(NoSpace, match="/exports"):
        write()
    return disk.free


@pytest.mark.parametrize("piece", [MIB // 16, MIB, 40 * MIB])
def test_it_ends_before_the_disk_is_full(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(100_000 * MIB, 500 * MIB)
    left = fill(disk, piece, monkeypatch)
    assert LEFT_FREE - LOOK_EVERY - piece <= left <= LEFT_FREE
    assert disk.looks <= 500 * MIB // LOOK_EVERY


def test_a_small_disk_may_be_filled_further(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fill(Disk(600 * MIB, 100 * MIB), MIB, monkeypatch) <= 30 * MIB


def test_small_files_are_written_on_any_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", Disk(MIB, 0).usage)
    Room(Path("/exports")).take(LOOK_EVERY - 1)


@pytest.mark.parametrize(("announced", "looked_after"), [(None, True), (10**9, False)])
def test_only_a_file_without_a_length_is_looked_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, announced: int | None, looked_after: bool
) -> None:
    disk = Disk(10**12, 10**11)
    monkeypatch.setattr(shutil, "disk_usage", disk.usage)
    monkeypatch.setattr(_room, "LOOK_EVERY", 100)
    with PartFiles() as parts:
        part = parts.begin(tmp_path / "a.csv", count_rows=True, announced=announced)
        part.write(b"x" * 90)
        disk.free = 1000
        if looked_after:
            with pytest.raises(NoSpace):
                part.write(b"x" * 10)
        else:
            part.write(b"x" * 10)
    assert list(tmp_path.iterdir()) == []
