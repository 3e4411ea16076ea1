"""Room on the disk for a file whose length nobody announced: it ends before the disk is full for everybody else."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import attrs

from profile_export.errors import NoSpace

# Bytes between two looks at the disk: nobody notices the look, and no more than this is written in between.
LOOK_EVERY: Final = 16 * 2**20
# Bytes that are left to others, or a twentieth of a small disk. Databases and logs fail badly on a full one.
LEFT_FREE: Final = 64 * 2**20


@attrs.define
class Room:
    """What is left in a folder, looked up now and then."""

    folder: Path
    _unseen: int = attrs.field(init=False, default=0)

    def take(self, size: int) -> None:
        """Counts the next `size` bytes that go to the folder.

        Raises:
            NoSpace: The disk is nearly full.
        """
        self._unseen += size
        if self._unseen < LOOK_EVERY:
            return
        self._unseen = 0
        disk = shutil.disk_usage(self.folder)
        if disk.free < min(LEFT_FREE, disk.total // 20):
            raise NoSpace(
                f"{self.folder} has only {disk.free} bytes left for a file whose length is not known",
                hints=("free some space, or choose another folder",),
            )
