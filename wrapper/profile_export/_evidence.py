"""What a file proves about itself, found out while it comes: its hash and, for csv, its records.

Both take longer than the network of one machine, so large pieces are worked on in threads of their own while the next
piece comes; hashing lets go of the interpreter. The threads end with the download.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from profile_export._rows import RecordCounter

# Below, handing a piece over takes longer than it saves.
WORTH_A_THREAD: Final = 128 * 1024

Piece = bytes | memoryview


class Evidence:
    """Give it a file's bytes in order, then ask; with `verify=False` it knows nothing about them."""

    def __init__(self, *, count_rows: bool, verify: bool = True) -> None:
        self._hash = hashlib.sha256() if verify else None
        self._rows = RecordCounter() if verify and count_rows else None
        self._workers: ThreadPoolExecutor | None = None
        self._busy: list[Future[None]] = []

    def take(self, piece: Piece) -> None:
        """Takes the next bytes, which may be changed only when the next ones were taken after them."""
        if self._hash is None:
            return
        self._settle()
        takers: list[Callable[[Piece], None]] = [self._hash.update]
        if self._rows is not None:
            takers.append(self._rows.feed)
        if len(piece) < WORTH_A_THREAD:
            for take in takers:
                take(piece)
            return
        if self._workers is None:
            self._workers = ThreadPoolExecutor(len(takers), thread_name_prefix="profile-export")
        self._busy = [self._workers.submit(take, piece) for take in takers]

    def sha256(self) -> str | None:
        """Of all bytes so far; None where it isn't taken."""
        self._settle()
        return None if self._hash is None else self._hash.hexdigest()

    def records(self) -> int | None:
        """In all bytes so far, taken as the whole file; None where they aren't counted."""
        self._settle()
        return None if self._rows is None else self._rows.records()

    def ends_open(self) -> bool:
        """Whether a csv file ends as one does that broke off, to be asked after `records`; False where nobody knows."""
        return self._rows is not None and self._rows.ends_open

    def close(self) -> None:
        """Ends the threads."""
        if self._workers is not None:
            self._workers.shutdown()
            self._workers = None

    def _settle(self) -> None:
        busy, self._busy = self._busy, []
        for future in busy:
            future.result()
