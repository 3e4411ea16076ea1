"""The verdict for programs."""

from __future__ import annotations

import json
from typing import Any

from scripts.verification.ledger import Cell, Finding
from scripts.verification.reports import redacted
from scripts.verification.rules import RULES
from scripts.verification.verdict import Outcome


def render(outcome: Outcome, *, indent: int | None = 2) -> str:
    """One JSON document, always of the same shape."""
    document = {
        "version": 1,
        "verdict": outcome.word,
        "exit_code": outcome.exit_code,
        "reason": outcome.reason,
        "panel": outcome.panel,
        "sources": outcome.sources,
        "formats": outcome.formats,
        "auth": outcome.auth,
        "started": outcome.started.isoformat(timespec="seconds"),
        "seconds": round(outcome.seconds, 3),
        "requests": dict(zip(("sent", "budget"), outcome.requests, strict=True)),
        "exports": dict(zip(("made", "budget"), outcome.exports, strict=True)),
        "findings": [_finding(one, outcome.panel) for one in outcome.ledger.findings],
        "not_observed": outcome.missing,
        "no_occasion": outcome.unseen,
        "rules": [_rule(name, outcome) for name in RULES],
    }
    return json.dumps(document, indent=indent, ensure_ascii=False) + "\n"


def _finding(one: Finding, panel: str) -> dict[str, Any]:
    return {
        "rule": one.rule.name,
        "text": one.rule.text,
        "source": one.source,
        "operation": one.operation,
        "format": one.format,
        "message": one.message,
        "what": one.exchange.what,
        "request": redacted.request(one.exchange),
        "answer": redacted.answer(one.exchange),
        "repeat": redacted.repeat(one.exchange, panel),
    }


def _rule(name: str, outcome: Outcome) -> dict[str, Any]:
    ledger = outcome.ledger
    cells = {cell for cell in [*ledger.passed, *ledger.failed] if cell.rule == name}
    return {
        "rule": name,
        "text": RULES[name].text,
        "source": RULES[name].source,
        "observed": [
            _cell(cell, outcome) for cell in sorted(cells, key=lambda cell: (cell.operation, str(cell.format)))
        ],
    }


def _cell(cell: Cell, outcome: Outcome) -> dict[str, Any]:
    passed, failed = outcome.ledger.passed[cell], outcome.ledger.failed[cell]
    return {"operation": cell.operation, "format": cell.format, "passed": passed, "failed": failed}
