"""Real processes on a real disk, killed by SIGKILL at any moment: the next one finishes, with one task.

`KILLED_PROCESSES` in the environment is how many; `KILLED_PROCESSES_SEED` chooses other moments.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from contract_tests.kills.export_program import TOKEN
from profile_export.journal import pending_exports
from profile_export.sandbox import RunningSandbox, SandboxSettings, downloads, start_sandbox

TIMES = int(os.environ.get("KILLED_PROCESSES", "12"))
SEED = int(os.environ.get("KILLED_PROCESSES_SEED", "1"))
ROOT = Path(__file__).resolve().parents[2]
# The whole file comes in a third of a second.
CHUNK, PAUSE = 4096, 0.015
PATIENCE = 20.0

pytestmark = pytest.mark.timeout(60 + 10 * TIMES)


def _slowly(path: Path, start: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while start < end and (chunk := file.read(min(CHUNK, end - start))):
            start += len(chunk)
            yield chunk
            time.sleep(PAUSE)


class Bench:
    """A sandbox, and processes that export from it."""

    def __init__(self, sandbox: RunningSandbox, data: Path) -> None:
        self._data = data
        command = [sys.executable, "-m", "contract_tests.kills.export_program", sandbox.url]
        self.program = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    @property
    def tasks(self) -> int:
        with closing(sqlite3.connect(self._data / "sandbox.sqlite3")) as db:
            [count] = db.execute("SELECT COUNT(*) FROM tasks").fetchone()
            return int(count)

    def run(self, what: str, folder: Path, kill_after: float | None = None, *, in_download: bool = False) -> int:
        """The exit code; minus 9 for one that was killed, so long after its start, or after its download began."""
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        self.program.stdin.write(f"{what} {folder}\n")
        self.program.stdin.flush()
        pid = int(self.program.stdout.readline())
        if kill_after is not None:
            until = time.monotonic() + PATIENCE
            while in_download and not has_part(folder) and time.monotonic() < until:
                time.sleep(0.002)
            time.sleep(kill_after)
            # It is waited for only after this, so the number is still its own, unless it was faster.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return int(self.program.stdout.readline())


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(downloads, "_read", _slowly)
    data = tmp_path / "sandbox"
    settings = SandboxSettings(data_dir=data, token=TOKEN, profiles=500, task_seconds=0.1, quiet=True)
    with start_sandbox(settings) as sandbox:
        bench = Bench(sandbox, data)
        with bench.program:
            yield bench
            assert bench.program.stdin is not None
            bench.program.stdin.close()


def has_part(folder: Path) -> bool:
    return any(name.endswith(".part") for name in names(folder / "exports"))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_killed_process_is_followed_by_one_that_finishes(bench: Bench, tmp_path: Path) -> None:
    assert bench.run("begin", tmp_path / "first") == 0
    began = time.monotonic()
    assert bench.run("begin", tmp_path / "whole") == 0
    lasts = time.monotonic() - began
    [whole] = (tmp_path / "whole" / "exports").iterdir()
    moments = random.Random(SEED)
    killed, taken_up = 0, 0
    for number in range(TIMES):
        folder, before = tmp_path / str(number), bench.tasks
        in_download = number % 2 == 1
        moment = moments.uniform(0, 0.1 if in_download else lasts)
        killed += bench.run("begin", folder, moment, in_download=in_download) == -signal.SIGKILL
        taken_up += has_part(folder)
        # Every third time, what finishes is killed, too.
        if number % 3 == 2:
            bench.run("finish", folder, kill_after=moments.uniform(0, lasts))
        assert bench.run("finish", folder) == 0
        assert names(folder / "exports") == [whole.name]
        assert (folder / "exports" / whole.name).read_bytes() == whole.read_bytes()
        assert bench.tasks == before + 1
        assert pending_exports(folder / "journal") == ()
        assert len(names(folder / "journal")) == 1
        shutil.rmtree(folder)
    sys.stdout.write(f"{killed} of {TIMES} were killed before their end, {taken_up} left a part file\n")
    assert killed >= TIMES // 4, "most of the moments were too late"
    assert taken_up
