"""The page of faults, from the declarations that the tests run; `python -m contract_tests.faults.table` writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from contract_tests.faults.catalogue import FAULTS
from contract_tests.faults.fault import COMPLETE, Line, cases, exit_code, lines
from contract_tests.faults.panel import STEPS, Step

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "faults.md"
REMEDY: Final = "run: .venv/bin/python -m contract_tests.faults.table"
TITLES: Final[dict[Step, str]] = {
    "create": "Creating the task",
    "status": "Asking for its status",
    "download": "Downloading",
}
HEADER: Final = """# Faults, and how an export ends under them

Networks break, proxies answer in place of the panel, panels misbehave. Every line below is one way to do so, played by
a server on real sockets while everything else is right, and how the export ends: in the whole, verified file, or in a
named [error](../reference/errors.md) with its exit code. None of them lasts longer than the retries allow, leaves a
half-written file, or takes the token to another host. This page is written from the declarations that the tests run.

A fault that passes meets only the first request of its step; where that is no case of its own, the column is empty. One
that stays meets every request. The tests allow {attempts} attempts at most and short delays; both are yours to choose
(`RetryPolicy`).

To meet a fault by hand, with any client:

<!-- not run: it serves until Ctrl-C; the tests of the fault server start it with another fault -->
```console
$ .venv/bin/python -m contract_tests.faults.serve --fault {example} --port 8000
```

`--list` names all of them; `--step` and `--times` choose where and how often; `--ranges`, `--etag` and `--if-range`
choose how the panel treats requests for a part of a file.

## What can't be noticed

A file of another task with as many rows looks like the right one. A file that is not csv, sent without its length and
broken off, looks like a whole one; of csv without a length, only a line break at its end is believed. Both would take a
checksum, which the API doesn't have.
"""


def page() -> str:
    """The whole page."""
    attempts = max(fault.attempts for fault in FAULTS)
    parts = [HEADER.format(attempts=attempts, example="stall"), _summary()]
    for step in STEPS:
        parts.append(f"## {TITLES[step]}\n\n| fault | if it passes | if it stays | exit |\n|---|---|---|---|")
        parts += [_row(line) for line in lines(FAULTS) if line.step == step]
        parts.append("")
    return "\n".join(parts)


def _summary() -> str:
    places = len(list(lines(FAULTS)))
    tried = list(cases(FAULTS))
    complete = sum(case.end == COMPLETE for case in tried)
    counts = f"{len(FAULTS)} faults at {places} places, {len(tried)} exports"
    return f"## In numbers\n\n{counts}: {complete} end in the whole file, {len(tried) - complete} in a named error.\n"


def _row(line: Line) -> str:
    every, first = line.ends.every, line.ends.first
    passing = "" if first is None else _outcome(first)
    return f"| {line.fault.what} | {passing} | {_outcome(every)} | {exit_code(every)} |"


def _outcome(end: str) -> str:
    return "whole file" if end == COMPLETE else f"[`{end}`](../reference/errors.md#{end})"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
