"""The page about the configuration file: its keys, as the program reads them, and the options that write them."""

from __future__ import annotations

import click

from profile_export.cli import configuration
from profile_export.cli.config import set_
from scripts.reference.markdown import code, table

KINDS = {str: "text", int: "whole number", bool: "true or false"}
INTRO = """# The configuration file

Written by `scripts/docs --write` from what the program reads. [How to configure panels](../how-to/configure.md) shows
the file in use, and says where it is and what goes before it.

At the top stands `default`, the name of the panel that commands without `--panel` use. Every panel has a table
`[panels.NAME]`; names have letters, digits, `-` and `_`, 64 at most.

"""
IN_CLEAR = "The token itself, in clear: taken only from a file that nobody else can read, and with a warning."


def page() -> str:
    """The whole page."""
    options = {option.name: option for option in set_.params if isinstance(option, click.Option) and not option.hidden}
    return INTRO + "\n".join(
        [
            "## A panel\n",
            table(["key", "value", "meaning", "written by"], [row(key, options) for key in configuration.SETTINGS]),
            "`base_url` is required; the others have the defaults of the [command line](command-line.md).\n",
            "## Its token\n",
            "One of these at most:\n",
            table(["key", "value", "meaning", "written by"], [row(key, options) for key in configuration.REFERENCES]),
            "`token_file` and `ca_file` are seen from the folder of the configuration file.\n",
        ]
    )


def row(key: str, options: dict[str, click.Option]) -> list[str]:
    """One key."""
    kind = {**configuration.SETTINGS, **configuration.REFERENCES}[key]
    choices = configuration.CHOICES.get(key)
    value = " or ".join(code(f'"{word}"') for word in choices) if choices else KINDS[kind]
    option = options.get(key)
    if option is None:
        return [code(key), value, IN_CLEAR, "hand"]
    return [code(key), value, option.help or "", code(f"config set NAME {option.opts[0]}")]
