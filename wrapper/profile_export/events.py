"""What an export reports while it runs, for progress bars and logs. No event holds the token."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import attrs

from profile_export.targets import Target
from profile_export.types import TaskSnapshot


@attrs.frozen(kw_only=True)
class Event:
    """Base of all events.

    Attributes:
        export: A short id that all events of one export share, for telling exports apart; the `Request-ID` where this
            client creates the task, else the task id.
    """

    export: str = ""


@attrs.frozen(kw_only=True)
class ExportStarted(Event):
    """A call that ends in files began, for a `source` whose task it creates, or for a task that exists already."""

    source: str | None
    task_id: str | None


@attrs.frozen(kw_only=True)
class ExportFinished(Event):
    """That call ended well, with so many files, and `total` profiles in them."""

    files: int
    total: int


@attrs.frozen(kw_only=True)
class ExportFailed(Event):
    """That call ended badly. `slug` is the error's, "bug" for an error of no kind of this package, or "interrupted"."""

    slug: str
    message: str


@attrs.frozen(kw_only=True)
class TaskCreated(Event):
    """The panel accepted the export. `request_id` was sent along as `Request-ID`."""

    task_id: str
    request_id: str


@attrs.frozen(kw_only=True)
class TaskAttached(Event):
    """The journal knew of an unfinished equal export; its task is gone on with."""

    task_id: str


@attrs.frozen(kw_only=True)
class TaskPolled(Event):
    """The panel told the task's state, its links included, `waited` seconds after the wait began."""

    snapshot: TaskSnapshot
    waited: float


@attrs.frozen(kw_only=True)
class RetryScheduled(Event):
    """A request failed and is sent again after `delay` seconds; `attempt` counts from 1."""

    operation: str
    attempt: int
    delay: float
    reason: str


@attrs.frozen(kw_only=True)
class DownloadStarted(Event):
    """A file begins to arrive; `size` is its announced number of bytes, where one was announced.

    `resumed_from` bytes of it are here already, from before an interruption.
    """

    target: Target
    size: int | None
    resumed_from: int = 0


@attrs.frozen(kw_only=True)
class DownloadProgress(Event):
    """`received` bytes of a file are on disk, or on their way to a store."""

    target: Target
    received: int


@attrs.frozen(kw_only=True)
class DownloadRestarted(Event):
    """A file broke off and begins again from its first byte."""

    target: Target


@attrs.frozen(kw_only=True)
class DownloadFinished(Event):
    """A file of `size` bytes arrived, as long as announced. It has no name yet: all files are checked together."""

    target: Target
    size: int


@attrs.frozen(kw_only=True)
class FilePublished(Event):
    """A file passed all checks and has its final name."""

    target: Target
    size: int


EventSink: TypeAlias = Callable[[Event], object]
