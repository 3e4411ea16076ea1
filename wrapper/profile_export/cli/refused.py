"""The option that nobody may use: `--token`, since other users can see arguments in the process list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def refused_token_option(command: Command) -> Command:
    """`--token`, which is refused with a reason."""
    return click.option("--token", hidden=True, expose_value=False, is_eager=True, callback=_refuse)(command)


def _refuse(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value is None:
        # click asks before 8.2 even where the option is not there.
        return
    from profile_export.cli import tokens  # noqa: PLC0415 - an overview needs none of it

    tokens.refuse_argument(context, parameter, value)
