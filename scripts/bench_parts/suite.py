"""The test command: how long it takes as a whole, and which folders of tests take how much of the processor."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

from scripts.bench_parts.measuring import Sample, Subject, run
from scripts.bench_parts.report import Goal, Part, Table

COMMAND: Final = ["scripts/test"]
# One small folder shows that this part works.
QUICK: Final = [".venv/bin/python", "-m", "pytest", "-n", "1", "contract_tests/spec"]
PLUGIN: Final = ["-p", "scripts.bench_parts.suite_costs"]
SECONDS: Final = 180.0


def measure(quick: bool) -> Part:  # noqa: FBT001 - every part has this one switch
    """One run: it takes minutes, and thousands of tests average by themselves."""
    with tempfile.TemporaryDirectory() as folder:
        sample = run(Subject([*(QUICK if quick else COMMAND), *PLUGIN], {"SUITE_COSTS": folder}))
        tests: Counter[str] = Counter()
        seconds: Counter[str] = Counter()
        for path in Path(folder).iterdir():
            for name, (count, cost) in json.loads(path.read_text(encoding="utf-8")).items():
                tests[name] += count
                seconds[name] += cost
    return Part(
        "suite",
        "The tests",
        "The whole of `scripts/test`: static checks, the wheel, then every test. Where the processors are busy all the"
        " time, only their number and the processor's time bound it: that time divided by the processors is what no"
        " order of the tests can beat. Programs that a test starts are in its folder's time.",
        [table(sample, tests, seconds)],
        [] if quick else [Goal("seconds of the test command", sample.wall, SECONDS)],
    )


def table(sample: Sample, tests: Counter[str], seconds: Counter[str]) -> Table:
    """What took how much, the most expensive first."""
    rows = [
        [name, f"{tests[name]:,}", f"{cost:.1f}", f"{cost / sample.cpu:.0%}"] for name, cost in seconds.most_common()
    ]
    rest = sample.cpu - seconds.total()
    rows.append(["static checks, the wheel, pytest's own work", "", f"{rest:.1f}", f"{rest / sample.cpu:.0%}"])
    rows.append(["all", f"{tests.total():,}", f"{sample.cpu:.1f}", ""])
    busy = sample.cpu / (os.cpu_count() or 1) / sample.wall
    return Table(
        f"{sample.wall:.0f} s of the clock; the processors were busy for {busy:.0%} of it",
        ["folder of contract_tests", "tests", "processor s", "of all"],
        rows,
    )
