"""Many exports at once: a whole crowd of them in one process, beside the schedule that nothing could beat."""

from __future__ import annotations

import heapq
import json
import random
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from profile_export import PollPolicy
from scripts.bench_parts import polling
from scripts.bench_parts.measuring import PYTHON, NotRunning, Sample, Spread, Subject, run
from scripts.bench_parts.report import Goal, Part, Table

HERE = Path(__file__).parent / "fetchers"
# A round takes three minutes.
ROUNDS = 3
# A file system in memory, as for the downloads: a disk's own speed would hide all the rest.
MEMORY = Path("/dev/shm")  # noqa: S108 - folders of our own are made in it
SECONDS = 3.0
# The `httpx` ones are no client of ours: what httpx alone takes for the same requests.
CASES = [
    *(("sync", 100), ("async", 100)),
    *(("async", 300), ("httpx", 300)),
    *(("sync", 1000), ("async", 1000), ("httpx", 1000)),
]
FETCHERS = {"sync": "crowd.py", "async": "crowd.py", "httpx": "crowd_httpx.py"}
# More of the processor for each export, and somebody is looking through all the others.
GROWTH = 1.25


def ideal(exports: int, concurrency: int) -> float:
    """Seconds that the exports take where requests, files and the processor cost nothing.

    Each holds one of `concurrency` places until the real flow of a wait, asking by its policy, notices the task's end.
    """
    chance = random.Random(1)  # noqa: S311 - a simulation
    places = [0.0] * min(concurrency, exports)
    for _ in range(exports):
        cost = polling.of_ours(PollPolicy(), SECONDS, polling.SHAPES["linear"], chance)
        heapq.heapreplace(places, places[0] + SECONDS + cost.late)
    return max(places)


def once(style: str, exports: int, concurrency: int) -> tuple[Sample, dict[str, Any]]:
    """One crowd at a panel of its own; what the client took, and what the panel counted and took."""
    where = MEMORY if MEMORY.is_dir() else Path(tempfile.gettempdir())
    command = [PYTHON, str(HERE / "crowd_panel.py"), str(SECONDS)]
    with (
        tempfile.TemporaryDirectory(dir=where, prefix="bench-many-") as folder,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as panel,
    ):
        assert panel.stdin is not None
        assert panel.stdout is not None
        try:
            url = f"http://127.0.0.1:{int(panel.stdout.readline())}"
            words = [url, folder, style, str(exports), str(concurrency)]
            sample = run(Subject(["timeout", "300", PYTHON, str(HERE / FETCHERS[style]), *words]))
        finally:
            panel.stdin.close()
        counts: dict[str, Any] = json.loads(panel.stdout.read())
    return sample, counts


def measure(quick: bool) -> Part:  # noqa: FBT001 - every part has this one switch
    """All cases in turns."""
    exports = 200 if quick else 1000
    # Of two hundred, 300 at once are as many as 1000.
    cases = [case for case in CASES if not quick or case[1] != 300]
    found: dict[tuple[str, int], list[tuple[Sample, dict[str, Any]]]] = {case: [] for case in cases}
    notes: dict[tuple[str, int], str] = {}
    for _ in range(1 if quick else ROUNDS):
        for case in cases:
            if case not in notes:
                try:
                    found[case].append(once(case[0], exports, case[1]))
                except NotRunning as error:
                    notes[case] = f"{case[0]}, {case[1]} at once: not done within 300 s, or failed: {error}"
    rows: list[list[str]] = []
    goals: list[Goal] = []
    costs: dict[tuple[str, int], float] = {}
    for (style, concurrency), pairs in found.items():
        if not pairs:
            continue
        best = ideal(exports, concurrency)
        samples, counts = [sample for sample, _ in pairs], [count for _, count in pairs]
        wall, peak = Spread.of([sample.wall for sample in samples]), max(sample.peak for sample in samples)
        requests = statistics.median(count["connections"] for count in counts)
        costs[style, concurrency] = 1000 * statistics.median(sample.cpu for sample in samples) / exports
        rows.append(
            [
                f"{style}, {concurrency} at once",
                str(wall),
                f"{best:.3g}",
                f"{wall.median / best:.2f}",
                str(Spread.of([1000 * sample.cpu / exports for sample in samples])),
                f"{1000 * statistics.median(sample.cpu for sample in samples) / requests:.3g}",
                str(Spread.of([1000 * count["cpu"] / exports for count in counts])),
                f"{peak:.0f}",
                f"{requests / exports:.1f}",
                str(max(count["most open"] for count in counts)),
            ]
        )
        if style == "httpx":
            continue
        goals.append(Goal(f"{style}, {concurrency} at once: wall, times the ideal schedule", wall.median / best, 1.15))
        goals.append(Goal(f"{style}, {concurrency} at once: peak MiB", peak, 150))
    goals += [
        Goal(
            f"{style}: the processor for an export with 1000 at once, times that with 100",
            costs[style, 1000] / costs[style, 100],
            GROWTH,
        )
        for style in ("sync", "async")
        if {(style, 100), (style, 1000)} <= costs.keys()
    ]
    columns = [
        "who",
        "wall s",
        "ideal s",
        "times ideal",
        "cpu ms per export",
        "cpu ms per request",
        "the panel's cpu ms per export",
        "peak MiB",
        "requests per export",
        "connections at most",
    ]
    return Part(
        "many",
        "Many exports",
        f"{exports} exports by one client in one process, from a panel in another whose tasks take {SECONDS:g} seconds;"
        " both share the processors. The ideal schedule is that of the same polling where requests, files and the"
        " processor cost nothing: with 1000 at once that is four seconds, less than the processor time that httpx alone"
        " takes for these requests, which is the limit (`httpx`: the same requests, a plain file, no checks).",
        [Table(f"{exports} exports", columns, rows, list(notes.values()))],
        goals,
    )
