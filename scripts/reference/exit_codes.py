"""The page about exit codes: which errors share one, from the classes of errors."""

from __future__ import annotations

from profile_export import errors
from profile_export.cli.app import READER_GONE, group
from profile_export.errors import ExportError
from scripts.reference.markdown import code, table

INTRO = """# Exit codes

Written by `scripts/docs --write` from the program. `--json` tells the slug of [the error](errors.md), too.

"""
MIXED = 10
BY_SIGNAL = {130: "Ctrl-C", 143: "terminated", READER_GONE: "nobody reads the output"}


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
    text = (group.help or "").split("Exit codes:")[1]
    found: dict[int, str] = dict(BY_SIGNAL)
    for line in text.splitlines():
        for column in (line.strip()[:35], line.strip()[35:]) if len(line.strip()) > 60 else (line.strip(),):
            number, _, words = column.strip().partition(" ")
            if number.isdigit() and int(number) <= MIXED:
                found[int(number)] = words.strip()
    return found
