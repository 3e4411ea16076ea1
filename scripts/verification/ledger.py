"""What was observed of which rule, and what was found: every observation is counted, whichever way it went."""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple

from attrs import define, field, frozen

from scripts.verification.rules import RULES, Rule
from scripts.verification.values import Exchange, Format, Operation

SHOWN: Final = 3
"""Findings of one rule, operation and format that are kept whole; more would tell nothing new."""


class Cell(NamedTuple):
    """One place of the table of all that can be observed."""

    rule: str
    operation: Operation
    format: Format | None


@frozen
class Finding:
    """A rule that doesn't hold, and the exchange that shows it."""

    rule: Rule
    operation: Operation
    format: Format | None
    message: str
    source: str
    exchange: Exchange


@define
class Ledger:
    """The notes of one verification."""

    passed: Counter[Cell] = field(factory=Counter)
    failed: Counter[Cell] = field(factory=Counter)
    findings: list[Finding] = field(factory=list)
    exchanges: list[Exchange] = field(factory=list)

    def note(
        self,
        name: str,
        exchange: Exchange,
        holds: bool,  # noqa: FBT001 - it reads as a sentence: note that the rule holds
        message: str,
        *,
        source: str = "",
    ) -> bool:
        """Counts an observation; where the rule doesn't hold, a finding. Says whether it holds."""
        rule = RULES[name]
        cell = Cell(name, exchange.operation, exchange.format)
        (self.passed if holds else self.failed)[cell] += 1
        if not holds and self.failed[cell] <= SHOWN:
            shown = Finding(rule, cell.operation, cell.format, message, source or rule.source, exchange)
            self.findings.append(shown)
        return holds

    def observed(self, cell: Cell) -> bool:
        """Whether a place of the table was looked at."""
        return bool(self.passed[cell] + self.failed[cell])
