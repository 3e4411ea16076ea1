"""What a run found, as a table for the terminal, as Markdown, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

MARK = "<!-- Written by `scripts/bench --write-docs`. Edit that, not this. -->"


@attrs.frozen
class Goal:
    """A number that shall not be larger than `limit`."""

    text: str
    value: float
    limit: float

    @property
    def reached(self) -> bool:
        """Whether it isn't."""
        return self.value <= self.limit

    def __str__(self) -> str:
        return f"{self.text}: {self.value:.3g}, goal {self.limit:.3g}: {'reached' if self.reached else 'MISSED'}"


@attrs.frozen
class Table:
    """One measurement."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()


@attrs.frozen
class Part:
    """All that one part found."""

    name: str
    heading: str
    about: str
    tables: Sequence[Table]
    goals: Sequence[Goal] = ()
    picture: str = ""
    """File of a picture, beside the page."""


def text(part: Part) -> str:
    """For the terminal."""
    lines = [f"== {part.heading}", ""]
    for table in part.tables:
        cells = [list(table.columns), *[list(row) for row in table.rows]]
        widths = [max(len(row[place]) for row in cells) for place in range(len(table.columns))]
        lines.append(table.title)
        lines += ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
        lines += [f"  {note}" for note in table.notes]
        lines.append("")
    lines += [f"  {goal}" for goal in part.goals]
    return "\n".join(lines) + "\n"


def markdown(part: Part) -> str:
    """For the page."""
    lines = [f"## {part.heading}", "", part.about, ""]
    if part.picture:
        lines += [f"![{part.heading}]({part.picture})", ""]
    for table in part.tables:
        lines += [f"**{table.title}**", "", "| " + " | ".join(table.columns) + " |", "|" + "---|" * len(table.columns)]
        lines += ["| " + " | ".join(row) + " |" for row in table.rows]
        lines.append("")
        lines += [f"{note}\n" for note in table.notes]
    lines += [f"- {goal}" for goal in part.goals]
    return "\n".join(lines).rstrip() + "\n"


def page(parts: Sequence[Part], machine: dict[str, Any], command: str) -> str:
    """The performance page."""
    facts = "\n".join(f"- {name}: {value}" for name, value in machine.items())
    return "\n".join(
        [
            MARK,
            "",
            "# Performance",
            "",
            "Measured beside its peers, in turns on one machine. Repeat it with:",
            "",
            "<!-- not run: it measures for minutes -->",
            "```console",
            f"$ {command}",
            "```",
            "",
            "Numbers are medians, with the smallest and the largest in brackets. Ratios are taken round by round, so",
            "that both sides had the same neighbours. Nothing here is a test: other machines give other numbers.",
            "",
            facts,
            "",
            *[markdown(part) for part in parts],
        ]
    )


def write(parts: Sequence[Part], machine: dict[str, Any], folder: Path, command: str) -> None:
    """Writes results.json and results.md."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {"command": command, "machine": machine, "parts": [attrs.asdict(part) for part in parts]}
    (folder / "results.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    (folder / "results.md").write_text(page(parts, machine, command), encoding="utf-8")
