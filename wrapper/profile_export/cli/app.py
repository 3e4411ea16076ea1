"""The program: finds the command, runs it, and turns whatever ends it into an exit code."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

import click

from profile_export import ExportError, __version__
from profile_export.cli import failures
from profile_export.cli.commands import create, download, run, status, wait
from profile_export.cli.console import NAME, Console, ReaderGone
from profile_export.cli.demo import demo
from profile_export.cli.invocation import Invocation
from profile_export.cli.options import refused_token_option
from profile_export.cli.records import pending, resume
from profile_export.cli.serving import sandbox
from profile_export.cli.signals import Interrupted, raising

# What a shell shows for a program that ended because nobody read its output any more: 128 + SIGPIPE.
READER_GONE = 141


# Commands that set things up. Their modules are loaded when they are used: an export must not wait for them.
LATER: Final = ("config", "doctor", "completion")


class _InOrder(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """As they were added: the whole job first, then its steps, then what sets things up."""
        return [*(name for name in self.commands if name not in LATER), *LATER]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name in LATER and cmd_name not in self.commands:
            self.add_command(getattr(import_module(f"profile_export.cli.{cmd_name}"), cmd_name))
        return super().get_command(ctx, cmd_name)


@click.group(
    cls=_InOrder,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True, "max_content_width": 100},
)
@click.version_option(__version__, prog_name=NAME, message="%(prog)s %(version)s")
@refused_token_option
@click.pass_context
def group(context: click.Context) -> None:
    """Export customer profiles from a marketing platform: complete, verified files, or a clear error.

    The token comes from PROFILE_EXPORT_TOKEN or --token-file FILE, the panel's address from --base-url or
    PROFILE_EXPORT_BASE_URL.

    \b
    Examples:
      profile-export demo
      profile-export run database:1 --to exports
      profile-export run segment:7 segment:8 --to exports
      profile-export run segment:7 --to exports --where '{"occupation": "doctor"}'

    \b
    Exit codes:
      0  done, files verified            5  the task failed
      1  a bug in this program           6  the wait timed out (the task lives on)
      2  bad usage or bad input          7  download or integrity failure
      3  the token was refused           8  the panel can't be reached
      4  the API refused the request     9  the answer breaks the contract
      10 several exports failed, each in its own way
      130 Ctrl-C, 143 terminated, 141 nobody reads the output
    """  # noqa: D301 - click's mark for a paragraph that keeps its lines
    if context.invoked_subcommand is None:
        raise click.UsageError(
            "say what to do: run, create, status, wait, download, pending, resume, sandbox, demo, config, doctor or "
            "completion",
            context,
        )


for _command in (run, create, status, wait, download, pending, resume, sandbox, demo):
    group.add_command(_command)


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
