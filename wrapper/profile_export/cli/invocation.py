"""One run of the program: what it may say, and what a person needs in order to go on after it broke off."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from typing import Any, Final, cast

import attrs
import click
from click.core import ParameterSource

from profile_export import Event, ExportError, ExportFailed, ExportFinished, ExportStarted, TaskAttached, TaskCreated
from profile_export.cli import NAME
from profile_export.cli.console import Console, printable

INTERRUPTED: Final = "interrupted"
USUAL_TIMEOUT: Final = 3600.0
# The options that another command needs as well, when they were given to this one. `where` is not among them.
COMMON: Final = (
    *("panel", "base_url", "panel_url", "token_file", "auth", "wire_format", "ca_file", "retries", "connections"),
    "timeout",
)
TABLES: Final = ("format", "type", "delimiter", "encoding", "keep_csv")
CARRIED: Final = {
    "download": ("to", "overwrite", "file_format", *TABLES, *COMMON),
    "wait": COMMON,
    "resume": ("journal", *COMMON),
}


@attrs.define
class Underway:
    """An export that began."""

    source: str
    task_id: str | None = None


@attrs.define
class Invocation:
    """State that outlives the command, for whoever reports its end.

    Attributes:
        console: Where everything is written.
        task_id: The task, once known.
        creating: A create request may be under way, and no task id has come yet.
        begins: Whether this command begins exports, and doesn't only finish some.
        underway: The exports that began without an end, by the id that their events tell.
    """

    console: Console = attrs.field(factory=Console)
    task_id: str | None = None
    creating: bool = False
    begins: bool = True
    underway: dict[str, Underway] = attrs.field(factory=dict[str, "Underway"])
    _next: tuple[str, tuple[str, ...]] | None = None
    _journal: str | None = None
    _left: bool | None = None
    _wants_tables: bool = False

    def take(self, event: Event) -> None:
        """Remembers what an event of the client tells about tasks."""
        match event:
            case ExportStarted(source=str(source)):
                self.underway[event.export] = Underway(source)
            case TaskCreated(task_id=task_id) | TaskAttached(task_id=task_id):
                self.task_id = task_id
                if event.export in self.underway:
                    self.underway[event.export].task_id = task_id
            case ExportFinished() | ExportFailed() if getattr(event, "slug", "") != INTERRUPTED:
                self.underway.pop(event.export, None)
            case _:
                pass

    def goes_on_with(self, command: str) -> None:
        """Remembers how the work can be finished by another command, with the options that were given to this one."""
        context = click.get_current_context()
        self.begins = context.info_name != command
        self._next = command, tuple(_given(context, CARRIED[command]))
        self._journal = context.params.get("journal")
        self._wants_tables = context.params.get("format") == "parquet"

    def is_downloaded(self) -> None:
        """Remembers that nothing is left to go on with."""
        self._next = None

    @property
    def journaled(self) -> bool:
        """Whether a journal remembers what there is to go on with."""
        return self._next is not None and self._next[0] == "resume"

    @property
    def brings_less(self) -> bool:
        """Whether the command that goes on makes no Parquet files, although they were asked for."""
        return self._wants_tables and self.journaled

    @property
    def remembered(self) -> bool:
        """Whether there is a journal, and something in it to go on with; looked at once, when all has ended."""
        if self._left is None:
            self._left = self.journaled and self._journal is not None and self._has_left(self._journal)
        return self._left

    def _has_left(self, journal: str) -> bool:
        from profile_export import pending_exports  # noqa: PLC0415 - asked at a bad end only

        try:
            return bool(pending_exports(journal))
        except ExportError:
            # It will be there again when the disk is.
            return self.task_id is not None

    def next_command(self, task_id: str | None) -> str | None:
        """The command line that goes on with a task where this one broke off, where there is one to go on with."""
        if self._next is None:
            return None
        command, options = self._next
        if self.journaled:
            words = [NAME, command, *options]
            return " ".join(shlex.quote(printable(word)) for word in words) if self.remembered else None
        if task_id is None:
            return None
        # An id is the panel's word, and may look like an option.
        task = ["--", task_id] if task_id.startswith("-") else [task_id]
        words = [NAME, command, *options, *task] if len(task) > 1 else [NAME, command, *task, *options]
        return " ".join(shlex.quote(printable(word)) for word in words)


def _given(context: click.Context, names: tuple[str, ...]) -> list[str]:
    words: list[str] = []
    for name in names:
        value = context.params.get(name)
        if context.get_parameter_source(name) is not ParameterSource.COMMANDLINE or _too_short(name, value):
            continue
        flag = name.replace("_", "-")
        words += _written(flag, value)
    return words


def _written(flag: str, value: Any) -> list[str]:
    """An option as it is typed."""
    if isinstance(value, bool):
        return [f"--{flag}" if value else f"--no-{flag}"]
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, str]", value)
        return [word for column, kind in pairs.items() for word in (f"--{flag}", f"{column}={kind}")]
    return [f"--{flag}", _text(value)]


def _too_short(name: str, value: Any) -> bool:
    """A timeout that may be why it broke off; going on starts with the usual one."""
    return name == "timeout" and value <= USUAL_TIMEOUT


def _text(value: Any) -> str:
    if isinstance(value, float):
        # Never as 1.2e+06, which the option doesn't take.
        return "none" if math.isinf(value) else f"{value:f}".rstrip("0").rstrip(".")
    return str(value)
