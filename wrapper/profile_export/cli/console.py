"""What the program writes: the result to stdout, all else to stderr, and nothing that a terminal would obey."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Sequence
from typing import IO, Any, Final

import attrs
import click

from profile_export import DownloadError
from profile_export.cli import NAME

MASK: Final = "***"
# Shorter texts occur in innocent words; the client has masked what the panel said long before.
SHORTEST_MASKED: Final = 8


class ReaderGone(Exception):
    """Whoever read stdout has closed it. Nobody is left to tell."""


@attrs.define
class Console:
    """The two streams, and how much is said on them.

    Attributes:
        json: The result, and an error too, is one JSON document.
        quiet: Only errors go to stderr.
        verbose: The log and tracebacks go to stderr.
        secret: The token, once known, so that no message can show it.
        result_to_stderr: stdout holds a file.
        answered: stdout holds a document, or a part of one, and takes no other.
    """

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    secret: str = attrs.field(default="", repr=False)
    result_to_stderr: bool = False
    answered: bool = False

    @property
    def draws_bars(self) -> bool:
        """Whether there is somebody who sees bars move; log lines would tear them."""
        silent = self.quiet or self.json or self.verbose
        return not silent and is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"

    def say(self, text: str) -> None:
        """One line about what happens."""
        if not self.quiet:
            self.write(text)

    def warn(self, text: str) -> None:
        """One line about what should be looked at."""
        if not self.quiet:
            self.write(text, lead="warning: ", colour="yellow")

    def fail(self, message: str, hints: Sequence[str]) -> None:
        """One line about what went wrong, and one for each way out."""
        self.write(message, lead=f"{NAME}: ", colour="red")
        for hint in hints:
            self.write(hint, lead="hint: ", colour="cyan")

    def write(self, text: str, *, lead: str = "", colour: str | None = None) -> None:
        """One line to stderr. A reader who has gone away is no reason to stop an export."""
        colours = _takes_colours(sys.stderr)
        styled = click.style(lead, fg=colour) if colours and lead else lead
        with contextlib.suppress(OSError):
            click.echo(styled + printable(self.masked(text)), err=True, color=colours)

    def masked(self, text: str) -> str:
        """`text` without the token."""
        return text.replace(self.secret, MASK) if len(self.secret) >= SHORTEST_MASKED else text

    def result(self, text: str) -> None:
        """The result for people, as it is: its writer has made its parts printable.

        Raises:
            ReaderGone: Nobody reads it.
            DownloadError: It can't be written.
        """
        if self.result_to_stderr:
            for line in text.splitlines():
                self.say(line)
            return
        try:
            click.echo(text)
        except BrokenPipeError:
            raise ReaderGone from None
        except OSError as error:
            raise unwritten(error) from None

    def document(self, document: dict[str, Any]) -> None:
        """The result for machines. ASCII only, so every terminal and every encoding can take it."""
        self.answered = True
        self.result(json.dumps(document, indent=2))


def unwritten(error: OSError) -> DownloadError:
    """What is told where stdout takes nothing."""
    return DownloadError(f"can't write the result to stdout: {error.strerror}")


def printable(text: str) -> str:
    """`text` with everything that could steer a terminal, or hide, written as an escape."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def is_terminal(stream: IO[str] | None) -> bool:
    """Whether a person sees what is written to `stream`."""
    return stream is not None and stream.isatty()


def _takes_colours(stream: IO[str] | None) -> bool:
    # https://no-color.org: any value but the empty one means no.
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: frozenset[int]) -> str:
    """Columns as wide as they must be; those in `numbers` are aligned to the right."""
    cells = [[printable(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = (
        "  ".join(
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    )
    return "\n".join(line.rstrip() for line in lines)
