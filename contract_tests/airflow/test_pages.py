"""The how-to pages show what is tested: the example DAG that is shipped, and a recipe that runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import profile_export.airflow
from contract_tests.airflow.panel import Panel
from contract_tests.secrets.sweep import leaks

HOW_TO = Path(__file__).resolve().parents[2] / "docs" / "how-to"


def python_of(page: str) -> str:
    [block] = re.findall(r"```python\n(.*?)```", (HOW_TO / page).read_text(encoding="utf-8"), re.DOTALL)
    return str(block)


def test_the_page_shows_the_example_that_is_shipped() -> None:
    example = Path(profile_export.airflow.__path__[0]) / "example_dag.py"
    assert python_of("airflow.md") == example.read_text(encoding="utf-8")


def test_the_recipe_for_dask_exports_in_batches(panel: Panel, tmp_path: Path) -> None:
    recipe = python_of("dask.md")
    lines = [line for line in recipe.splitlines() if line.strip() and "import" not in line.split()]
    assert len(lines) <= 10
    program = tmp_path / "recipe.py"
    program.write_text(recipe.replace("https://panel.example.com", panel.url), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, program],
        cwd=tmp_path,
        env={**os.environ, "PROFILE_EXPORT_TOKEN": panel.token},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    files = sorted(file.parent.name for file in (tmp_path / "exports").glob("*/*.csv"))
    assert files == ["database-1", "database-2", "segment-1", "segment-7"]
    assert int(done.stdout) > 300
    assert len(panel.seen.created) == 4
    assert not leaks(done.stdout + done.stderr)
