"""Writes a comparison down: text for people, JSON for programs, Markdown for pull requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import attrs

from scripts.spec_diff.findings import Change, Direction, Step, step

FORMAT_VERSION = 1
SIGNS = {"added": "+", "removed": "-", "changed": "~"}
TITLES: Mapping[Direction, str] = {
    "request": "request: what callers send",
    "answer": "answer: what callers get",
    "operation": "the operation itself",
    "python": "names that programs import",
}
MEANING: Mapping[Step, str] = {
    "none": "nothing has changed",
    "patch": "only words or examples differ, so a patch release tells it",
    "minor": "nothing breaks, so a minor release adds it",
    "major": "callers break, so a major release is due",
}


@attrs.frozen
class Report:
    """All changes between two contracts; `differs` tells whether the documents are different at all."""

    base: str
    head: str
    changes: list[Change]
    differs: bool

    @property
    def breaks(self) -> bool:
        """Whether any change breaks callers."""
        return any(change.breaks for change in self.changes)

    @property
    def step(self) -> Step:
        """The part of the package's version that has to grow."""
        return step(self.changes, differs=self.differs)

    @property
    def verdict(self) -> str:
        """The end of the report, in one line."""
        breaking = sum(change.breaks for change in self.changes)
        counted = f"{len(self.changes)} change{'' if len(self.changes) == 1 else 's'}, {breaking} breaking. "
        return f"{counted if self.changes else ''}Version: {self.step} ({MEANING[self.step]})."

    def groups(self) -> list[tuple[str, list[tuple[Direction, list[Change]]]]]:
        """The changes by operation, then by direction."""
        by_operation: dict[str, dict[Direction, list[Change]]] = {}
        for change in self.changes:
            by_operation.setdefault(change.operation, {}).setdefault(change.direction, []).append(change)
        return [
            (operation, [(direction, found[direction]) for direction in TITLES if direction in found])
            for operation, found in by_operation.items()
        ]


def text(report: Report) -> str:
    """For people; what breaks is marked, and readable without colours."""
    lines = [f"openapi.yaml: {report.base} -> {report.head}"]
    for operation, directions in report.groups():
        lines += ["", operation]
        for direction, changes in directions:
            lines.append(f"  {TITLES[direction]}")
            lines += [
                f"    {'BREAKS' if one.breaks else '      '} {SIGNS[one.kind]} {_sentence(one)}" for one in changes
            ]
    return "\n".join([*lines, "", report.verdict, ""])


def _sentence(change: Change) -> str:
    place = f"{change.where}: " if change.where else ""
    return f"{place}{change.text}{_media(change)}"


def _media(change: Change) -> str:
    # What holds for all formats needs no mention; a single one does.
    return f" ({change.media[0]} only)" if len(change.media) == 1 else ""


def markdown(report: Report) -> str:
    """For a pull request: the verdict first, then a table for each operation."""
    lines = [f"**{report.verdict}**", "", f"Compared: `{report.base}` with `{report.head}`."]
    for operation, directions in report.groups():
        lines += ["", f"### {_cell(operation)}", "", "| | direction | where | what |", "|---|---|---|---|"]
        for direction, changes in directions:
            lines += [
                f"| {'**breaks**' if one.breaks else one.kind} | {direction} | {_cell(one.where)} "
                f"| {_cell(one.text + _media(one))} |"
                for one in changes
            ]
    return "\n".join([*lines, ""])


def _cell(words: str) -> str:
    """Text that can't break out of its cell, or be taken for markup."""
    escaped = (
        words.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")
    )
    return " ".join(escaped.split())


def as_json(report: Report) -> str:
    """For programs; `format` grows when members change their meaning."""
    document = {
        "format": FORMAT_VERSION,
        "base": report.base,
        "head": report.head,
        "breaks": report.breaks,
        "version": report.step,
        "changes": [{**attrs.asdict(change), "media": list(change.media)} for change in report.changes],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


WRITERS: Mapping[str, Callable[[Report], str]] = {"text": text, "json": as_json, "markdown": markdown}
