"""The outcome for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.verification.verdict import Outcome


def render(outcome: Outcome) -> Iterator[str]:
    """The verdict, and what it rests on."""
    for one in outcome.ledger.findings:
        where = f"{one.operation}, {one.format}" if one.format else one.operation
        yield f"BROKEN {one.rule.name} ({where}): {one.rule.text}"
        yield f"    {one.message}"
        yield f"    Source: {one.source}"
    if outcome.missing and outcome.word != "kept":
        yield "Not observed: " + "; ".join(outcome.missing[:8]) + (" ..." if len(outcome.missing) > 8 else "")
    for text in outcome.unseen:
        yield f"No occasion to see: {text}"
    checks = sum(outcome.ledger.passed.values()) + sum(outcome.ledger.failed.values())
    yield (
        f"{checks} checks, {outcome.requests[0]} of {outcome.requests[1]} requests, {outcome.exports[0]} of "
        f"{outcome.exports[1]} exports, {outcome.seconds:.1f} s"
    )
    yield f"{outcome.sentence} {outcome.reason}".strip()
