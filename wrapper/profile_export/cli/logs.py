"""The package's log, on stderr where it is asked for. Nobody else's log is ever turned on: httpx's shows whole URLs."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from profile_export.cli.console import Console

LOGGER: Final = logging.getLogger("profile_export")


class _ToConsole(logging.Handler):
    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        """Line by line: the console writes control characters, a line's end among them, as escapes."""
        for line in self.format(record).splitlines():
            self._console.write(line)


@contextmanager
def logging_to(console: Console) -> Generator[None]:
    """Within, the log goes to stderr, or nowhere."""
    handler: logging.Handler = _ToConsole(console) if console.verbose else logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    level = LOGGER.level
    LOGGER.addHandler(handler)
    if console.verbose:
        LOGGER.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(level)
