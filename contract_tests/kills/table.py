"""The page of kill points, counted by running them; `python -m contract_tests.kills.table` writes it."""

from __future__ import annotations

import tempfile
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Final, get_args

from contract_tests.kills.drill import moments
from contract_tests.kills.ends import ENDS, LOSSES, ROUTES, chosen
from contract_tests.kills.machine import Moment
from contract_tests.kills.scenarios import NEVER, SCENARIOS

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "kill-points.md"
REMEDY: Final = "run: .venv/bin/python -m contract_tests.kills.table"
HEADER: Final = """# Kill points: where an export can end, and what is left then

A process can be killed between any two of its deeds, and the power can fail. The tests run whole exports with a
journal, over a simulated panel and a simulated clock but with the real code for files and records, and end each of them
at every single moment: before and after every effect of the workflow, after every chunk of a download, and before every
call that changes the disk. Nothing is cleaned up then, as after `kill -9`. Afterwards `resume_all`, or the same
`export` once more, goes on. Every time:

- the panel was asked for one task, and has one: never a second one;
- what stands under a final name is whole and right, at that moment and in the end;
- the journal leads to the task, whenever there is one;
- nothing else is left: no part file, no record of one, no temporary file.

After a loss of power, names that no fsync of their folder had made to stay, and bytes that no fsync had, are gone; one
after another: {losses}.

## In numbers

{points} moments in the first {scenarios} exports of the table, {ways} ways to end and to go on at each: {all} ends,
of which every run of the tests tries {tried}. `KILLS=all` in the environment tries all of them. Beside these, the run
that goes on is ended at its moments, too; two equal exports at once take turns, one resting at each of its effects
while the other one goes on; and real processes are killed by SIGKILL at random moments.

| export | before an effect | after an effect | after a chunk | within work on files | moments |
|---|---|---|---|---|---|
"""
NOTES: Final = """
The last export is not in these numbers: it is one that can't be repeated safely. Where its create may have got through,
it is only reported ([`create-outcome-unknown`](../reference/errors.md#create-outcome-unknown)), and never asked
for again.

## What is not promised

- On file systems without hard links (FAT, some network shares), publishing takes two steps: an empty file claims the
  name, and the whole one replaces it. A kill between these leaves the empty file; the next run says `target-exists`,
  and goes on once it is removed.
- Parts of a task that is of no use any more, since the panel forgot it, stay where they are if the run that fetched
  them was killed.
- Of two equal exports at once, parts of one that is killed after the other one's end stay where they are.
"""


def page() -> str:
    """The whole page."""
    with tempfile.TemporaryDirectory() as folder:
        numbers = count()
        seen = {it: moments(it, lambda: Path(folder, str(next(numbers)))) for it in (*SCENARIOS, NEVER)}
    repeated = [sum(seen[scenario].values()) for scenario in SCENARIOS]
    ways = len(ENDS) * len(ROUTES)
    tried = sum(len(chosen(moment, everything=False)) for most in repeated for moment in range(1, most + 1))
    header = HEADER.format(
        losses="; ".join(loss.what for loss in LOSSES),
        points=f"{sum(repeated):,}",
        scenarios=len(SCENARIOS),
        ways=ways,
        all=f"{sum(repeated) * ways:,}",
        tried=f"{tried:,}",
    )
    return header + "\n".join(_row(scenario.what, seen[scenario]) for scenario in seen) + "\n" + NOTES


def _row(what: str, seen: Counter[Moment]) -> str:
    cells = [what, *(str(seen[kind]) for kind in get_args(Moment)), str(sum(seen.values()))]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
