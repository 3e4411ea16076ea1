"""The command line, `profile-export`: a face of the public client, and nothing more."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from profile_export._version import __version__

NAME = "profile-export"
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and gives its exit code.

    The program is loaded here and not above, so that Ctrl-C in its first moments is met by this function already.
    """
    try:
        if arguments is None and len(sys.argv) == 2 and _told(sys.argv[1]):
            return 0
        from profile_export.cli import app  # noqa: PLC0415
    except KeyboardInterrupt:
        return INTERRUPTED
    return app.main(arguments)


def _told(word: str) -> bool:
    """Says the version or the overview without loading the program, which takes longer; what fails is left to it."""
    try:
        match word:
            case "--version":
                sys.stdout.write(f"{NAME} {__version__}\n")
            case "--help" | "-h":
                from profile_export.cli.overview import text  # noqa: PLC0415

                # Not by click, which ends the process where nobody reads it.
                sys.stdout.write(f"{text()}\n")
            case _:
                return False
        sys.stdout.flush()
    except (AttributeError, OSError, ValueError):
        return False
    return True
