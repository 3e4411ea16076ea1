"""What keeps the bytes of one run's downloads: part files, and those that hand them on to a stream or a store."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from profile_export._files import translated
from profile_export._keeper import Keeper
from profile_export._objects import PartObject
from profile_export._part_file import PartFile
from profile_export._ranges import ResumePoint
from profile_export._retry import worth_keeping
from profile_export._stores import Stores
from profile_export._streams import PartStream
from profile_export.targets import ObjectUrl, OutputStream, Target


class PartFiles:
    """What keeps the bytes of one run; what has no name at its end is kept for a later run, or removed."""

    def __init__(self, *, verify: bool = True) -> None:
        self._verify = verify
        self._parts: dict[Target, Keeper] = {}
        self.stores = Stores()

    @property
    def open(self) -> bool:
        """Whether bytes are here that have no name yet."""
        return bool(self._parts)

    def look(self, target: Target, task_id: str, *, count_rows: bool) -> ResumePoint | None:
        """From where the file can go on, after this run's own attempts or by what an earlier run left."""
        mine = self._parts.get(target)
        if isinstance(mine, PartFile) and mine.task_id != task_id:
            # The task before was of no use any more.
            self.discard(target)
        if isinstance(target, Path) and target not in self._parts:
            part = PartFile.left_behind(target, task_id, count_rows=count_rows, verify=self._verify)
            if part is not None:
                self._parts[target] = part
        here = self.here(target)
        if isinstance(here, PartFile):
            with translated(here.path, "read"):
                here.catch_up()
        return None if here is None else here.resume_point

    def here(self, target: Target) -> Keeper | None:
        """The keeper of `target`, when some of its bytes are here."""
        part = self._parts.get(target)
        return part if part is not None and part.size else None

    def begin(
        self, target: Target, task_id: str = "", *, count_rows: bool, announced: int | None, etag: str | None = None
    ) -> Keeper:
        """The keeper of `target`, empty."""
        part = self._parts.get(target)
        if part is None:
            part = self._parts[target] = self._new(target, task_id, count_rows=count_rows)
        part.restart(announced, etag)
        return part

    def _new(self, target: Target, task_id: str, *, count_rows: bool) -> Keeper:
        match target:
            case ObjectUrl():
                return PartObject(target, self.stores.of(target), count_rows=count_rows, verify=self._verify)
            case OutputStream():
                return PartStream(target, count_rows=count_rows, verify=self._verify)
            case _:
                return PartFile.new(target, task_id, count_rows=count_rows, verify=self._verify)

    def publish(self, target: Target, *, overwrite: bool) -> None:
        """See `PartFile.publish`."""
        self._parts[target].publish(overwrite=overwrite)
        del self._parts[target]

    def discard(self, target: Target) -> None:
        """Removes what is here of `target`."""
        self._parts.pop(target).discard()

    def reject(self, target: Target) -> Target | None:
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
            if error is not None and worth_keeping(error):
                part.keep()
            else:
                part.discard()
        self._parts.clear()
