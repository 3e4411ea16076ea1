"""The page about exit codes: which errors share one, from the classes of errors."""

from __future__ import annotations

import re

from profile_export import errors
from profile_export.cli.invocation import INTERRUPTED
from profile_export.cli.overview import group
from profile_export.errors import ExportError
from scripts.reference.markdown import code, table

INTRO = """# Exit codes

Written by `scripts/docs --write` from the program. `--json` tells the slug of [the error](errors.md), too; `bug` and
`interrupted` are slugs of the program alone.

"""
# No classes of errors: what the program itself makes of an error that nobody foresaw, and of a signal.
OF_THE_PROGRAM = {1: "bug", 129: INTERRUPTED, 130: INTERRUPTED, 143: INTERRUPTED}
# Two columns of the help, and its line about what comes from outside.
IN_HELP = re.compile(r"(?<!\S)(\d+) +(\S.*?)(?=,? {2,}\d| *$|, \d)", re.MULTILINE)


def page() -> str:
    """The whole page."""
    slugs = {number: [code(slug)] for number, slug in OF_THE_PROGRAM.items()}
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, ExportError):
            slugs.setdefault(kind.exit_code, []).append(f"[{kind.slug}](errors.md#{kind.slug})")
    rows = [[code(number), text, ", ".join(slugs.get(number, []))] for number, text in sorted(meanings().items())]
    return INTRO + table(["exit", "meaning", "errors"], rows)


def meanings() -> dict[int, str]:
    """What each code means, in the words of the program's own help."""
    return {int(number): words for number, words in IN_HELP.findall((group.help or "").split("Exit codes:")[1])}
