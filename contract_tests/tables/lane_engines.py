"""The lines of docs/how-to/parquet.md for pandas, Polars and DuckDB, and that none of them loses a leading zero.

Run by scripts/test-engines, in an environment of its own.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from profile_export import Segment
from profile_export.testing import ScriptedPanel

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "parquet.md"
ROWS = [
    {"phone": "007", "code": "0049", "note": 'one "two"\n, three'},
    {"phone": "00", "code": "", "note": "NULL"},
    {"phone": "1e5", "code": "nan", "note": ""},
]


def blocks() -> list[str]:
    found = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return [block for block in found if "import pandas" in block]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    panel = ScriptedPanel()
    panel.add(Segment(7), ROWS)
    with panel.client() as client:
        client.export(Segment(7), to="exports/medical").to_parquet("exports/medical")


@pytest.mark.parametrize("block", blocks(), ids=["parquet", "csv"])
def test_the_lines_of_the_page(here: None, block: str) -> None:
    names: dict[str, Any] = {}
    exec(compile(block, str(PAGE), "exec"), names)
    assert names["frame"].to_dict("records") == ROWS
    assert names["table"].to_dicts() == ROWS
    if "counted" in names:
        assert names["counted"] == [(3,)]
        assert names["duckdb"].sql("select phone from 'exports/medical/*.parquet'").fetchall() == [
            ("007",),
            ("00",),
            ("1e5",),
        ]
    else:
        # DuckDB reads an empty field as a null.
        assert [[value or "" for value in row] for row in names["rows"]] == [list(row.values()) for row in ROWS]


def test_there_are_two_blocks() -> None:
    assert len(blocks()) == 2
