"""The journal: a folder with one file for each export, so that a crash loses none and repeats none.

A record is written before its create request is sent, and replaced as a whole at every step (write beside, fsync,
rename, fsync of the folder). Its file is called after what is exported, and numbered: the next number of equal exports
is taken by a link that fails where the name is taken, so that of two processes one writes the record and the other
finds it. No locks: on network file systems they are not to be trusted.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final, Self

import attrs

from profile_export import _files, _records, _temporaries
from profile_export._records import Record
from profile_export.errors import JournalError, NoSpace

NAME: Final = re.compile(rf"([0-9a-f]{{{_records.KEY_LENGTH}}})-([1-9][0-9]{{0,8}})\.json")


@attrs.frozen
class Journal:
    """The folder `path`; it is made when the first record is written."""

    path: Path

    @classmethod
    def at(cls, folder: str | os.PathLike[str]) -> Self:
        """The journal in the folder that somebody named.

        Raises:
            UsageError: It is no folder's name.
        """
        return cls(_files.folder_of(folder, "the folder of the journal"))

    def open(self, draft: Record) -> Record:
        """The unfinished record of an equal export, or `draft`, written as the next one.

        Raises:
            JournalError: The folder can't be read or written.
        """
        with self._translated():
            _files.new_directory(self.path, mode=0o700)
            _temporaries.sweep(self.path)
            while True:
                numbers = self._numbers(draft.key)
                last = numbers[-1] if numbers else 0
                found = self._read(draft.key, last) if last else None
                now = time.time()
                if found is not None and found.pending and found.recognised(now):
                    return found
                written = attrs.evolve(draft, number=last + 1, created_at=now)
                with contextlib.suppress(FileExistsError):
                    _files.write_new(self._file(written.id), _records.write(written))
                    self._prune(written.key, numbers)
                    return written

    def save(self, record: Record) -> None:
        """Replaces the record, unless another process has come further with it.

        Raises:
            JournalError: It can't be written.
        """
        with self._translated():
            # Looked at last: until its bytes are on the disk, another process may finish the export.
            _files.replace(self._file(record.id), _records.write(record), unless=lambda: self._is_behind(record))
            if not record.pending:
                _temporaries.sweep(self.path)

    def _is_behind(self, record: Record) -> bool:
        """Whether another process has come further with it, or it is gone and its number, or the next, is taken."""
        now = self._read(record.key, record.number)
        if now is None:
            return any(number > record.number for number in self._numbers(record.key))
        return record.request_id != now.request_id or not record.follows(now)

    def forget(self, record_id: str, *, unless_begun: bool = False) -> None:
        """Removes a record; with `unless_begun`, not where another process has come further with it meanwhile.

        Raises:
            JournalError: There is none, or it can't be removed.
        """
        found = self.get(record_id)
        if found.stage == "intent" or not unless_begun:
            with self._translated():
                self._file(record_id).unlink(missing_ok=True)

    def get(self, record_id: str) -> Record:
        """The record as it is now.

        Raises:
            JournalError: There is none, or it can't be read.
        """
        found = self._find(record_id)
        if found is None:
            raise JournalError(f"{self.path} has no record {record_id!r}", hints=("pending lists what there is",))
        return found

    def has(self, record_id: str) -> bool:
        """Whether there is a record of this id.

        Raises:
            JournalError: It can't be read.
        """
        return self._find(record_id) is not None

    def _find(self, record_id: str) -> Record | None:
        match = NAME.fullmatch(f"{record_id}.json")
        with self._translated():
            return self._read(match[1], int(match[2])) if match else None

    def pending(self) -> tuple[Record, ...]:
        """The records of exports that can be gone on with, oldest first.

        Raises:
            JournalError: One of them can't be read.
        """
        with self._translated():
            found = [self._read(key, number) for key, number in self._names()]
        return tuple(sorted((record for record in found if record and record.pending), key=lambda it: it.created_at))

    def _names(self) -> Iterator[tuple[str, int]]:
        if not self.path.is_dir():
            return
        for path in self.path.iterdir():
            match = NAME.fullmatch(path.name)
            if match is not None:
                yield match[1], int(match[2])

    def _numbers(self, key: str) -> list[int]:
        return sorted(number for found, number in self._names() if found == key)

    def _file(self, record_id: str) -> Path:
        return self.path / f"{record_id}.json"

    def _read(self, key: str, number: int) -> Record | None:
        """A record, or None where it is gone by now or, without hard links, not yet written."""
        path = self._file(f"{key}-{number}")
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        if not content:
            return None
        record = _records.read(content, str(path))
        if record.id != f"{key}-{number}":
            raise JournalError(f"{path} is the record of another export", hints=("remove it if you know why",))
        return record

    def _prune(self, key: str, numbers: list[int]) -> None:
        """Removes what is over of equal exports; the last one was kept until now, for who asks for it again."""
        for number in numbers:
            with contextlib.suppress(JournalError, OSError):
                found = self._read(key, number)
                if found is not None and not found.pending:
                    self._file(found.id).unlink()

    @contextlib.contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except FileExistsError:
            raise JournalError(f"the journal {self.path} is a file, not a folder") from None
        except OSError as error:
            if error.errno in _files.FULL:
                hints = ("free some space, or choose another folder for the journal",)
                raise NoSpace(f"no space left to write the journal {self.path}", hints=hints) from None
            reason = error.strerror or type(error).__name__
            hints = ("choose a folder that you can write to",)
            raise JournalError(f"can't use the journal {self.path}: {reason}", hints=hints) from None
