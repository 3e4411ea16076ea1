"""`--to -`: the file goes to stdout, and nothing else does."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Generator
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
    if sys.stdout is None:
        raise UsageError("stdout is closed, where --to - puts the file", hints=("pass a folder",))
    invocation.console.result_to_stderr = True
    return cast("BinaryIO", _Stdout(sys.stdout.buffer))


class _Stdout:
    """The bytes of stdout; a reader who has gone is told as everywhere in this program."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, content: Any) -> int:
        """Writes what stdout takes, and gives how much that was."""
        with self._told():
            written = cast("int | None", self._stream.write(content))
            # Whoever writes sees this object instead of the raw file that PYTHONUNBUFFERED makes of stdout.
            if written is None and isinstance(self._stream, io.RawIOBase):
                # It doesn't block, and took nothing.
                raise BlockingIOError
        return len(content) if written is None else written

    def flush(self) -> None:
        """Hands it to the reader."""
        with self._told():
            self._stream.flush()

    @contextlib.contextmanager
    def _told(self) -> Generator[None]:
        try:
            yield
        except BrokenPipeError:
            raise ReaderGone from None
