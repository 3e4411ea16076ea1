"""The page of the matrix shows what the tests run. `test_power` holds every row's rules against a fresh run."""

from __future__ import annotations

import pytest

from contract_tests.verification import matrix
from contract_tests.verification.catalogue import FAULTS

TEXT = matrix.PAGE.read_text(encoding="utf-8")
FOUND = matrix.rows(TEXT)
EARLY = [name for name, (_, phase) in FOUND.items() if phase in ("examples", "coverage")]


def test_the_page_is_the_one_of_the_catalogues() -> None:
    assert list(FOUND) == list(FAULTS), matrix.REMEDY
    assert matrix.render(FOUND) == TEXT, matrix.REMEDY


def test_the_plan_catches_all_and_schemathesis_alone_does_not() -> None:
    assert all(rules != matrix.NOTHING for rules, _ in FOUND.values())
    alone = sum(phase != matrix.NOTHING for _, phase in FOUND.values())
    assert len(EARLY) <= alone < len(FOUND)


@pytest.mark.parametrize("name", EARLY[::16])
def test_what_schemathesis_alone_catches_is_true(name: str) -> None:
    """A sample: all of them would take minutes."""
    phase = FOUND[name][1]
    assert (
        matrix.explored(FAULTS[name], {"examples": 50} if phase == "examples" else {"examples": 50, "coverage": 50})
        == phase
    )
