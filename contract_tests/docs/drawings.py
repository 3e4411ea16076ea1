"""Draws the floors of the house from what the test of the floors knows: `python -m contract_tests.docs.drawings`."""

from __future__ import annotations

import textwrap
from typing import Final

from contract_tests.docs.code import ROOT
from contract_tests.workflow.test_floors import FACES, FLOORS

DRAWING: Final = ROOT / "docs" / "explanation" / "architecture.svg"
REMEDY: Final = "run: .venv/bin/python -m contract_tests.docs.drawings"
# What each floor is, in a line, and the colour of its box. All on white, so that dark pages show it as well.
KINDS: Final = {
    6: ("faces: what people import, run and test with", "#ddf4ff"),
    5: ("the two clients: check arguments, start a flow", "#ddf4ff"),
    4: ("drivers: perform effects, blocking or awaiting", "#fff8c5"),
    3: ("deeds: the network with the token, files, time", "#ffebe9"),
    2: ("flows: generators of effects, without input or output", "#dafbe1"),
    1: ("decisions: pure functions", "#dafbe1"),
    0: ("values: effects, types, errors, events", "#f6f8fa"),
}
WIDTH, LETTERS = 760, 90


def drawn() -> str:
    """The drawing: a box for each floor, the highest first, and the arrow that all imports follow."""
    parts: list[str] = []
    top = 16
    for floor in sorted(KINDS, reverse=True):
        names = {name for name, where in FLOORS.items() if where == floor}
        if floor == max(KINDS):
            names |= {f"{name}/" for name in FACES}
        lines = textwrap.wrap("  ".join(sorted(names)), LETTERS, break_long_words=False, break_on_hyphens=False)
        told, fill = KINDS[floor]
        height = 34 + 17 * len(lines)
        parts.append(
            f'<rect x="64" y="{top}" width="{WIDTH - 80}" height="{height}" rx="6" fill="{fill}" stroke="#57606a"/>'
        )
        parts.append(f'<text x="40" y="{top + height / 2 + 6:g}" font-size="18" text-anchor="end">{floor}</text>')
        parts.append(f'<text x="76" y="{top + 20}" font-weight="bold">{told}</text>')
        for number, line in enumerate(lines):
            parts.append(
                f'<text x="76" y="{top + 40 + 17 * number}" font-family="monospace" font-size="12">{line}</text>'
            )
        top += height + 8
    height = top + 8
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" font-family="sans-serif" '
        'font-size="13" fill="#24292f">'
    )
    title = "<title>The floors of the package: a module imports from its own floor and from lower ones</title>"
    ground = f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>'
    arrow = (
        f'<path d="M52 20 V{top - 16} M47 {top - 26} L52 {top - 16} L57 {top - 26}" fill="none" stroke="#24292f" '
        'stroke-width="1.5"/>'
    )
    return "\n".join([head, title, ground, *parts, arrow, "</svg>", ""])


if __name__ == "__main__":
    DRAWING.write_text(drawn(), encoding="utf-8")
