"""The program: finds the command, runs it, and turns whatever ends it into an exit code."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

import click

from profile_export import ExportError
from profile_export.cli import NAME, failures
from profile_export.cli.console import Console, ReaderGone
from profile_export.cli.invocation import Invocation
from profile_export.cli.overview import group
from profile_export.cli.signals import Interrupted, raising

# What a shell shows for a program that ended because nobody read its output any more: 128 + SIGPIPE.
READER_GONE = 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and gives its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    # Known before anything is parsed, since parsing can fail.
    invocation = Invocation(Console(json="--json" in words))
    _make_unbreakable()
    try:
        return _run(words, invocation)
    finally:
        _let_go_of_messages()


def _run(words: list[str], invocation: Invocation) -> int:
    try:
        # Around the reporting too: a second Ctrl-C must not break into it.
        with raising():
            return _reported(words, invocation)
    except Interrupted as signal:
        return signal.exit_code
    except ReaderGone:
        # The interpreter flushes stdout once more when it ends, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE


def _reported(words: list[str], invocation: Invocation) -> int:
    try:
        # The exit code that --help, --version and a run of several exports tell; None from a command that is done.
        return group.main(words, prog_name=NAME, standalone_mode=False, obj=invocation) or 0
    except ReaderGone:
        raise
    except Interrupted as signal:
        return failures.interrupted(invocation, signal)
    except ExportError as error:
        return failures.export_error(invocation, error)
    except click.ClickException as error:
        return failures.usage_error(invocation, error)
    except Exception as error:  # noqa: BLE001 - what nobody foresaw is told as what it is: a bug
        return failures.bug(invocation, error)


def _let_go_of_messages() -> None:
    """What nobody reads any more can't be flushed when the interpreter ends, which would make the exit code 120."""
    try:
        sys.stderr.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def _make_unbreakable() -> None:
    """A name that the terminal's encoding can't show is shown as escapes, not as a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
