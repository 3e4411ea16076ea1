"""The page about the command line: every command, argument and option, as click knows them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from profile_export.cli import configuration, tokens
from profile_export.cli.overview import group
from scripts.reference.markdown import code, fence, table

NAME = "profile-export"
INTRO = """# The command line

Written by `scripts/docs --write` from the commands themselves; `profile-export COMMAND --help` says the same.
Exit codes have [a page of their own](exit-codes.md), and so has [the file of panels](configuration.md).

"""


def page() -> str:
    """The whole page."""
    context = click.Context(group, info_name=NAME)
    parts = [described(command, path) for path, command in commands(group, context, NAME)]
    return INTRO + "\n".join([*parts, environment()])


def commands(of: click.Group, context: click.Context, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command with its words, groups before what is in them."""
    for name in of.list_commands(context):
        command = of.get_command(context, name)
        if command is None or command.hidden:
            continue
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, click.Context(command, context, name), f"{path} {name}")


def described(command: click.Command, path: str) -> str:
    """One command's section."""
    context = click.Context(command, info_name=path)
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    parts = [f"## {path}\n", fence("text", usage), prose(command.help or "")]
    options = [option for option in command.params if isinstance(option, click.Option) and not option.hidden]
    if options:
        parts.append(table(["option", "meaning", "default", "environment"], (row(option) for option in options)))
    return "\n".join(parts)


def prose(text: str) -> str:
    """A help text: paragraphs, and those that keep their lines as code."""
    parts: list[str] = []
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if not paragraph.startswith("\b"):
            parts.append(" ".join(paragraph.split()) + "\n")
            continue
        title, *lines = paragraph.lstrip("\b\n").splitlines()
        parts.append(f"{title}\n\n{fence('bash', inspect.cleandoc(chr(10).join(['', *lines])))}")
    return "\n".join(parts)


def row(option: click.Option) -> list[str]:
    """One option."""
    words = ", ".join(code(word) for word in [*option.opts, *option.secondary_opts])
    if not option.is_flag and not option.count:
        values = option.type.choices if isinstance(option.type, click.Choice) else None
        words += " " + (
            " or ".join(code(value) for value in values)
            if values
            else code(option.metavar or ("N" if isinstance(option.type, click.IntRange) else "TEXT"))
        )
    told = (
        option.default
        if isinstance(option.default, str | int | float) and not isinstance(option.default, bool)
        else None
    )
    default = "required" if option.required else "" if told in {None, ""} or option.count else code(told)
    return [words, option.help or "", default, code(option.envvar) if isinstance(option.envvar, str) else ""]


def environment() -> str:
    """The variables that the program reads, with what sets the same."""
    found: dict[str, str] = {}
    context = click.Context(group, info_name=NAME)
    for _, command in commands(group, context, NAME):
        for option in command.params:
            if isinstance(option.envvar, str):
                found.setdefault(option.envvar, f"as {code(option.opts[0])}")
    found[tokens.VARIABLE] = "the token, where no `--token-file` is given"
    found[configuration.VARIABLE] = "where the file of panels is"
    found["NO_COLOR"] = "no colours, whatever its value"
    return "## The environment\n\n" + table(
        ["variable", "meaning"], ([code(name), text] for name, text in sorted(found.items()))
    )
