"""One upload on its way: bytes go in as they come, and the object appears only when the upload is told to.

obstore pulls an iterator from a thread of its own making. Ours waits at its end for the verdict over all files, so the
object is complete but for its last request, and nobody sees it. An iterator that raises makes obstore take everything
back.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Any, Final, Literal

MEBI: Final = 1 << 20
# Bytes that may wait for the store; more, and the panel has to wait.
WAITING_AT_MOST: Final = 4 * MEBI
# S3 takes no smaller parts, and no more of them than 10,000.
SMALLEST_PART: Final = 5 * MEBI
MOST_PARTS: Final = 9_000
# Of an object whose size nobody announced: up to 140 GiB.
USUAL_PART: Final = 16 * MEBI
# Bytes of parts that are sent or filled at one time.
IN_FLIGHT_AT_MOST: Final = 32 * MEBI


class Aborted(Exception):
    """Tells obstore to take everything back."""


def part_size(total: int | None) -> int:
    """Bytes in one part of an object."""
    if total is None:
        return USUAL_PART
    return max(SMALLEST_PART, -(-total // MOST_PARTS))


class Upload:
    """An object that is not there yet."""

    def __init__(self, store: Any, key: str, *, part: int) -> None:
        self._store = store
        self._key = key
        self._part = part
        self._changed = threading.Condition()
        self._pieces: deque[bytes] = deque()
        self.waiting = 0
        self._end: Literal["", "complete", "abort"] = ""
        self._over = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"upload {key}", daemon=True)
        self._thread.start()

    def write(self, piece: bytes) -> None:
        """Hands over the next bytes; waits while the store is behind.

        Raises:
            Exception: The store's, when the upload has failed.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._over or self.waiting < WAITING_AT_MOST)
            self._check()
            self._pieces.append(piece)
            self.waiting += len(piece)
            self._changed.notify_all()

    def complete(self) -> None:
        """Lets the object appear.

        Raises:
            Exception: The store's; then it doesn't.
        """
        self._finish("complete")
        self._check()

    def abort(self) -> None:
        """Takes everything back. What the store says to that changes nothing."""
        self._finish("abort")

    def _finish(self, end: Literal["complete", "abort"]) -> None:
        with self._changed:
            self._end = end
            self._changed.notify_all()
        self._thread.join()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        flying = max(IN_FLIGHT_AT_MOST // self._part - 1, 1)
        try:
            self._store.put(self._key, self._bytes(), use_multipart=True, chunk_size=self._part, max_concurrency=flying)
        except BaseException as error:  # noqa: BLE001 - told to whoever writes or completes
            self._error = error
        finally:
            with self._changed:
                self._over = True
                self._pieces.clear()
                self._changed.notify_all()

    def _bytes(self) -> Iterator[bytes]:
        while (piece := self._next()) is not None:
            yield piece

    def _next(self) -> bytes | None:
        with self._changed:
            self._changed.wait_for(lambda: self._pieces or self._end)
            if self._end == "abort":
                raise Aborted
            if not self._pieces:
                return None
            piece = self._pieces.popleft()
            self.waiting -= len(piece)
            self._changed.notify_all()
            return piece
