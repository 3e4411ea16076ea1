"""The page of all faulty panels and what catches them; `python -m contract_tests.verification.matrix` writes it.

Takes some minutes: schemathesis alone explores every panel until it finds something, or has sent some 400 requests.
"""

from __future__ import annotations

import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

import requests
from anyio.from_thread import BlockingPortal, start_blocking_portal

from contract_tests.verification.bench import Panel, caught_by, running, verified
from contract_tests.verification.catalogue import FAULTS, FAULTY
from contract_tests.verification.conforming import CONFORMING
from scripts.verification.phases import Phase, recorders
from scripts.verification.rules import RULES
from scripts.verification.schema import schema_for

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "verification-matrix.md"
REMEDY: Final = "run: .venv/bin/python -m contract_tests.verification.matrix"
PHASES: Final[dict[Phase, int]] = {"examples": 50, "coverage": 50, "stateful": 10, "fuzzing": 15}
"""Phases of schemathesis in the order in which they are tried, and how many examples each draws."""

NOTHING: Final = "-"
TITLES: Final = {
    "shape": "The shape of answers",
    "format": "Formats",
    "status": "HTTP statuses",
    "auth": "Who is let in",
    "input": "What is taken",
    "flow": "How tasks go",
    "meaning": "What files and totals mean",
}
HEADER: Final = """# What the verification catches

`scripts/verify` ([how to use it](../how-to/verify-a-panel.md)) sends few, deliberate requests, and judges the answers
by the contract and by rules of meaning. Whether that is worth anything is shown here: {faults} panels, each of them the
sandbox with one fault, and the rules that catch it. The tests run all of them, and {conforming} panels that differ from
the sandbox in what the API document leaves open, which have to pass.

The last column is for comparison: the phase of schemathesis alone (in this process, with the same judges and a
contract that knows the panel's token and sources) that finds something, if one does. It needs hundreds of requests and
tens of exports for it, and can't see what takes two answers to see.

## In numbers

| judge | caught | of |
|---|---|---|
| the plan of `scripts/verify` | {caught} | {faults} |
| schemathesis alone | {explored} | {faults} |

False alarms of the plan on {conforming} conforming panels: none.
"""


def caught(panel: Panel, portal: BlockingPortal) -> str:
    """The rules of the plan that a panel breaks."""
    with tempfile.TemporaryDirectory() as folder:
        return ", ".join(f"`{rule}`" for rule in caught_by(verified(panel, Path(folder), portal))) or NOTHING


def explored(panel: Panel, phases: dict[Phase, int] = PHASES) -> str:
    """The first phase of schemathesis that finds something."""
    for phase, examples in phases.items():
        with tempfile.TemporaryDirectory() as folder, running(panel, Path(folder), task_seconds=0.0) as (app, _, _):
            if _finds(schema_for(app, (phase,), examples)):
                return phase
    return NOTHING


def _finds(schema: Any) -> bool:
    """Whether anything is found, or an answer can't even be received; the rest of the phase is not waited for."""
    try:
        return any(
            check.failure_info is not None
            for recorder in recorders(schema)
            for checks in recorder.checks.values()
            for check in checks
        )
    except requests.RequestException:
        return True


def row(name: str, rules: str, phase: str) -> str:
    return f"| {name} | {rules} | {phase} |"


def rows(page: str) -> dict[str, tuple[str, str]]:
    """Rules and phase of every fault on the page."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("| ")
    ]
    return {found[0]: (found[1], found[2]) for found in cells if found[0] in FAULTS}


def render(found: dict[str, tuple[str, str]]) -> str:
    """The page."""
    numbers = {
        "faults": len(found),
        "conforming": len(CONFORMING),
        "caught": sum(rules != NOTHING for rules, _ in found.values()),
        "explored": sum(phase != NOTHING for _, phase in found.values()),
    }
    parts = [HEADER.format(**numbers)]
    for group, panels in FAULTY.items():
        parts.append(f"## {TITLES[group]}\n\n| fault | rules that catch it | schemathesis alone |\n|---|---|---|")
        parts += [row(name, *found[name]) for name in panels]
        parts.append("")
    parts.append("## The conforming panels\n")
    parts += [f"- {name}" for name in CONFORMING]
    parts.append("\n## The rules\n\n| rule | says | source |\n|---|---|---|")
    parts += [f"| `{rule.name}` | {_cell(rule.text)} | {_cell(rule.source)} |" for rule in RULES.values()]
    return "\n".join(parts) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def _tried(name: str) -> tuple[str, tuple[str, str]]:
    with start_blocking_portal() as portal:
        return name, (caught(FAULTS[name], portal), explored(FAULTS[name]))


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as pool:
        PAGE.write_text(render(dict(pool.map(_tried, FAULTS))), encoding="utf-8")
