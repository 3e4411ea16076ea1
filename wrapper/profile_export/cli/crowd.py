"""What a person sees while several exports run: a bar for each that runs and one for all, or lines that say whose."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager
from importlib import import_module
from types import TracebackType
from typing import Any, Final, Self

import attrs

from profile_export import (
    DownloadFinished,
    DownloadProgress,
    DownloadRestarted,
    DownloadStarted,
    Event,
    ExportFailed,
    ExportFinished,
    ExportStarted,
    FilePublished,
    RetryScheduled,
    TaskAttached,
    TaskCreated,
    TaskPolled,
)
from profile_export.cli.console import Console, printable
from profile_export.cli.invocation import INTERRUPTED
from profile_export.cli.progress import HEARTBEAT, Bars, Lines, drawing, going_on_line, retry_line, short, verified_line
from profile_export.targets import Target

USUAL_HEIGHT: Final = 24
# Lines that no export gets: the bar for all, and the one that the cursor stands in. In the last of the others tqdm says
# that more are hidden.
OTHER_LINES: Final = 2
WAITING: Final = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}{postfix}"
ALL: Final = "{desc}|{bar}| {elapsed}"


class ManyLines:
    """One line for each thing that a log should show afterwards, with the source that it is about."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._sources: dict[str, str] = {}
        self._told: dict[str, float] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is open."""

    def __call__(self, event: Event) -> None:
        """Takes an event of the client."""
        if isinstance(event, ExportStarted):
            self._sources[event.export] = event.source or ""
        text = self._line(event)
        if text is not None:
            self._console.say(f"{self._sources.get(event.export, '')}: {text}")
        if isinstance(event, ExportFinished | ExportFailed):
            self._sources.pop(event.export, None)
            self._told.pop(event.export, None)

    def _line(self, event: Event) -> str | None:
        match event:
            case TaskCreated(task_id=task_id):
                return f"task created: {task_id}"
            case TaskAttached(task_id=task_id):
                return f"going on with task {task_id}"
            case TaskPolled(snapshot=snapshot, waited=waited) if waited - self._told.get(event.export, 0) >= HEARTBEAT:
                self._told[event.export] = waited
                return f"{snapshot.progress}% {snapshot.status}, {waited:.0f} s waited"
            case DownloadStarted(resumed_from=here) if here:
                return going_on_line(event)
            case FilePublished():
                return verified_line(event)
            case _:
                return trouble(event)


def trouble(event: Event) -> str | None:
    """What a person should know of at once, or None where all is well."""
    match event:
        case RetryScheduled():
            return retry_line(event)
        case ExportFailed(slug=slug, message=message) if slug != INTERRUPTED:
            return f"failed: {message}"
        case _:
            return None


@attrs.define
class _Runner:
    """One export that runs: what its bar shows, on the line that it has got, if any."""

    source: str
    bar: Any = None
    total: float | None = 100
    reached: float = 0
    word: str = ""
    file: str = ""
    # The files of this bar: their bytes that are here, their lengths, and which are under way.
    files: dict[Target, int] = attrs.field(factory=dict[Target, int])
    lengths: dict[Target, int | None] = attrs.field(factory=dict[Target, int | None])
    unfinished: set[Target] = attrs.field(factory=set[Target])

    def take(self, event: Event) -> None:
        """Takes an event of this export."""
        match event:
            case TaskPolled(snapshot=snapshot):
                # A percent is the panel's word: it may run backwards, or out of its range.
                self.reached, self.word = min(max(snapshot.progress, 0), 100), short(snapshot.status)
            case DownloadStarted(target=target, size=size):
                self._begin(target, size)
                self.start_again()
            case DownloadProgress(target=target, received=received) | DownloadFinished(target=target, size=received):
                self.files[target] = received
                if isinstance(event, DownloadFinished):
                    self.unfinished.discard(target)
                self.reached = sum(self.files.values())
            case DownloadRestarted(target=target):
                self.files[target] = 0
                self.reached = sum(self.files.values())
            case _:
                return
        self.show()

    def _begin(self, target: Target, size: int | None) -> None:
        """A file, beside those that are fetched at the same time."""
        if not self.unfinished:
            self.files.clear()
            self.lengths.clear()
        self.unfinished.add(target)
        self.lengths[target], self.files[target] = size, 0
        lengths = list(self.lengths.values())
        self.total = None if None in lengths else sum(length or 0 for length in lengths)
        self.reached = sum(self.files.values())
        self.file = short(target.name) if len(self.files) == 1 else f"{len(self.files)} files"

    def start_again(self) -> None:
        """A new measure: the bar's time and rate begin anew."""
        if self.bar is not None:
            self.bar.unit, self.bar.unit_scale = ("B", True) if self.file else ("it", False)
            self.bar.bar_format = None if self.file else WAITING
            self.bar.reset(total=self.total)

    def show(self) -> None:
        """Draws the bar."""
        if self.bar is not None:
            self.bar.set_description_str(f"{self.source} {self.file}".rstrip(), refresh=False)
            self.bar.set_postfix_str("" if self.file else self.word, refresh=False)
            self.bar.n = self.reached
            self.bar.refresh()


class ManyBars:
    """A line for each export that runs, as long as there are lines; the last one tells how many are done."""

    def __init__(self, console: Console, exports: int) -> None:
        self._console = console
        self._tqdm: Any = import_module("tqdm").tqdm
        # Its watching thread is for loops that stall between two updates; here every update is drawn.
        self._tqdm.monitor_interval = 0
        self._exports = exports
        self._done = self._failed = 0
        self._runners: dict[str, _Runner] = {}
        self._free: list[Any] = []
        self._lines = 0
        self._all: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        bars = [*self._free, *(runner.bar for runner in self._runners.values() if runner.bar is not None)]
        for bar in sorted(bars, key=lambda bar: bar.pos):
            bar.close()
        if self._all is not None:
            self._all.close()

    def __call__(self, event: Event) -> None:
        """Takes an event of the client."""
        if isinstance(event, ExportStarted):
            self._runners[event.export] = _Runner(printable(event.source or ""))
            self._give_lines()
        runner = self._runners.get(event.export)
        if runner is None or (isinstance(event, ExportFailed) and event.slug == INTERRUPTED):
            return
        text = trouble(event)
        if text is not None:
            self._say(f"{runner.source}: {text}")
        if isinstance(event, ExportFinished | ExportFailed):
            self._ended(event.export, failed=isinstance(event, ExportFailed))
            return
        runner.take(event)
        if isinstance(event, TaskPolled):
            # Nothing is new but the time.
            self._show_all()

    def _ended(self, export: str, *, failed: bool) -> None:
        self._done += not failed
        self._failed += failed
        bar = self._runners.pop(export).bar
        if bar is not None:
            self._free.append(bar)
            self._blank(bar)
            self._give_lines()
        self._show_all()

    def _give_lines(self) -> None:
        """Gives lines to those that have none, the longest waiting first."""
        for runner in self._runners.values():
            if runner.bar is not None:
                continue
            runner.bar = self._line()
            if runner.bar is None:
                return
            runner.start_again()
            runner.show()

    def _line(self) -> Any:
        """A free line, or None where the terminal has no more."""
        if self._free:
            self._free.sort(key=lambda bar: -bar.pos)
            return self._free.pop()
        if self._lines >= _height() - OTHER_LINES:
            return None
        if self._all is None:
            self._all = self._tqdm(total=self._exports, bar_format=ALL, position=0, **_later(leave=True))
            self._show_all()
        self._lines += 1
        return self._tqdm(total=100, bar_format=WAITING, position=self._lines, **_later(leave=False))

    @staticmethod
    def _blank(bar: Any) -> None:
        bar.bar_format = "{desc}"
        bar.set_description_str("", refresh=False)
        bar.refresh()

    def _show_all(self) -> None:
        if self._all is not None:
            failed = f", {self._failed} failed" if self._failed else ""
            self._all.n = self._done + self._failed
            self._all.set_description_str(f"{self._done} of {self._exports} exports done{failed} ", refresh=True)

    def _say(self, text: str) -> None:
        """A line above the bars."""
        if self._all is None:
            self._console.say(text)
            return
        with self._tqdm.external_write_mode(file=sys.stderr):
            self._console.say(text)


def _later(*, leave: bool) -> dict[str, Any]:
    """Drawn when there is something to show, and not already when it is made."""
    return {**drawing(leave=leave), "delay": 1e-9}


def _height() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).lines or USUAL_HEIGHT
    except (OSError, ValueError):
        return USUAL_HEIGHT


def reporter(console: Console, exports: int = 1) -> AbstractContextManager[Lines | Bars | ManyLines | ManyBars]:
    """Whichever fits where stderr goes, and how many exports there are."""
    if exports == 1:
        return Bars(console) if console.draws_bars else Lines(console)
    return ManyBars(console, exports) if console.draws_bars else ManyLines(console)
