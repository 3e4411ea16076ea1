"""The page of kill points tells what the tests run."""

from __future__ import annotations

from contract_tests.kills import table


def test_the_page_is_the_one_that_is_counted() -> None:
    assert table.PAGE.read_text(encoding="utf-8") == table.page(), table.REMEDY
