"""A download that goes to an object store, without a copy on a disk; the object appears when it is verified."""

from __future__ import annotations

from collections import deque
from typing import Any

from profile_export import _stores
from profile_export._passing import Passing
from profile_export._upload import SMALLEST_PART, Upload, part_size
from profile_export.errors import TargetExists
from profile_export.targets import ObjectUrl


class PartObject(Passing[ObjectUrl]):
    """Bytes on their way to one object.

    While there are few, they wait here, because an object that is put in one request can be put where none is; more
    begins an upload in parts, which no store that we know can tie to that.
    """

    def __init__(self, target: ObjectUrl, store: Any, *, count_rows: bool, verify: bool = True) -> None:
        self._store = store
        self._upload: Upload | None = None
        self._held: deque[bytes] = deque()
        super().__init__(target, count_rows=count_rows, verify=verify)

    def restart(self, announced: int | None, etag: str | None = None) -> None:
        """Takes back what was sent, for a file of the version `etag`."""
        self._take_back()
        self._begin()
        self.etag, self.total = etag, announced

    def write(self, chunk: bytes | memoryview) -> None:
        """Sends the next bytes, or holds them while there are few."""
        # Whoever gave the chunk may use its memory again.
        self._held.append(bytes(chunk))
        if self._upload is None and self.size + len(chunk) > SMALLEST_PART:
            self._upload = Upload(self._store, self.target.key, part=part_size(self.total))
        if self._upload is not None:
            with _stores.translated(self.target, "write"):
                while self._held:
                    self._upload.write(self._held.popleft())
        self._note(chunk)

    def publish(self, *, overwrite: bool) -> None:
        """Lets the object appear.

        Raises:
            TargetExists: One has the name, and `overwrite` is false; nothing was replaced.
        """
        if not overwrite and _stores.exists(self._store, self.target):
            raise TargetExists.at(self.target)
        with _stores.translated(self.target, "write"):
            if self._upload is None:
                _stores.put(self._store, self.target, b"".join(self._held), overwrite=overwrite)
            else:
                self._upload.complete()
        self._upload = None
        self.discard()

    def reject(self) -> None:
        """Takes it back: a store has no place for what failed its checks."""
        self.discard()

    def keep(self) -> None:
        """Takes it back: an upload can't be gone on with by another process."""
        self.discard()

    def discard(self) -> None:
        """Takes everything back, so that nothing is left in the store."""
        self._take_back()
        self._evidence.close()

    def _take_back(self) -> None:
        if self._upload is not None:
            self._upload.abort()
            self._upload = None
        self._held.clear()
