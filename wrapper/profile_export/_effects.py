"""What a flow may ask of the world: one small value for each effect, performed by a driver.

A flow is a generator. `snapshot = yield from GetStatus(task_id)` hands the effect to the driver and gets back what the
effect promises, or has the effect's error raised in its place. So flows read like straight code, do nothing
themselves, and can be stopped before and after every effect by a test.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Generic, TypeAlias, TypeVar

import attrs

from profile_export._records import Record
from profile_export.events import Event
from profile_export.targets import Target
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
class WallClock(MomentEffect[float]):
    """Seconds of the clock on the wall (Unix time), which may be set back."""


@attrs.frozen
class QuietTime(MomentEffect[float]):
    """Seconds for which the panel asked this client, by its answer to any export, to send nothing; mostly 0."""


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
    """Makes sure that files can be written to the folder, or that it can be made; that a store can be reached."""

    path: Target


@attrs.frozen
class MakeDirectory(FileEffect[None]):
    """Makes the folder if it is missing."""

    path: Target


@attrs.frozen
class Modified(FileEffect[float | None]):
    """When what stands at `path` was written, in seconds of the wall clock; None where nothing does.

    A broken symbolic link takes its name, too.
    """

    path: Target


@attrs.frozen
class Fetched:
    """A file that arrived whole in its part file.

    Attributes:
        size: Bytes.
        sha256: Of the whole file, in hexadecimal; None where it was not asked for.
        records: Records of a csv file, its header included, if they were counted.
        resumed_from: Where its last answer went on, or None where that was at its first byte.
        ends_open: Whether it is csv and ends within a line, which tells of a break where no length was announced.
    """

    size: int
    sha256: str | None
    records: int | None
    resumed_from: int | None = None
    ends_open: bool = False


@attrs.frozen
class Redirected:
    """The panel named another place for the file; `location` is its header, as it came."""

    location: str


@attrs.frozen
class Fetch(Effect[Fetched | Redirected]):
    """Requests `url` once and streams the answer into the part file of `target`, a file of the task.

    Where some of it is here, from this run or an earlier one, only the rest is asked for; over so many connections at
    once, where the panel and the file allow it.
    """

    url: str
    target: Target
    file_format: str
    task_id: str = ""
    connections: int = 1


@attrs.frozen
class AtOnce(Effect[list[Any]]):
    """Runs flows side by side, over so many connections all together; gives what each returns, in their order.

    The first failure ends the others, and is raised.
    """

    flows: tuple[Flow[Any], ...]
    connections: int


@attrs.frozen
class PartEffect(FileEffect[T]):
    """Work on the part files of this run."""


@attrs.frozen
class Here:
    """What is here of a file that is being fetched.

    Attributes:
        size: Bytes.
        etag: The version that they are of, where the panel tells one that they can be gone on with.
    """

    size: int = 0
    etag: str | None = None


@attrs.frozen
class Received(PartEffect[Here]):
    """What is in the part file of `target`."""

    target: Target


@attrs.frozen
class IsPublished(FileEffect[bool]):
    """Whether `target`, a file of the task, has its name already, by its content; then nothing else is left of it."""

    target: Target
    task_id: str
    size: int
    sha256: str | None


@attrs.frozen
class TakeVerified(PartEffect[bool]):
    """Takes up the part file of `target` that an earlier run had verified, if its content is there; says whether."""

    target: Target
    task_id: str
    size: int
    sha256: str | None
    count_rows: bool


@attrs.frozen
class ClearParts(FileEffect[None]):
    """Removes what runs that are gone left of a task's files; nothing is joined to it any more."""

    directory: Target
    task_id: str


@attrs.frozen
class Publish(PartEffect[None]):
    """Gives the part file of `target` its final name, atomically and durably."""

    target: Target
    overwrite: bool


@attrs.frozen
class Reject(PartEffect[Target | None]):
    """Keeps the part file of `target` under a name that says it failed; gives that name, where there is one."""

    target: Target


@attrs.frozen
class JournalEffect(FileEffect[T]):
    """Work on the journal."""


@attrs.frozen
class OpenRecord(JournalEffect[Record]):
    """Writes the record of an export that is about to be created, or gives the unfinished one of an equal export."""

    draft: Record


@attrs.frozen
class SaveRecord(JournalEffect[None]):
    """Replaces a record."""

    record: Record


@attrs.frozen
class ForgetRecord(JournalEffect[None]):
    """Removes a record: what it was about provably never began."""

    record_id: str


@attrs.frozen
class ReadRecord(JournalEffect[Record]):
    """A record as it is now."""

    record_id: str


@attrs.frozen
class HasRecord(JournalEffect[bool]):
    """Whether a record is there."""

    record_id: str


@attrs.frozen
class PendingRecords(JournalEffect[tuple[Record, ...]]):
    """The records that can be gone on with, oldest first."""
