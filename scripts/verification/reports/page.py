"""The report for people: one self-contained HTML page, without scripts, in light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Final

from scripts.verification.ledger import Cell, Finding
from scripts.verification.reports import redacted
from scripts.verification.rules import RULES, Rule
from scripts.verification.values import Exchange, Format, Operation
from scripts.verification.verdict import AUTH_WORDS, Outcome, Word

STYLE: Final = Path(__file__).with_name("page.css")
COLUMNS: Final[tuple[tuple[str, Operation, Format | None], ...]] = (
    ("create JSON", "create", "json"),
    ("create XML", "create", "xml"),
    ("status JSON", "status", "json"),
    ("status XML", "status", "xml"),
    ("download", "download", None),
)
_TONES: Final[dict[Word, str]] = {
    "kept": "good",
    "broken": "bad",
    "unknown": "odd",
    "usage": "odd",
    "interrupted": "odd",
}


def render(outcome: Outcome) -> str:
    """The whole page."""
    parts = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(outcome.sentence)} {escape(outcome.panel)}</title>",
        f"<style>{STYLE.read_text(encoding='utf-8')}</style></head><body><main>",
        _head(outcome),
        _findings(outcome),
        _gaps(outcome),
        _table(outcome),
        _timings(outcome),
        "</main></body></html>\n",
    )
    return "\n".join(part for part in parts if part)


def _head(outcome: Outcome) -> str:
    facts = {
        "Panel": outcome.panel,
        "Sources": ", ".join(outcome.sources),
        "Formats": ", ".join(outcome.formats),
        "Token": AUTH_WORDS.get(outcome.auth, ""),
        "Started": f"{outcome.started:%Y-%m-%d %H:%M:%S} UTC",
        "Took": f"{outcome.seconds:.1f} s",
        "Requests": f"{outcome.requests[0]} of at most {outcome.requests[1]}",
        "Exports": f"{outcome.exports[0]} of at most {outcome.exports[1]}",
    }
    listed = "".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in facts.items() if value)
    reason = f"<p>{escape(outcome.reason)}</p>" if outcome.reason else ""
    return (
        f'<header class="{_TONES[outcome.word]}"><p class="soft">profile export API, contract verification</p>'
        f"<h1>{escape(outcome.sentence)}</h1>{reason}</header><dl>{listed}</dl>"
    )


def _findings(outcome: Outcome) -> str:
    if not outcome.ledger.findings:
        return ""
    shown = "".join(_finding(number, one, outcome.panel) for number, one in enumerate(outcome.ledger.findings, 1))
    return f"<section><h2>Findings</h2>{shown}</section>"


def _finding(number: int, one: Finding, panel: str) -> str:
    where = f"{one.operation}, {one.format.upper()}" if one.format else one.operation
    return (
        f'<article id="finding-{number}"><h3>{escape(one.rule.text)}</h3>'
        f'<p class="message">{escape(one.message)}</p>'
        f"<p><b>{escape(where)}</b>, while asking for: {escape(one.exchange.what)}. Rule <code>{one.rule.name}</code>."
        f'<br><span class="soft">Source: {escape(one.source)}</span></p>'
        f"<details><summary>Request and answer</summary><pre>{escape(redacted.request(one.exchange))}</pre>"
        f"<pre>{escape(redacted.answer(one.exchange))}</pre></details>"
        f"<details><summary>Repeat it</summary><pre>{escape(redacted.repeat(one.exchange, panel))}</pre></details>"
        "</article>"
    )


def _gaps(outcome: Outcome) -> str:
    missing = _list("Not observed, though it has to be", outcome.missing)
    return missing + _list("This panel's data gave no occasion to see", outcome.unseen)


def _list(title: str, items: list[str]) -> str:
    listed = "".join(f"<li>{escape(item)}</li>" for item in items)
    return f"<section><h2>{title}</h2><ul>{listed}</ul></section>" if items else ""


def _table(outcome: Outcome) -> str:
    heads = "".join(f'<th scope="col">{name}</th>' for name, _, _ in COLUMNS)
    rows = "".join(_row(rule, outcome) for rule in RULES.values())
    return (
        "<section><h2>Rules</h2><p class='soft'>How often each was observed, by operation and format.</p>"
        f'<div class="wide"><table><thead><tr><th scope="col">Rule</th>{heads}</tr></thead><tbody>{rows}</tbody>'
        "</table></div></section>"
    )


def _row(rule: Rule, outcome: Outcome) -> str:
    cells = "".join(_cell(rule, operation, fmt, outcome) for _, operation, fmt in COLUMNS)
    return (
        f'<tr><th scope="row">{escape(rule.text)}<br><span class="soft">{escape(rule.source)}</span></th>{cells}</tr>'
    )


def _cell(rule: Rule, operation: Operation, fmt: Format | None, outcome: Outcome) -> str:
    if operation not in rule.operations:
        return "<td></td>"
    cell = Cell(rule.name, operation, fmt)
    passed, failed = outcome.ledger.passed[cell], outcome.ledger.failed[cell]
    if failed:
        return f'<td class="bad">✗ {failed} of {failed + passed}</td>'
    return f'<td class="good">✓ {passed}</td>' if passed else '<td class="soft">not seen</td>'


def _timings(outcome: Outcome) -> str:
    exchanges = sorted(outcome.ledger.exchanges, key=lambda one: one.operation)
    rows = "".join(_timing(name, list(group)) for name, group in groupby(exchanges, key=lambda one: one.operation))
    if not rows:
        return ""
    times = "".join(f'<th scope="col">{name}</th>' for name in ("Operation", "Requests", "Median", "Slowest", "What"))
    listed = "".join(_listed(outcome))
    return (
        f'<section><h2>Timings</h2><div class="wide"><table><thead><tr>{times}</tr></thead><tbody>{rows}'
        f"</tbody></table></div><details><summary>All {len(exchanges)} requests</summary><ol>{listed}</ol></details>"
        "</section>"
    )


def _timing(name: str, group: list[Exchange]) -> str:
    times = sorted(one.answer.elapsed for one in group)
    slowest = max(group, key=lambda one: one.answer.elapsed)
    cells = (len(group), _ms(times[len(times) // 2]), _ms(times[-1]), escape(slowest.what))
    return f'<tr><th scope="row">{name}</th>' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _listed(outcome: Outcome) -> Iterator[str]:
    for one in outcome.ledger.exchanges:
        where = f"{one.operation} {one.format.upper()}" if one.format else one.operation
        yield f"<li>{where}: {escape(one.what)}, HTTP {one.answer.status}, {_ms(one.answer.elapsed)}</li>"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"
