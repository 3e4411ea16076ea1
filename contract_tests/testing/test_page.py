"""The how-to page: every block of it is a test file that passes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contract_tests.testing.test_plugin import QUIET

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "test-your-pipeline.md"


def test_every_block_of_the_page_passes(pytester: pytest.Pytester) -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for number, block in enumerate(blocks):
        pytester.makepyfile(**{f"test_block_{number}": block})
    result = pytester.runpytest_inprocess(*QUIET, "--strict-markers")
    result.assert_outcomes(passed=7)
