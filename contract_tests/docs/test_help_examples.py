"""The examples in the help of every command can be typed: each of their words and options is understood.

The page docs/reference/command-line.md repeats them.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from profile_export.cli.overview import group as program

EXAMPLE = re.compile(r"profile-export ((?:[a-z]+ )[^\n|)>]*)")


def commands_of(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands_of(found)


def examples() -> list[str]:
    helps = [command.help or "" for command in commands_of(program)]
    return [line for text in helps if "Example" in text for line in EXAMPLE.findall(text.partition("Example")[2])]


@pytest.mark.parametrize("example", examples())
def test_an_example_is_understood(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    command: click.Command = program
    words, info = shlex.split(example), "profile-export"
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, words[0]
        command, info, words = found, words[0], words[1:]
    context = command.make_context(info, words)
    assert context.params is not None
    assert context.args == []


def test_there_are_examples() -> None:
    assert len(examples()) >= 30
