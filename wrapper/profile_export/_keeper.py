"""What every keeper of a download's bytes can do, wherever it keeps them."""

from __future__ import annotations

from typing import Protocol

from profile_export._effects import Fetched
from profile_export._ranges import ResumePoint
from profile_export.targets import Target


class Keeper(Protocol):
    """The bytes of one download on their way to `target`: `size` of `total` are here, of the version `etag`."""

    size: int
    total: int | None
    etag: str | None

    @property
    def target(self) -> Target:
        """Where they go."""
        ...

    @property
    def received(self) -> int:
        """Bytes that are here, wherever in the file."""
        ...

    @property
    def full(self) -> bool:
        """Whether what comes next in the file is here already, or comes over another connection."""
        ...

    @property
    def resume_point(self) -> ResumePoint | None:
        """How much is here, when the panel can say whether the rest still belongs to it."""
        ...

    def restart(self, announced: int | None, etag: str | None = None) -> None:
        """Forgets what was written, for a file of the version `etag`."""

    def go_on(self, total: int | None) -> None:
        """Keeps what was written; the rest comes now."""

    def write(self, chunk: bytes | memoryview) -> None:
        """Takes the next bytes of the file."""

    def finish(self, announced: int | None) -> Fetched:
        """The facts about the whole file, or IncompleteDownload."""
        ...

    def publish(self, *, overwrite: bool) -> None:
        """Gives the verified file its final name, or raises TargetExists."""

    def reject(self) -> Target | None:
        """Gives up a file that failed its checks; gives where it is kept for inspection, if it is."""

    def keep(self) -> None:
        """Leaves what is here to a later run, where that can be."""

    def discard(self) -> None:
        """Removes what was written."""
