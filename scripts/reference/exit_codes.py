"""The page about exit codes: which errors share one, from the classes of errors."""

from __future__ import annotations

import re

from profile_export import errors
from profile_export.cli.overview import group
from profile_export.errors import ExportError
from scripts.reference.markdown import code, table

INTRO = """# Exit codes

Written by `scripts/docs --write` from the program. `--json` tells the slug of [the error](errors.md), too.

"""
# Two columns of the help, and its line about what comes from outside.
IN_HELP = re.compile(r"(?<!\S)(\d+) +(\S.*?)(?=,? {2,}\d| *$|, \d)", re.MULTILINE)


def page() -> str:
    """The whole page."""
    slugs: dict[int, list[str]] = {}
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, ExportError):
            slugs.setdefault(kind.exit_code, []).append(f"[{kind.slug}](errors.md#{kind.slug})")
    rows = [[code(number), text, ", ".join(slugs.get(number, []))] for number, text in sorted(meanings().items())]
    return INTRO + table(["exit", "meaning", "errors"], rows)


def meanings() -> dict[int, str]:
    """What each code means, in the words of the program's own help."""
    return {int(number): words for number, words in IN_HELP.findall((group.help or "").split("Exit codes:")[1])}
