"""Where the token comes from: the environment, a file, or stdin; never an argument, which everybody can read.

No message here repeats what was read.
"""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import IO, Any, Final

import click

from profile_export import UsageError
from profile_export.cli.console import is_terminal

VARIABLE: Final = "PROFILE_EXPORT_TOKEN"
STDIN: Final = "-"
# Far more than any token has: somebody named the wrong file.
LONGEST: Final = 65_536
ALONE: Final = "it must hold the token and nothing else"
HOW: Final = f"set {VARIABLE}, or pass --token-file FILE (- is stdin)"


def read_token(token_file: str | None) -> str:
    """The token; the file, where one is named, else the environment.

    Raises:
        UsageError: There is none, or none that can be used.
    """
    if token_file is not None:
        return checked(_from_file(token_file), "stdin" if token_file == STDIN else f"the token file {token_file}")
    if VARIABLE not in os.environ:
        raise UsageError("there is no token", hints=(HOW,))
    return checked(os.environ[VARIABLE], VARIABLE)


def _from_file(name: str) -> str:
    try:
        if name == STDIN:
            return _from_stdin()
        with Path(name).open("rb") as file:
            return _decoded(file, f"the token file {name}")
    except OSError as error:
        raise UsageError(f"can't read the token file {name}: {error.strerror}", hints=(HOW,)) from None


def _from_stdin() -> str:
    if is_terminal(sys.stdin):
        try:
            return getpass.getpass("Token (not shown): ")
        except EOFError:
            return ""
    if sys.stdin is None:
        raise UsageError("stdin is closed: there is no token", hints=(HOW,))
    return _decoded(sys.stdin.buffer, "stdin")


def _decoded(file: IO[bytes], where: str) -> str:
    content = file.read(LONGEST + 1)
    if len(content) > LONGEST:
        raise UsageError(f"{where} is too long to hold just a token")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise UsageError(f"{where} holds no text in UTF-8") from None
    return text.removesuffix("\n").removesuffix("\r")


def checked(token: str, where: str) -> str:
    """The token itself.

    Raises:
        UsageError: It can't be one.
    """
    if not token:
        raise UsageError(f"{where} is empty: there is no token", hints=(HOW if where == VARIABLE else ALONE,))
    if len(token.splitlines()) > 1:
        raise UsageError(f"{where} holds more than one line", hints=(ALONE,))
    if token != token.strip() or not token.isprintable():
        raise UsageError(
            f"the token in {where} has blanks around it, or characters that can't be printed",
            hints=("perhaps they came along when it was copied",),
        )
    return token


def refuse_argument(_context: click.Context, _parameter: click.Parameter, value: Any) -> None:
    """The callback of `--token`, an option that exists only to say why there is none."""
    if value is not None:
        raise UsageError(
            "the token is not taken from the command line, where every user of this machine can read it",
            hints=(HOW, "if that was a true token, replace it: it may be in your shell's history now"),
        )
