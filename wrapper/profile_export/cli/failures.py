"""How an error is told: one plain line with hints, or one JSON document, and the exit code that belongs to it."""

from __future__ import annotations

import contextlib
import traceback

import click

from profile_export import ExportError, TargetExists, TaskFailed, TaskNotFound, UsageError
from profile_export.cli.console import NAME
from profile_export.cli.invocation import Invocation
from profile_export.cli.signals import Interrupted

# The task is over, or never was: there is nothing to go on with.
HOPELESS = (TaskFailed, TaskNotFound, UsageError)


def export_error(invocation: Invocation, error: ExportError) -> int:
    """An error that this package foresees."""
    hints = error.hints
    invocation.task_id = invocation.task_id or error.task_id
    if not isinstance(error, HOPELESS):
        hints += _going_on(invocation, error)
    return _tell(invocation, error.slug, str(error), hints, error.exit_code)


def usage_error(invocation: Invocation, error: click.ClickException) -> int:
    """An error of the command line itself."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else NAME
    return _tell(invocation, UsageError.slug, error.format_message(), (f"see {path} --help",), UsageError.exit_code)


def interrupted(invocation: Invocation, signal: Interrupted) -> int:
    """The end that somebody asked for."""
    hints = _going_on(invocation)
    if not hints and invocation.creating:
        hints = ("the task may have been created: look at the panel's tasks before you create it again",)
    return _tell(invocation, "interrupted", f"interrupted by {signal}", hints, signal.exit_code)


def bug(invocation: Invocation, error: Exception) -> int:
    """An error that nobody foresaw. Its traceback shows lines of source, no values; the console masks the token."""
    console = invocation.console
    if console.verbose:
        for line in "".join(traceback.format_exception(error)).splitlines():
            console.write(line)
    what = f"this is a bug in {NAME}, please report it: {type(error).__name__}: {error}"
    hints = () if console.verbose else ("--verbose shows where it happened",)
    return _tell(invocation, "bug", what, (*hints, *_going_on(invocation)), 1)


def _going_on(invocation: Invocation, error: ExportError | None = None) -> tuple[str, ...]:
    command = invocation.next_command()
    if command is None:
        return ()
    # As it was, it would end in the same way.
    return (f"to replace it: {command} --overwrite",) if isinstance(error, TargetExists) else (f"to go on: {command}",)


def _tell(invocation: Invocation, slug: str, message: str, hints: tuple[str, ...], code: int) -> int:
    console = invocation.console
    console.fail(message, hints)
    if console.json:
        told = {
            "slug": slug,
            "message": console.masked(message),
            "hints": [console.masked(hint) for hint in hints],
            "task_id": invocation.task_id,
            "exit_code": code,
        }
        # Where stdout takes nothing any more, the line above has said it.
        with contextlib.suppress(ExportError):
            console.document({"error": told})
    return code
