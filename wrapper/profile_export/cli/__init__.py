"""The command line, `profile-export`: a face of the public client, and nothing more."""

from __future__ import annotations

from profile_export.cli.app import main

__all__ = ["main"]
