"""Faulty panels by what is wrong with them: each is the sandbox with one fault."""

from __future__ import annotations

from contract_tests.verification.bench import Panel
from contract_tests.verification.catalogue import answers, requests, tasks

FAULTY: dict[str, dict[str, Panel]] = {
    "shape": answers.SHAPE,
    "format": answers.FORMAT,
    "status": answers.STATUS,
    "auth": requests.AUTH,
    "input": requests.INPUT,
    "flow": tasks.FLOW,
    "meaning": tasks.MEANING,
}

FAULTS: dict[str, Panel] = {name: panel for group in FAULTY.values() for name, panel in group.items()}
"""All of them, by name."""
