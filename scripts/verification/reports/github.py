"""Findings as GitHub annotations: workflow commands, which the runner reads from the log."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.verification.verdict import Outcome


def render(outcome: Outcome) -> Iterator[str]:
    """One line for each finding, or for the reason why nothing can be said."""
    for one in outcome.ledger.findings:
        where = f"{one.operation}, {one.format}" if one.format else one.operation
        told = f"{one.rule.text}\nWhile asking for: {one.exchange.what}\n{one.message}\nSource: {one.source}"
        yield _command("error", f"{one.rule.name} ({where})", told)
    if outcome.word in ("unknown", "usage", "interrupted"):
        yield _command("warning", outcome.sentence, outcome.reason)


def _command(kind: str, title: str, message: str) -> str:
    return f"::{kind} title={_escaped(title, ',:')}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    for letter in "%\r\n" + more:
        text = text.replace(letter, f"%{ord(letter):02X}")
    return text
