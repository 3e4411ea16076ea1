"""Chooses parts, runs them, and says what came out."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.bench_parts import (
    connections,
    download,
    many,
    measuring,
    polling,
    report,
    rows,
    sandbox,
    startup,
    suite,
)

ROOT = Path(__file__).resolve().parent.parent.parent
PARTS: dict[str, Callable[[bool], report.Part]] = {
    "download": download.measure,
    "connections": connections.measure,
    "rows": rows.measure,
    "polling": polling.measure,
    "many": many.measure,
    "startup": startup.measure,
    "sandbox": sandbox.measure,
    "suite": suite.measure,
}


def machine() -> dict[str, Any]:
    """Where this runs, and how quiet it is there."""
    spread = measuring.noise()
    return {
        "machine": f"{os.cpu_count()} processors, {platform.system()} {platform.machine()}, Python "
        f"{platform.python_version()}",
        "load when it began": f"{os.getloadavg()[0]:.2f}",
        "the same work took": f"{spread} ms; the slowest {spread.high / spread.low:.2f} times the fastest"
        + (" (a noisy machine: believe the ratios only)" if spread.high > 1.25 * spread.low else ""),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all without any")
    parser.add_argument("--quick", action="store_true", help="smaller files and fewer rounds: within three minutes")
    parser.add_argument("--results", type=Path, default=ROOT / ".bench", help="folder for results.json and results.md")
    parser.add_argument("--write-docs", action="store_true", help="write docs/explanation/performance.md, too")
    options = parser.parse_args()
    unknown = [name for name in options.parts if name not in PARTS]
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}")
    facts = machine()
    for name, fact in facts.items():
        print(f"{name}: {fact}")
    parts: list[report.Part] = []
    for name in options.parts or PARTS:
        part = PARTS[name](options.quick)
        print("\n" + report.text(part), end="", flush=True)
        parts.append(part)
    facts["load when it ended"] = f"{os.getloadavg()[0]:.2f}"
    command = " ".join(["scripts/bench", *(["--quick"] if options.quick else []), *options.parts])
    report.write(parts, facts, options.results, command)
    if options.write_docs:
        page = ROOT / "docs" / "explanation" / "performance.md"
        page.write_text(report.page(parts, facts, command), encoding="utf-8")
    print(f"\nwritten: {options.results}/results.json and results.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
