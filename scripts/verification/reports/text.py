"""The outcome for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from scripts.verification.verdict import Outcome

LISTED: Final = 8
"""Of what was not observed; a run that was cut short has some hundred of them."""


def render(outcome: Outcome, elsewhere: str) -> Iterator[str]:
    """The verdict, and what it rests on; `elsewhere` says where to find what is too long for a terminal."""
    for one in outcome.ledger.findings:
        where = f"{one.operation}, {one.format}" if one.format else one.operation
        yield f"BROKEN {one.rule.name} ({where}): {one.rule.text}"
        yield f"    while asking for: {one.exchange.what}"
        yield f"    {one.message}"
        yield f"    Source: {one.source}"
    if outcome.missing and outcome.word != "kept":
        more = len(outcome.missing) - LISTED
        yield (
            "Not observed: " + "; ".join(outcome.missing[:LISTED]) + (f"; {more} more: {elsewhere}" if more > 0 else "")
        )
    for text in outcome.unseen:
        yield f"No occasion to see: {text}"
    if outcome.word != "usage":
        yield _counts(outcome)
    if outcome.ledger.findings:
        yield f"The requests, the answers, and how to repeat them: {elsewhere}"
    yield f"{outcome.sentence} {outcome.reason}".strip()


def _counts(outcome: Outcome) -> str:
    checks = sum(outcome.ledger.passed.values()) + sum(outcome.ledger.failed.values())
    return (
        f"{checks} checks, {outcome.requests[0]} of {outcome.requests[1]} requests, {outcome.exports[0]} of "
        f"{outcome.exports[1]} exports, {outcome.seconds:.1f} s"
    )
