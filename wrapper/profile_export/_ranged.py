"""A file that comes over one connection or several at once: which of its bytes are here, and where the next ones go."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import IO

from profile_export._files import translated
from profile_export._splits import Span, joined, length


class RangedFile:
    """Its first `size` bytes come in order, over the first connection.

    Other connections write ranges of their own behind those, `beyond`: their ends at their starts. They never overlap:
    one has to be claimed before it is written, and the first connection stops in front of it.
    """

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self.path = path
        self._file = file
        self._guard = threading.Lock()
        self.size = 0
        self.beyond: dict[int, int] = {}
        # Whether the first connection's bytes were left out somewhere: those that follow them have another place.
        self._left_out = False

    @property
    def received(self) -> int:
        """Bytes that are here, wherever in the file."""
        with self._guard:
            return self.size + length(self.beyond)

    @property
    def spans(self) -> tuple[Span, ...]:
        """Where these are."""
        return joined([(0, self.size), *self.beyond.items()])

    @property
    def full(self) -> bool:
        """Whether the first connection has nothing to add: what is next in the file is not what it brings next."""
        return self._left_out or self.size in self.beyond

    def claim(self, start: int) -> bool:
        """Leaves the bytes from `start` on to another connection, if they have not come yet."""
        with self._guard:
            free = start >= self.size and start not in self.beyond
            if free:
                self.beyond[start] = start
            return free

    def give_back(self, start: int) -> None:
        """Nothing more comes of a range; one that is empty is everybody's again."""
        with self._guard:
            if self.beyond.get(start) == start:
                del self.beyond[start]

    def drop(self, start: int) -> None:
        """What came of a range is not to be believed: it is everybody's again."""
        with self._guard:
            del self.beyond[start]
            self._dropped()

    def write_range(self, start: int, chunk: bytes | memoryview) -> None:
        """Takes the next bytes of the range that was claimed at `start`. For threads."""
        with self._guard:
            self._before_range()
            self._put(self.beyond[start], chunk)
            self.beyond[start] += len(chunk)
            self._wrote()

    def write_next(self, chunk: bytes | memoryview) -> bytes | memoryview:
        """Takes the next bytes of the first connection; gives those of them that others neither have nor fetch."""
        with self._guard:
            if self._left_out:
                # Whoever was to bring the bytes between has given up meanwhile.
                return chunk[:0]
            limit = min(self.beyond, default=None)
            if limit is not None and len(chunk) > limit - self.size:
                chunk, self._left_out = chunk[: limit - self.size], True
            self._put(self.size, chunk)
            # Before anybody may claim them, they are taken.
            self.size += len(chunk)
            self._wrote()
        return chunk

    def cut(self) -> None:
        """Removes what stands behind the bytes that are here, such as a part of a chunk that a full disk cut off."""
        with self._guard, translated(self.path, "write"):
            # A range that is claimed and empty has no bytes to keep.
            self._file.seek(max((end for _, end in self.spans), default=0))
            self._file.truncate()

    def _put(self, position: int, chunk: bytes | memoryview) -> None:
        with translated(self.path, "write"):
            self._file.seek(position)
            rest = memoryview(chunk)
            while rest:
                rest = rest[self._file.write(rest) :]

    def _before_range(self) -> None:
        """The file is about to get bytes behind a gap; a subclass may note that first. Nobody else writes meanwhile."""

    def _dropped(self) -> None:
        """Less is here than before; a subclass takes back what it noted. Nobody else writes meanwhile."""

    def _wrote(self) -> None:
        """More is here than before; a subclass may note it. Nobody else writes meanwhile."""
