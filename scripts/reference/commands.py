"""The page about the command line: every command, argument and option, as click knows them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from profile_export.cli import NAME, configuration, tokens
from profile_export.cli.overview import group
from scripts.reference import documents
from scripts.reference.markdown import code, fence, table

INTRO = """# The command line

Written by `scripts/docs --write` from the commands themselves; `profile-export COMMAND --help` says the same.
Exit codes have [a page of their own](exit-codes.md), and so has [the file of panels](configuration.md).
[What `--json` writes](#what---json-writes) stands at the end.

"""


def page() -> str:
    """The whole page."""
    return INTRO + "\n".join(
        [*(described(context) for context in commands(program())), environment(), documents.section()]
    )


def program() -> click.Context:
    """The program's own context: click keeps in a command the names of its help that the first context has."""
    return click.Context(group, info_name=NAME, **group.context_settings)


def commands(of: click.Context) -> Iterator[click.Context]:
    """Every command below, in its context; groups before what is in them."""
    assert isinstance(of.command, click.Group)
    for name in of.command.list_commands(of):
        command = of.command.get_command(of, name)
        if command is None or command.hidden:
            continue
        context = click.Context(command, of, name)
        yield context
        if isinstance(command, click.Group):
            yield from commands(context)


def described(context: click.Context) -> str:
    """One command's section."""
    command, path = context.command, context.command_path
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
            else code(option.metavar or option.type.name.upper().removesuffix(" RANGE"))
        )
    return [words, option.help or "", default(option), code(option.envvar) if isinstance(option.envvar, str) else ""]


def default(option: click.Option) -> str:
    """What counts where the option isn't given."""
    if option.required:
        return "required"
    if option.is_flag and option.secondary_opts:
        return code(option.opts[0] if option.default else option.secondary_opts[0])
    told = option.default
    if option.is_flag or option.count or not isinstance(told, str | int | float) or told == "":
        return ""
    return code(told)


def environment() -> str:
    """The variables that the program reads, with what sets the same."""
    found: dict[str, str] = {}
    for context in commands(program()):
        for option in context.command.params:
            if isinstance(option.envvar, str):
                found.setdefault(option.envvar, f"as {code(option.opts[0])}")
    found[tokens.VARIABLE] = "the token, where no `--token-file` is given"
    found[configuration.VARIABLE] = "where the file of panels is"
    found["NO_COLOR"] = "no colours, where it isn't empty"
    return "## The environment\n\n" + table(
        ["variable", "meaning"], ([code(name), text] for name, text in sorted(found.items()))
    )
