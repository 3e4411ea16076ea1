"""The rules as JUnit XML: one case for each rule, operation and format, so that CI shows which one broke."""

from __future__ import annotations

from xml.etree import ElementTree as ET  # only written here

from scripts.verification.ledger import Cell, Finding
from scripts.verification.reports import redacted
from scripts.verification.verdict import Outcome
from scripts.verification.xml import CANT_CARRY


def render(outcome: Outcome) -> str:
    """One suite; what had to be observed and was not is an error, because nobody knows how it would have ended."""
    ledger = outcome.ledger
    cells = sorted({*ledger.passed, *ledger.failed}, key=str)
    blind = outcome.missing or ([outcome.reason] if outcome.word not in ("kept", "broken") else [])
    failing = [cell for cell in cells if ledger.failed[cell]]
    counts = {"tests": len(cells) + len(blind), "failures": len(failing), "errors": len(blind), "skipped": 0}
    attributes = {name: str(count) for name, count in counts.items()} | {"time": f"{outcome.seconds:.3f}"}
    root = ET.Element("testsuites", {"name": "profile-export contract", **attributes})
    suite = ET.SubElement(root, "testsuite", {"name": outcome.panel, **attributes})
    suite.set("timestamp", outcome.started.replace(tzinfo=None).isoformat(timespec="seconds"))
    for cell in cells:
        case = _case(suite, cell)
        if ledger.failed[cell]:
            found = [one for one in ledger.findings if (one.rule.name, one.operation, one.format) == cell]
            failure = ET.SubElement(case, "failure", {"message": _clean(found[0].message), "type": cell.rule})
            failure.text = _clean("\n\n".join(_told(one, outcome.panel) for one in found))
    for what in blind:
        case = ET.SubElement(suite, "testcase", {"classname": "not observed", "name": _clean(what), "time": "0"})
        ET.SubElement(case, "error", {"message": _clean(outcome.reason or what), "type": "not-observed"})
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ET.Element, cell: Cell) -> ET.Element:
    where = f"{cell.operation}, {cell.format}" if cell.format else cell.operation
    return ET.SubElement(suite, "testcase", {"classname": cell.rule, "name": f"{cell.rule} ({where})", "time": "0"})


def _told(one: Finding, panel: str) -> str:
    parts = (
        f"{one.rule.text}\n{one.message}\nSource: {one.source}",
        redacted.request(one.exchange),
        redacted.answer(one.exchange),
        f"To repeat it:\n{redacted.repeat(one.exchange, panel)}",
    )
    return "\n\n".join(parts)


def _clean(text: str) -> str:
    """Without characters that XML can't carry, which a panel may well send."""
    return CANT_CARRY.sub("\ufffd", text)
