"""The examples of the page about watching exports run as they stand, and show what the page says, without the token."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from profile_export import events
from profile_export.events import Event
from profile_export.sandbox import RunningSandbox, SandboxSettings, start_sandbox

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "observe.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
TOKEN = "abcdefghijklmnqrstuvwxyz"


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    folder = tmp_path_factory.mktemp("panel")
    with start_sandbox(SandboxSettings(data_dir=folder, token=TOKEN, profiles=300, task_seconds=0)) as running:
        yield running


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (
            0,
            r"^\w{8}: 100 %\n\w{8}: 1_database_export.csv, \d+ bytes\n\w{8}: 300 profiles in 1 files$",
        ),
        (1, r"DEBUG:httpcore.http11:receive_response_headers.complete"),
        (2, r"^exported$"),
        (
            3,
            r'"profile_export.download"[\s\S]*"profile_export.export"[\s\S]*"profile_export.total": 300',
        ),
    ],
)
def test_an_example_shows_what_it_should(panel: RunningSandbox, tmp_path: Path, number: int, shown: str) -> None:
    code = EXAMPLES[number].replace("https://panel.example.com", panel.url)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    assert re.search(shown, done.stdout + done.stderr, re.MULTILINE)
    assert TOKEN not in done.stdout + done.stderr
    assert len(list(tmp_path.glob("exports/*/1_database_export.csv"))) == 1


def test_all_examples_are_run() -> None:
    assert len(EXAMPLES) == 4


def test_every_event_is_listed() -> None:
    kinds = {name for name, kind in vars(events).items() if isinstance(kind, type) and issubclass(kind, Event)}
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == kinds - {"Event"}
