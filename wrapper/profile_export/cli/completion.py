"""`profile-export completion`: the script by which a shell completes this program's words."""

from __future__ import annotations

import click

from profile_export.cli import NAME
from profile_export.cli.invocation import Invocation

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_PROFILE_EXPORT_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_obj
def completion(invocation: Invocation, /, shell: str) -> None:
    """Print the script that makes SHELL complete commands, options, panels, folders and files.

    \b
    Examples:
      eval "$(profile-export completion bash)"       in ~/.bashrc
      eval "$(profile-export completion zsh)"        in ~/.zshrc, after compinit
      profile-export completion fish > ~/.config/fish/completions/profile-export.fish
    """  # noqa: D301
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - needed here only

    kind = get_completion_class(shell)
    program = click.get_current_context().find_root().command
    if kind is not None:
        maker = kind(program, {}, NAME, VARIABLE)
        # Not source(): for bash that starts one to ask for its version.
        invocation.console.result(maker.source_template % maker.source_vars())
