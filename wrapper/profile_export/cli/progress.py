"""What a person sees while an export runs: bars on a terminal, a few plain lines elsewhere."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from types import TracebackType
from typing import Any, Final, Self

from profile_export import (
    DownloadFinished,
    DownloadProgress,
    DownloadRestarted,
    DownloadStarted,
    Event,
    FilePublished,
    OutputStream,
    RetryScheduled,
    TaskCreated,
    TaskPolled,
    TaskSnapshot,
)
from profile_export.cli.console import Console, printable
from profile_export.cli.results import size_text
from profile_export.targets import Target

LONGEST_NAME: Final = 32
# More finished bars than these would push everything else off the screen.
MOST_BARS_LEFT: Final = 8
USUAL_WIDTH: Final = 80
# Without a terminal: seconds of waiting after which it is told once more how far the task is.
HEARTBEAT: Final = 30.0


class Lines:
    """One line for each thing that a log should show afterwards."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is open."""

    def __call__(self, event: Event) -> None:
        """Takes an event of the client."""
        match event:
            case TaskCreated(task_id=task_id):
                self._console.say(f"task created: {task_id}")
            case TaskPolled(snapshot=snapshot, waited=waited) if waited - self._told >= HEARTBEAT:
                self._told = waited
                self._console.say(f"task: {snapshot.progress}% {snapshot.status}, {waited:.0f} s waited")
            case RetryScheduled():
                self._console.say(retry_line(event))
            case DownloadStarted(resumed_from=here) if here:
                self._console.say(going_on_line(event))
            case FilePublished():
                self._console.say(verified_line(event))
            case _:
                pass


class Bars:
    """The task's percent first, then the bytes of each file with rate and estimated end; one bar at a time.

    Files that are fetched at once have one bar together.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._tqdm: Any = import_module("tqdm").tqdm
        # Its watching thread is for loops that stall between two updates; here every update is drawn.
        self._tqdm.monitor_interval = 0
        self._bar: Any = None
        self._target: Target | None = None
        self._files = 0
        # Of the files of this bar that are under way: length where it is known, and bytes that are here.
        self._lengths: dict[Target, int | None] = {}
        self._here: dict[Target, int] = {}
        self._unfinished: set[Target] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def __call__(self, event: Event) -> None:
        """Takes an event of the client."""
        match event:
            case TaskCreated(task_id=task_id):
                self._line(f"task created: {task_id}")
            case TaskPolled(snapshot=snapshot):
                self._polled(snapshot)
            case RetryScheduled():
                self._line(retry_line(event))
            case _:
                self._file(event)

    def _file(self, event: Event) -> None:
        match event:
            case DownloadStarted(target=target, size=size):
                if event.resumed_from:
                    self._line(going_on_line(event))
                self._started(target, size)
            case DownloadProgress(target=target, received=received):
                self._received(target, received)
            case DownloadFinished(target=target, size=size):
                self._unfinished.discard(target)
                self._received(target, size)
            case DownloadRestarted(target=target):
                self._restarted(target)
            case FilePublished(target=target, size=size) if target in self._here:
                self._received(target, size)
                self._close()
            case _:
                pass

    def _polled(self, snapshot: TaskSnapshot) -> None:
        self._files = len(snapshot.urls)
        if self._bar is None:
            self._bar = self._tqdm(
                total=100,
                desc="task",
                bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}{postfix}",
                **drawing(leave=True),
            )
        self._bar.set_postfix_str(short(snapshot.status), refresh=False)
        # A percent is the panel's word: it may run backwards, or out of its range.
        self._reached(min(max(snapshot.progress, 0), 100))
        if snapshot.completed or snapshot.failed:
            self._close()

    def _started(self, target: Target, size: int | None) -> None:
        again = target in self._unfinished
        if not self._unfinished:
            self._lengths.clear()
            self._here.clear()
        self._unfinished.add(target)
        self._lengths[target], self._here[target] = size, 0
        lengths = list(self._lengths.values())
        total = None if None in lengths else sum(length or 0 for length in lengths)
        if (again or len(lengths) > 1) and self._bar is not None:
            self._bar.reset(total=total)
            self._bar.set_description_str(self._title(target), refresh=False)
            self._others()
            return
        self._complete()
        self._target = target
        leave = self._files <= MOST_BARS_LEFT
        # Decimal units, as in the table of results.
        self._bar = self._tqdm(total=total, desc=self._title(target), unit="B", unit_scale=True, **drawing(leave=leave))

    def _title(self, target: Target) -> str:
        return short(target.name) if len(self._lengths) == 1 else f"{len(self._lengths)} files"

    def _received(self, target: Target, amount: int) -> None:
        if target in self._here:
            self._here[target] = amount
            self._reached(sum(self._here.values()))

    def _reached(self, amount: int) -> None:
        # A step back, and one of nothing, are not drawn by themselves.
        if self._bar is not None and not self._bar.update(amount - self._bar.n):
            self._bar.refresh()

    def _restarted(self, target: Target) -> None:
        """The bytes are lost, and the bar says so."""
        if self._bar is not None and self._target is not None:
            self._bar.reset()
            self._here[target] = 0
            self._others()

    def _others(self) -> None:
        """After a reset: what is here of files that go on."""
        if any(self._here.values()):
            self._reached(sum(self._here.values()))

    def _complete(self) -> None:
        """The next file begins only when this one is whole; the last of its bytes may not have been told."""
        if self._bar is not None and self._bar.total is not None:
            self._reached(self._bar.total)
        self._close()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._bar = None

    def _line(self, text: str) -> None:
        if self._bar is None:
            self._console.say(text)
            return
        self._bar.clear()
        self._console.say(text)
        self._bar.refresh()


def drawing(*, leave: bool) -> dict[str, Any]:
    """How bars are drawn: at once, at every event: the client sends no more of them than an eye can follow."""
    width = {"dynamic_ncols": True} if _tells_its_width() else {"ncols": USUAL_WIDTH}
    return {"file": sys.stderr, "leave": leave, "mininterval": 0, "miniters": 1, **width}


def _tells_its_width() -> bool:
    """Terminals made by programs, such as those of CI, are often 0 columns wide; bars drawn in 0 columns are blank."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns > 0
    except (OSError, ValueError):
        return True


def retry_line(event: RetryScheduled) -> str:
    """Why it takes longer."""
    return f"{event.operation} failed, attempt {event.attempt} in {event.delay:.1f} s: {event.reason}"


def going_on_line(event: DownloadStarted) -> str:
    """That not all of it is fetched once more."""
    return f"going on with {event.target.name}, whose first {size_text(event.resumed_from)} are here"


def verified_line(event: FilePublished) -> str:
    """That it is whole, and has its name."""
    place = "stdout" if isinstance(event.target, OutputStream) else event.target
    return f"file verified: {place}, {size_text(event.size)}"


def short(text: str) -> str:
    """A name or a word of the panel, as much of it as there is room for."""
    text = printable(text)
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 3]}..."
