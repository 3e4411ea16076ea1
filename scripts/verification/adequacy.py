"""The gate against blind verifications: which rules were observed where, and what could not be seen at all.

A run with a wrong token, or on a panel that refuses everything, breaks hardly a rule: most requests of the plan have to
be refused. Nobody may call that a kept contract.
"""

from __future__ import annotations

from collections.abc import Iterator

from scripts.verification.ledger import Cell, Ledger
from scripts.verification.plan import Aims
from scripts.verification.rules import RULES, Rule
from scripts.verification.values import Operation


def missing(ledger: Ledger, aims: Aims) -> list[str]:
    """What had to be observed, and was not: without it nobody can say that the contract is kept."""
    return [
        f"{rule.name} of {cell.operation}" + (f" in {cell.format}" if cell.format else "")
        for rule in RULES.values()
        if rule.reach != "when there is data" and not _is_pointless(rule, aims)
        for cell in _needed(rule, aims)
        if not _observed(ledger, cell)
    ]


def unseen(ledger: Ledger, aims: Aims) -> list[str]:
    """Rules that this panel's data gave no occasion to observe: no gap, but worth knowing."""
    return [
        rule.text
        for rule in RULES.values()
        if (rule.reach == "when there is data" or _is_pointless(rule, aims))
        and not any(cell.rule == rule.name for cell in [*ledger.passed, *ledger.failed])
        and rule.name != "generated_requests_find_nothing"
    ]


def _is_pointless(rule: Rule, aims: Aims) -> bool:
    return rule.name == "json_and_xml_tell_the_same" and len(aims.formats) < 2


def _needed(rule: Rule, aims: Aims) -> Iterator[Cell]:
    for operation in rule.operations:
        formats = aims.formats if rule.reach == "each format" and operation != "download" else (None,)
        for fmt in formats:
            if not _is_unreachable(rule, operation, aims):
                yield Cell(rule.name, operation, fmt)


def _is_unreachable(rule: Rule, operation: Operation, aims: Aims) -> bool:
    """What no request of the plan can show: a download may be refused without an envelope, and XML knows text only."""
    if operation == "download":
        return rule.name == "refusals_are_envelopes"
    return rule.name == "mistyped_input_is_refused" and operation == "status" and "json" not in aims.formats


def _observed(ledger: Ledger, cell: Cell) -> bool:
    if cell.format is not None:
        return ledger.observed(cell)
    return any(ledger.observed(Cell(cell.rule, cell.operation, fmt)) for fmt in (None, "json", "xml"))
