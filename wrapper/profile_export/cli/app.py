"""The program: finds the command, runs it, and turns whatever ends it into an exit code."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from profile_export import ExportError
from profile_export.cli import NAME, failures
from profile_export.cli.console import Console, ReaderGone, unwritten
from profile_export.cli.invocation import Invocation
from profile_export.cli.overview import group
from profile_export.cli.signals import Interrupted, raising

# What a shell shows for a program that ended because nobody read its output any more: 128 + SIGPIPE.
READER_GONE = 141
HELP = frozenset({"--help", "-h", "--version"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and gives its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    # Known before anything is parsed, since parsing can fail.
    invocation = Invocation(Console(json="--json" in words))
    _stand_in_for_messages()
    _make_unbreakable()
    try:
        return _run(words, invocation)
    finally:
        _let_go_of_the_rest()


def _run(words: list[str], invocation: Invocation) -> int:
    try:
        # Around the reporting too: a second Ctrl-C must not break into it.
        with raising():
            return _reported(words, invocation)
    except Interrupted as signal:
        return signal.exit_code
    except ReaderGone:
        return READER_GONE


def _reported(words: list[str], invocation: Invocation) -> int:
    try:
        return _answered(words, invocation)
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


def _answered(words: list[str], invocation: Invocation) -> int:
    """The exit code that --help, --version and a run of several exports tell; 0 from a command that is done."""
    try:
        return group.main(words, prog_name=NAME, standalone_mode=False, obj=invocation) or 0
    except (SystemExit, OSError) as error:
        # click writes help and version itself; all other writers say what is wrong. Completion ends here, too.
        if not HELP.intersection(words):
            raise
        # What click makes of a pipe that nobody reads is an end of the process.
        raise (unwritten(error) if isinstance(error, OSError) else ReaderGone) from None


def _stand_in_for_messages() -> None:
    """Where stderr is closed, messages go nowhere; nor may a file that is opened later get its number, and theirs."""
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open until the program ends


def _let_go_of_the_rest() -> None:
    """What can't be written can't be flushed when the interpreter ends either, which would make the exit code 120."""
    for stream in (sys.stdout, sys.stderr):
        if stream is None:
            continue
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _make_unbreakable() -> None:
    """A name that the terminal's encoding can't show is shown as escapes, not as a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # It flushes first what is left of an earlier attempt, which is told where it is made again.
            with contextlib.suppress(OSError):
                stream.reconfigure(errors="backslashreplace")
