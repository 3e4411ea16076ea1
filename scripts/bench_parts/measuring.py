"""Runs programs in turns (A B A B ...) and says what they took: wall, processor and memory, as median, min and max."""

from __future__ import annotations

import hashlib
import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import attrs

# Peers and this package, without what is only for development.
PYTHON = ".tools/bench/bin/python"
RUNNER = Path(__file__).parent / "runner.py"


@attrs.frozen
class Sample:
    """One run: seconds of the clock, seconds of the processor, and MiB of memory at most."""

    wall: float
    cpu: float
    peak: float


@attrs.frozen
class Subject:
    """What is run; `env` comes on top of this program's own, `tidy` follows every run and isn't measured."""

    command: Sequence[str]
    env: Mapping[str, str] = attrs.field(factory=dict)
    tidy: Callable[[], None] = lambda: None


@attrs.frozen
class Spread:
    """Several numbers, for people."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Spread:
        """Of one number or more."""
        return cls(statistics.median(numbers), min(numbers), max(numbers))

    def __str__(self) -> str:
        return f"{self.median:.3g} ({self.low:.3g} to {self.high:.3g})"


class NotRunning(Exception):
    """A subject that doesn't work here, and why; it is left out and told."""


def run(subject: Subject) -> Sample:
    """Runs it once; what it took comes from the kernel, for it and the processes that it waited for.

    A small program runs it: a child begins with the peak memory of whoever started it.
    """
    runner = [PYTHON, "-I", "-S", str(RUNNER), *subject.command]
    done = subprocess.run(runner, env={**os.environ, **subject.env}, capture_output=True, text=True, check=False)
    subject.tidy()
    if done.returncode:
        words = done.stderr.strip().splitlines()
        raise NotRunning(words[-1] if words else f"exit code {done.returncode}")
    return Sample(*json.loads(done.stdout))


def in_turns(
    subjects: Mapping[str, Subject], rounds: int, *, warm_up: bool = True
) -> tuple[dict[str, list[Sample]], dict[str, str]]:
    """Samples of each in `rounds` rounds, and why those that don't work don't. A round before them may warm up."""
    samples: dict[str, list[Sample]] = {name: [] for name in subjects}
    failures: dict[str, str] = {}
    for turn in range(rounds + warm_up):
        for name, subject in subjects.items():
            if name in failures:
                continue
            try:
                sample = run(subject)
            except (NotRunning, OSError) as error:
                failures[name] = str(error)
                samples.pop(name)
                continue
            if turn or not warm_up:
                samples[name].append(sample)
    return samples, failures


def ratio(ours: Sequence[Sample], theirs: Sequence[Sample], of: Callable[[Sample], float]) -> Spread:
    """Ours to theirs, round by round: both had the same neighbours."""
    return Spread.of([of(one) / max(of(other), 1e-9) for one, other in zip(ours, theirs, strict=True)])


def noise(times: int = 15) -> Spread:
    """Milliseconds that the same work takes again and again; on a quiet machine they are nearly equal."""
    block = bytes(8 * 2**20)

    def once() -> float:
        began = time.perf_counter()
        hashlib.sha256(block).digest()
        return 1000 * (time.perf_counter() - began)

    return Spread.of([once() for _ in range(times)])


def cpu(sample: Sample) -> float:
    """For `ratio`."""
    return sample.cpu


def wall(sample: Sample) -> float:
    """For `ratio`."""
    return sample.wall
