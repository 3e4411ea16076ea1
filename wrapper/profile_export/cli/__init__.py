"""The command line, `profile-export`: a face of the public client, and nothing more."""

from __future__ import annotations

from collections.abc import Sequence

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and gives its exit code.

    The program is loaded here and not above, so that Ctrl-C in its first moments is met by this function already.
    """
    try:
        from profile_export.cli import app  # noqa: PLC0415
    except KeyboardInterrupt:
        return INTERRUPTED
    return app.main(arguments)
