"""The edits and reports of docs/how-to/regenerate.md, so that the page and the rehearsals can't drift apart."""

from __future__ import annotations

import re
from pathlib import Path

import attrs

from scripts.verification.contract import ROOT

PAGE = ROOT / "docs" / "how-to" / "regenerate.md"
BLOCK = re.compile(r"^```(\S+) (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@attrs.frozen
class Change:
    """One section of the page: what is edited in which file, and the part of the report that it shows."""

    contract: list[tuple[str, str]]
    wrapper: dict[str, list[tuple[str, str]]]
    report: str


def change(title: str) -> Change:
    """The section under a heading."""
    section = PAGE.read_text(encoding="utf-8").split(f"### {title}\n")[1].split("\n### ")[0]
    blocks = [(language, name, text) for language, name, text in BLOCK.findall(section)]
    edits = {name: hunks(text) for language, name, text in blocks if language == "diff"}
    [report] = [text for language, _, text in blocks if language == "text"]
    return Change(edits.pop("openapi.yaml"), edits, report)


def hunks(text: str) -> list[tuple[str, str]]:
    """What is replaced by what, in the pieces of a diff."""
    pieces = [piece.splitlines() for piece in re.split(r"^@@\n", text, flags=re.MULTILINE)]
    return [(_side(lines, " -"), _side(lines, " +")) for lines in pieces]


def _side(lines: list[str], kept: str) -> str:
    return "".join(f"{line[1:]}\n" for line in lines if line[:1] in kept)


def apply(edits: list[tuple[str, str]], file: Path) -> None:
    """Makes the edits, everywhere where they fit; one that fits nowhere means that the page is stale."""
    text = file.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, f"{file.name} has no such lines:\n{old}"
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
