"""`--to -`: the file goes to stdout, and nothing else does."""

from __future__ import annotations

import sys
from typing import Any, BinaryIO, Final, cast

from profile_export import UsageError
from profile_export.cli.console import ReaderGone
from profile_export.cli.invocation import Invocation

STDOUT: Final = "-"


def place(invocation: Invocation, to: str, exports: int = 1) -> str | BinaryIO:
    """What `--to` means to the client, for so many exports.

    Raises:
        UsageError: stdout can't be had.
    """
    if to != STDOUT:
        return to
    if exports != 1:
        raise UsageError("--to - takes one SOURCE, whose file goes to stdout", hints=("pass a folder",))
    if invocation.console.json:
        raise UsageError("--json writes to stdout, where --to - puts the file", hints=("leave one of them out",))
    invocation.console.result_to_stderr = True
    return cast("BinaryIO", _Stdout(sys.stdout.buffer))


class _Stdout:
    """The bytes of stdout; a reader who has gone is told as everywhere in this program."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, content: Any) -> int:
        """Writes all of it."""
        try:
            return self._stream.write(content)
        except BrokenPipeError:
            raise ReaderGone from None

    def flush(self) -> None:
        """Hands it to the reader."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            raise ReaderGone from None
