"""All commands, each with its sentence: `profile-export --help` is answered without loading any of them."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

from profile_export._version import __version__
from profile_export.cli import NAME
from profile_export.cli.refused import refused_token_option

# The whole job first, then its steps, then what sets things up. Where a command is, and its first sentence.
COMMANDS: Final = {
    "run": ("commands", "Export each SOURCE: create its task, wait for it, download and verify its files."),
    "create": ("commands", "Create an export task for SOURCE and print its id."),
    "status": ("commands", "Tell the state of a task, once."),
    "wait": ("commands", "Wait until a task has ended, and tell what there is to download."),
    "download": ("commands", "Download and verify the files of a task, after waiting for it if it still runs."),
    "pending": ("records", "List the exports that a journal knows as not finished."),
    "resume": (
        "records",
        "Finish the exports of this panel that a journal knows as not finished, or only those of the given IDs.",
    ),
    "sandbox": ("serving", "Serve a panel with invented profiles on this machine, until Ctrl-C."),
    "demo": ("demo", "Start a panel with invented profiles on this machine, export from it twice, and clean up."),
    "config": ("config", "Keep the panels that you work with in a file, each with a name."),
    "doctor": ("doctor", "Try the panel, the token and the folder, and say what to do."),
    "completion": (
        "completion",
        "Print the script that makes SHELL complete commands, options, panels, folders and files.",
    ),
}


class _Overview(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """In the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, loaded when it is used."""
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            module, _ = COMMANDS[cmd_name]
            self.add_command(getattr(import_module(f"profile_export.cli.{module}"), cmd_name))
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """The overview."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence) for name, (_, sentence) in COMMANDS.items()])


@click.group(
    cls=_Overview,
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
      3  the token was refused           8  panel not reached, or a task in doubt
      4  the API refused the request     9  the answer breaks the contract
      10 several exports failed, each in its own way
      129 hung up, 130 Ctrl-C, 143 terminated, 141 nobody reads the output
    """  # noqa: D301 - click's mark for a paragraph that keeps its lines
    if context.invoked_subcommand is None:
        *most, last = COMMANDS
        raise click.UsageError(f"say what to do: {', '.join(most)} or {last}", context)


def text() -> str:
    """What --help says."""
    return group.get_help(click.Context(group, info_name=NAME, **group.context_settings))
