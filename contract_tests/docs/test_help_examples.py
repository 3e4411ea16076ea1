"""The examples in the help of every command can be typed: each of their words and options is understood.

The page docs/reference/command-line.md repeats them.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from scripts.reference.commands import commands, program

EXAMPLE = re.compile(r"profile-export ((?:[a-z]+ )[^\n|)>]*)")


def examples() -> list[str]:
    root = program()
    helps = [context.command.help or "" for context in (root, *commands(root))]
    return [line for text in helps if "Example" in text for line in EXAMPLE.findall(text.partition("Example")[2])]


@pytest.mark.parametrize("example", examples())
def test_an_example_is_understood(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    context, words = program(), shlex.split(example)
    while isinstance(context.command, click.Group):
        name, *words = words
        found = context.command.get_command(context, name)
        assert found is not None, name
        is_group = isinstance(found, click.Group)
        context = click.Context(found, context, name) if is_group else found.make_context(name, words, context)
    assert context.params is not None
    assert context.args == []


def test_there_are_examples() -> None:
    assert len(examples()) >= 30
