"""A state machine over server, disk and clock: whatever happens, nothing wrong has a name, and in the end all is there.

`HYPOTHESIS_PROFILE=explore` with `STATES=1000` looks at so many histories that nobody has seen yet.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from contract_tests.kills.checks import check_files, check_nothing_lost, everything_below, records
from contract_tests.kills.ends import LOSSES, Loss
from contract_tests.kills.panel import LINKS_LAST, NAMES
from contract_tests.kills.runs import Run, World
from profile_export._records import RECOGNISED
from profile_export.errors import ExportError

EXAMPLES = int(os.environ.get("STATES", "25"))
DAY = 86_400.0
MEMORY = Path("/dev/shm")


class Exports(RuleBasedStateMachine):
    """One panel, one machine, and up to two processes with equal exports at once."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None)
        self.world = World.new(Path(self.folder, "root"))
        self.runs: list[Run] = []
        self.errors: list[ExportError] = []

    @initialize(files=st.integers(1, 2), tags=st.booleans())
    def begin(self, files: int, tags: bool) -> None:
        self.world.panel.files, self.world.panel.tags = files, tags

    # Processes.

    @precondition(lambda self: len(self.runs) < 2 and not self.is_done())
    @rule()
    def start_export(self) -> None:
        self.runs.append(self.world.start(self.world.export()))

    @precondition(lambda self: len(self.runs) < 2)
    @rule()
    def start_resume_all(self) -> None:
        self.runs.append(self.world.start(self.world.resume_all()))

    @precondition(lambda self: self.runs)
    @rule(effects=st.sampled_from([1, 2, 5, 10, 20, 60]), which=st.integers(0, 1))
    def go_on(self, effects: int, which: int) -> None:
        run = self.runs[which % len(self.runs)]
        for _ in range(effects):
            # Once it is done, an equal export is a new one, which has no place in this history.
            if run.ended or (run.effect == "OpenRecord" and self.is_done()):
                break
            run.step()
        self.drop_ended()

    @precondition(lambda self: self.runs)
    @rule(which=st.integers(0, 1))
    def kill(self, which: int) -> None:
        self.runs[which % len(self.runs)].kill()
        self.drop_ended()

    @precondition(lambda self: self.runs)
    @rule(moments=st.integers(1, 30), which=st.integers(0, 1))
    def kill_within_an_effect(self, moments: int, which: int) -> None:
        run = self.runs[which % len(self.runs)]
        run.process.dies_at = run.process.moments + moments
        while not run.ended and not (run.effect == "OpenRecord" and self.is_done()):
            run.step()
        self.drop_ended()

    @precondition(lambda self: self.runs)
    @rule(which=st.integers(0, 1))
    def interrupt(self, which: int) -> None:
        self.runs[which % len(self.runs)].interrupt()
        self.drop_ended()

    @rule(loss=st.sampled_from(LOSSES), states=st.randoms(use_true_random=False), mixed=st.booleans())
    def lose_power(self, loss: Loss, states: Any, mixed: bool) -> None:
        if mixed:
            left = ("kept", "lost", "zeroes")
            self.world.machine.lose_power(states.randrange, lambda: states.choice(left))
        else:
            self.world.machine.lose_power(loss.names, lambda: loss.bytes_left)
        for run in self.runs:
            run.kill()
        self.drop_ended()

    # The panel.

    @rule(kind=st.sampled_from(["create", "status", "fetch"]), fault=st.sampled_from(["500", "429"]))
    def panel_fails(self, kind: str, fault: str) -> None:
        self.add_fault(kind, fault)

    @rule()
    def answer_to_create_is_lost(self) -> None:
        self.add_fault("create", "drop")

    @rule(fault=st.sampled_from(["reset", "410"]))
    def download_breaks(self, fault: str) -> None:
        self.add_fault("fetch", fault)

    @precondition(lambda self: not self.is_done())
    @rule()
    def files_change(self) -> None:
        self.world.panel.change()

    @rule()
    def links_expire(self) -> None:
        self.world.panel.expire()

    @precondition(lambda self: not self.is_done() and len(self.world.panel.tasks) < 4)
    @rule()
    def task_is_forgotten(self) -> None:
        self.world.panel.forget()

    # Disk and clock.

    @rule(full=st.booleans())
    def disk_is_full(self, full: bool) -> None:
        self.world.machine.full = full

    @rule(locked=st.booleans())
    def journal_is_read_only(self, locked: bool) -> None:
        self.world.machine.locked = {self.world.journal} if locked else set()

    @rule(seconds=st.sampled_from([-DAY, -3600.0, -1.0, 1.0, 3600.0, DAY]))
    def clock_is_set(self, seconds: float) -> None:
        self.world.machine.wall += seconds

    @rule(seconds=st.sampled_from([1.0, LINKS_LAST]))
    def time_passes(self, seconds: float) -> None:
        self.world.machine.now += seconds

    # What holds all the time.

    @invariant()
    def files_are_right(self) -> None:
        check_files(self.world)

    @invariant()
    def the_journal_leads_to_every_task(self) -> None:
        check_nothing_lost(self.world)

    @invariant()
    def a_day_has_one_task(self) -> None:
        tasks = list(self.world.panel.tasks.values())
        for before, after in pairwise(tasks):
            assert before.useless or before.id in self.failed() or self.days_apart(before.wall, after.wall), tasks

    def teardown(self) -> None:
        try:
            self.heal()
        finally:
            for run in self.runs:
                run.kill()
            shutil.rmtree(self.folder)

    def heal(self) -> None:
        """Everything works again: the export is finished, if there was one."""
        for run in self.runs:
            run.kill()
        self.runs.clear()
        self.world.panel.faults.clear()
        self.world.machine.full, self.world.machine.locked = False, set()
        left = [record for record in records(self.world) if record.pending]
        resumed = self.world.start(self.world.resume_all()).finish()
        assert resumed.error is None, resumed.error
        check_files(self.world)
        check_nothing_lost(self.world)
        if left and not self.is_done():
            # Its task was of no use any more, or it was never sure to exist: a new export is what people start then.
            again = self.world.start(self.world.export()).finish()
            assert again.error is None, again.error
        if left:
            self.check_whole()

    def check_whole(self) -> None:
        names = NAMES[: self.world.panel.files]
        assert set(names) <= set(everything_below(self.world.exports))
        rest = [name for name in everything_below(self.world.exports) if name not in names]
        assert not [name for name in rest if self.is_ours(name)], rest
        assert not [name for name in everything_below(self.world.journal) if not name.endswith(".json")]

    def is_ours(self, name: str) -> bool:
        """Whether it should be gone; parts of a task that is of no use any more may stay with that."""
        return not name.endswith(".rejected")

    # What the rules need.

    def add_fault(self, kind: str, fault: str) -> None:
        waiting = self.world.panel.faults.setdefault(kind, [])
        if len(waiting) < 3:
            waiting.append(fault)

    def drop_ended(self) -> None:
        self.runs = [run for run in self.runs if not run.ended]

    def is_done(self) -> bool:
        return any(record.stage == "done" for record in records(self.world))

    def failed(self) -> set[str | None]:
        return {record.task_id for record in records(self.world) if record.stage == "failed"}

    @staticmethod
    def days_apart(before: float, after: float) -> bool:
        return abs(after - before) > RECOGNISED - 3600


Exports.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestExports = pytest.mark.timeout(120 if EXAMPLES < 100 else 7200)(Exports.TestCase)
