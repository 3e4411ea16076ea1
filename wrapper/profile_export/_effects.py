"""What a flow may ask of the world: one small value for each effect, performed by a driver.

A flow is a generator. `snapshot = yield from GetStatus(task_id)` hands the effect to the driver and gets back what the
effect promises, or has the effect's error raised in its place. So flows read like straight code, do nothing
themselves, and can be stopped before and after every effect by a test.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

import attrs

from profile_export.events import Event
from profile_export.types import Source, TaskSnapshot

T = TypeVar("T")


@attrs.frozen
class Effect(Generic[T]):
    """Something that only a driver can do; `yield from` it to get a `T`."""

    def __iter__(self) -> Generator[Effect[Any], Any, T]:
        """Hands this effect to the driver and returns its answer."""
        answer: T = yield self
        return answer


@attrs.frozen
class MomentEffect(Effect[T]):
    """An effect that takes no time, so that every driver performs it on the spot."""


@attrs.frozen
class FileEffect(Effect[T]):
    """Work on files, which may take as long as the disk does."""


Flow: TypeAlias = Generator[Effect[Any], Any, T]


@attrs.frozen
class CreateTask(Effect[str]):
    """Sends the create request once; gives the new task's id."""

    source: Source
    file_format: str
    where: dict[str, Any] | None
    request_id: str


@attrs.frozen
class GetStatus(Effect[TaskSnapshot]):
    """Sends the status request once."""

    task_id: str


@attrs.frozen
class Now(MomentEffect[float]):
    """Seconds of a clock that is never set back."""


@attrs.frozen
class Sleep(Effect[None]):
    """Lets `seconds` pass."""

    seconds: float


@attrs.frozen
class Draw(MomentEffect[float]):
    """A random number, at least 0 and less than 1."""


@attrs.frozen
class NewRequestId(MomentEffect[str]):
    """A fresh id, never used before."""


@attrs.frozen
class Emit(MomentEffect[None]):
    """Tells the user's event sink; what the sink raises changes nothing."""

    event: Event


@attrs.frozen
class PrepareDirectory(FileEffect[None]):
    """Makes sure that files can be written to the folder, or that it can be made."""

    path: Path


@attrs.frozen
class MakeDirectory(FileEffect[None]):
    """Makes the folder if it is missing."""

    path: Path


@attrs.frozen
class Exists(FileEffect[bool]):
    """Whether anything stands at `path`."""

    path: Path


@attrs.frozen
class Fetched:
    """A file that arrived whole in its part file: bytes, sha256, and csv records (header included) if counted."""

    size: int
    sha256: str
    records: int | None


@attrs.frozen
class Redirected:
    """The panel named another place for the file; `location` is its header, as it came."""

    location: str


@attrs.frozen
class Fetch(Effect[Fetched | Redirected]):
    """Requests `url` once and streams the answer into the part file of `target`, from its first byte."""

    url: str
    target: Path
    file_format: str


@attrs.frozen
class Publish(FileEffect[None]):
    """Gives the part file of `target` its final name, atomically and durably."""

    target: Path
    overwrite: bool


@attrs.frozen
class Reject(FileEffect[Path]):
    """Keeps the part file of `target` under a name that says it failed; gives that name."""

    target: Path
