"""What a loss of power leaves of files: names that no fsync of their folder, and bytes that no fsync, made to stay."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, TypeAlias

import attrs

# What is left of the bytes of a file that were written after its last fsync.
Bytes: TypeAlias = Literal["kept", "lost", "zeroes"]
# Chooses, for a folder, how many of its unsynced changes are left, of so many.
Names: TypeAlias = Callable[[int], int]


@attrs.define(eq=False)
class Node:
    """A file, whatever it is called: its bytes at its last fsync, and those it had when its last name went."""

    synced: bytes = b""
    last: bytes = b""


@attrs.define(eq=False)
class Folder:
    """A folder: what it held at its last fsync, and after each change since then."""

    states: list[dict[str, Node | Folder]] = attrs.field(factory=lambda: [dict[str, "Node | Folder"]()])

    @property
    def now(self) -> dict[str, Node | Folder]:
        return self.states[-1]

    def change(self, **_: object) -> dict[str, Node | Folder]:
        """A new state, to be changed."""
        self.states.append(dict(self.now))
        return self.now

    def sync(self) -> None:
        del self.states[:-1]


@attrs.define
class Disk:
    """Everything below `root`: told of every change before it is made, and of every fsync."""

    root: Path
    top: Folder = attrs.field(factory=Folder)

    def holds(self, path: Path) -> bool:
        return f"{path}/".startswith(f"{self.root}/")

    def find(self, path: Path) -> Node | Folder | None:
        here: Node | Folder | None = self.top
        for name in os.fspath(path)[len(os.fspath(self.root)) :].split("/")[1:]:
            here = here.now.get(name) if isinstance(here, Folder) else None
        return here

    def folder(self, path: Path) -> Folder:
        found = self.find(path)
        assert isinstance(found, Folder), path
        return found

    def add(self, path: Path, what: Node | Folder) -> None:
        self.folder(path.parent).change()[path.name] = what

    def adopt(self, path: Path) -> None:
        """A file that was there before, safely."""
        folder = self.folder(path.parent)
        folder.change()[path.name] = Node(path.read_bytes())
        folder.sync()

    def rename(self, path: Path, target: Path) -> None:
        assert path.parent == target.parent
        self._part_with(target)
        names = self.folder(path.parent).change()
        names[target.name] = names.pop(path.name)

    def remove(self, path: Path) -> None:
        self._part_with(path)
        self.folder(path.parent).change().pop(path.name)

    def _part_with(self, path: Path) -> None:
        node = self.find(path)
        if isinstance(node, Node):
            node.last = path.read_bytes()

    def lose_power(self, names: Names, bytes_left: Callable[[], Bytes]) -> None:
        """What is below `root` becomes what may be there after the machine has started again."""
        contents = {node: path.read_bytes() for path, node in _files(self.root, self.top)}
        for path in self.root.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        left: dict[Node, Path] = {}

        def lay(path: Path, folder: Folder) -> None:
            folder.states = [folder.states[names(len(folder.states))]]
            for name, what in folder.now.items():
                if isinstance(what, Folder):
                    (path / name).mkdir()
                    lay(path / name, what)
                elif what in left:
                    (path / name).hardlink_to(left[what])
                else:
                    what.synced = _after(what.synced, contents.get(what, what.last), bytes_left())
                    (path / name).write_bytes(what.synced)
                    left[what] = path / name

        lay(self.root, self.top)


def _after(synced: bytes, now: bytes, left: Bytes) -> bytes:
    match left:
        case "kept":
            return now
        case "lost":
            return synced
        case "zeroes":
            # The length was noted, the bytes had not been written.
            common = next(
                (place for place, pair in enumerate(zip(synced, now, strict=False)) if pair[0] != pair[1]), None
            )
            same = min(len(synced), len(now)) if common is None else common
            return now[:same] + bytes(len(now) - same)


def _files(path: Path, folder: Folder) -> Iterator[tuple[Path, Node]]:
    for name, what in folder.now.items():
        if isinstance(what, Folder):
            yield from _files(path / name, what)
        else:
            yield path / name, what
