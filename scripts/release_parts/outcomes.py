"""What a check found, and the line that tells it: a check that breaks has failed, and the next one is still run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


class CheckFailed(Exception):
    """A check can't be carried out to its end."""


@dataclass(frozen=True)
class Found:
    """The problems that a check found, what it tells when there are none, and lines that go with both."""

    problems: tuple[str, ...]
    note: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """A check that was run."""

    name: str
    found: Found
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether there was no problem."""
        return not self.found.problems

    def lines(self) -> list[str]:
        """The line of the check, and those that go with it."""
        word, text = ("ok  ", self.found.note) if self.passed else ("FAIL", "; ".join(self.found.problems))
        return [
            f"{word} {self.name}: {text} ({self.seconds:.1f} s)",
            *(f"       {line}" for line in self.found.details),
        ]


def judged(name: str, check: Callable[[], Found]) -> Outcome:
    begun = time.monotonic()
    try:
        found = check()
    except (CheckFailed, OSError, ValueError, LookupError) as error:
        lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
        found = Found((lines[0],), "", tuple(lines[1:]))
    return Outcome(name, found, time.monotonic() - begun)
