"""Start-up: what everybody pays before anything happens."""

from __future__ import annotations

from scripts.bench_parts.measuring import PYTHON, Spread, Subject, cpu, in_turns, ratio
from scripts.bench_parts.report import Goal, Part, Table


def measure(quick: bool) -> Part:  # noqa: FBT001 - every part has this one switch
    """Processor time of commands and imports beside Python's own."""
    program = [PYTHON, "-m", "profile_export.cli"]
    python = [PYTHON, "-c"]
    subjects = {
        "python -c pass": Subject([*python, "pass"]),
        "import attrs": Subject([*python, "import attrs"]),
        "import click": Subject([*python, "import click"]),
        "import httpx": Subject([*python, "import httpx"]),
        "import requests": Subject([PYTHON, "-c", "import requests"]),
        "import profile_export": Subject([*python, "import profile_export"]),
        "from profile_export import ExportClient": Subject([*python, "from profile_export import ExportClient"]),
        "profile-export --version": Subject([*program, "--version"]),
        "profile-export --help": Subject([*program, "--help"]),
    }
    samples, failures = in_turns(subjects, 5 if quick else 20)
    bare, attrs_ = samples["python -c pass"], samples["import attrs"]
    rows = [
        [
            name,
            str(Spread.of([1000 * sample.cpu for sample in own])),
            str(ratio(own, bare, cpu)),
            str(ratio(own, attrs_, cpu)),
        ]
        for name, own in samples.items()
    ]
    goals = [
        Goal(
            f"profile-export {word}, times python -c pass",
            ratio(samples[f"profile-export {word}"], bare, cpu).median,
            7,
        )
        for word in ("--version", "--help")
    ]
    goals.append(
        Goal(
            "import profile_export, times import attrs", ratio(samples["import profile_export"], attrs_, cpu).median, 3
        )
    )
    table = Table(
        "Processor milliseconds",
        ["what", "ms", "times python -c pass", "times import attrs"],
        rows,
        [f"{name} doesn't run here: {why}" for name, why in failures.items()],
    )
    return Part(
        "startup",
        "Start-up",
        "Names load when they are first used, and `--version` loads no program at all. `--help` needs click, whose own"
        " import is the largest part of it.",
        [table],
        goals,
    )
