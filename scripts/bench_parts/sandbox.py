"""The sandbox: how long an export of many profiles takes it, and how much memory."""

from __future__ import annotations

import tempfile
from pathlib import Path

from scripts.bench_parts.measuring import PYTHON, Spread, Subject, in_turns
from scripts.bench_parts.report import Goal, Part, Table

FETCH = """
import sys, tempfile
from profile_export import Database, ExportClient
from profile_export.sandbox import SandboxSettings, RunningSandbox
folder, profiles = sys.argv[1], int(sys.argv[2])
settings = SandboxSettings(data_dir=folder, token="bench", profiles=profiles, task_seconds=0, quiet=True)
with RunningSandbox(settings, host="127.0.0.1", port=0) as panel, tempfile.TemporaryDirectory() as to:
    if len(sys.argv) > 3:
        with ExportClient(panel.url, token=panel.token) as client:
            assert client.export(Database(1), to=to).total == profiles
"""


def measure(quick: bool) -> Part:  # noqa: FBT001 - every part has this one switch
    """Whole exports in one process with their panel, for two sizes."""
    few, many = (10_000, 100_000) if quick else (100_000, 1_000_000)
    rows, peaks, walls = [], {}, {}
    for profiles in (few, many):
        with tempfile.TemporaryDirectory() as folder:
            command = [PYTHON, "-c", FETCH, str(Path(folder) / "panel"), str(profiles)]
            samples, failures = in_turns(
                {"idle": Subject(command), "export": Subject([*command, "go"])}, 1 if quick else 3
            )
        if failures:
            raise RuntimeError(str(failures))
        walls[profiles] = Spread.of([sample.wall for sample in samples["export"]])
        peaks[profiles] = Spread.of([sample.peak for sample in samples["export"]])
        cpu = Spread.of([sample.cpu for sample in samples["export"]])
        idle = Spread.of([sample.wall for sample in samples["idle"]])
        rows.append([f"{profiles:,}", str(walls[profiles]), str(cpu), str(peaks[profiles]), str(idle)])
    table = Table(
        "Start, create, wait, download, verify: panel and client in one process",
        ["profiles", "wall s", "cpu s", "peak MiB", "wall s without an export"],
        rows,
    )
    goals = [Goal("memory, times that of a tenth of the profiles", peaks[many].median / peaks[few].median, 1.3)]
    return Part(
        "sandbox",
        "Sandbox",
        "The panel makes its profiles once and keeps them; that was done before.",
        [table],
        goals,
    )
