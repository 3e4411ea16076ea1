"""How an error is told: one plain line with hints, or one JSON document, and the exit code that belongs to it."""

from __future__ import annotations

import contextlib
import traceback
from typing import Any

import attrs
import click

from profile_export import ExportError, TargetExists, TaskFailed, TaskNotFound, UsageError
from profile_export.cli import NAME
from profile_export.cli.console import Console
from profile_export.cli.invocation import INTERRUPTED, Invocation
from profile_export.cli.signals import Interrupted

# The task is over, or never was: there is nothing to go on with.
HOPELESS = (TaskFailed, TaskNotFound, UsageError)
MAYBE_CREATED = "the task may have been created: look at the panel's tasks before you create it again"

REPLACE = "to replace it: run the same command once more, with --overwrite"
REPLACE_RESUMED = (
    "to keep both: resume with --to DIR; to replace it: the command that began the export, with --overwrite"
)
ONCE_MORE = "the journal leaves it out from now on: the command that began the export makes a new task"

ONLY_CSV = "that brings the csv files only; the same command once more goes on, too, and makes Parquet files of them"


@attrs.frozen
class Failure:
    """What is told of a bad end, in whichever form."""

    slug: str
    message: str
    hints: tuple[str, ...]
    exit_code: int
    task_id: str | None = None

    def document(self, console: Console) -> dict[str, Any]:
        """For programs."""
        return {
            "slug": self.slug,
            "message": console.masked(self.message),
            "hints": [console.masked(hint) for hint in self.hints],
            "task_id": self.task_id,
            "exit_code": self.exit_code,
        }


def failure_of(invocation: Invocation, error: ExportError, task_id: str | None = None) -> Failure:
    """An error that this package foresees, with the command that goes on where there is one."""
    task_id = task_id or error.task_id
    hints = error.hints if isinstance(error, HOPELESS) else error.hints + going_on(invocation, task_id, error)
    if isinstance(error, TaskNotFound) and invocation.journaled and not invocation.begins:
        hints += (ONCE_MORE,)
    return Failure(error.slug, str(error), hints, error.exit_code, task_id)


def export_error(invocation: Invocation, error: ExportError) -> int:
    """An error that this package foresees."""
    return _tell(invocation, failure_of(invocation, error, invocation.task_id))


def usage_error(invocation: Invocation, error: click.ClickException) -> int:
    """An error of the command line itself."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else NAME
    hints = (f"see {path} --help",)
    return _tell(invocation, Failure(UsageError.slug, error.format_message(), hints, UsageError.exit_code))


def interrupted(invocation: Invocation, signal: Interrupted) -> int:
    """The end that somebody asked for."""
    task_id = invocation.task_id
    hints = going_on(invocation, task_id)
    if invocation.creating and task_id is None and not invocation.journaled:
        hints = (MAYBE_CREATED,)
    message = f"interrupted by {signal}"
    return _tell(invocation, Failure(INTERRUPTED, message, hints, signal.exit_code, task_id))


def bug(invocation: Invocation, error: Exception) -> int:
    """An error that nobody foresaw. Its traceback shows lines of source, no values; the console masks the token."""
    console = invocation.console
    if console.verbose:
        for line in "".join(traceback.format_exception(error)).splitlines():
            console.write(line)
    what = f"this is a bug in {NAME}, please report it: {type(error).__name__}: {error}"
    hints = () if console.verbose else ("--verbose shows where it happened",)
    task_id = invocation.task_id
    return _tell(invocation, Failure("bug", what, (*hints, *going_on(invocation, task_id)), 1, task_id))


def going_on(invocation: Invocation, task_id: str | None, error: ExportError | None = None) -> tuple[str, ...]:
    """The hint that names the command that goes on, where there is something to go on with."""
    # As it was, it would end in the same way.
    if isinstance(error, TargetExists) and invocation.journaled:
        return (REPLACE if invocation.begins else REPLACE_RESUMED,)
    command = invocation.next_command(task_id)
    if command is None:
        return ()
    if isinstance(error, TargetExists):
        return (f"to replace it: {command} --overwrite",)
    return (f"to go on: {command}", *what_is_missing(invocation))


def what_is_missing(invocation: Invocation) -> tuple[str, ...]:
    """What the command that goes on leaves out, where it does."""
    return (ONLY_CSV,) if invocation.brings_less else ()


def _tell(invocation: Invocation, failure: Failure) -> int:
    console = invocation.console
    console.fail(failure.message, failure.hints)
    if console.json and not console.answered:
        # Where stdout takes nothing any more, the line above has said it.
        with contextlib.suppress(ExportError):
            console.document({"error": failure.document(console)})
    return failure.exit_code
