"""When to ask for a task's status again, and what its answer means for the wait."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import attrs

from profile_export.policy import PollPolicy
from profile_export.types import TaskSnapshot

# The estimate may stretch a delay to this many times the base, so that a lying `progress` costs little.
STRETCH: Final = 3.0
# Nor may it shorten one below this part of the base, so that a liar can't make us pester the panel.
SHRINK: Final = 0.1

Verdict: TypeAlias = Literal["running", "completed", "failed", "unknown"]


@attrs.frozen
class Observation:
    """`progress` percent, seen `at` seconds after the wait began."""

    at: float
    progress: int


def judge(snapshot: TaskSnapshot) -> Verdict:
    """What a status word means; an undocumented word means a running task, unless nothing is left to do."""
    if snapshot.completed:
        return "completed"
    if snapshot.failed:
        return "failed"
    return "unknown" if snapshot.progress >= 100 else "running"


def base_delay(policy: PollPolicy, waited: float) -> float:
    """A fixed part of the time waited so far: short tasks are noticed soon, long ones are not pestered."""
    return max(min(policy.fraction * waited, policy.max_delay), policy.min_delay)


def remaining(history: Sequence[Observation], now: float) -> float | None:
    """Seconds until 100 percent by the recent slope of `progress`, or None where progress tells nothing.

    An estimate that has passed is as good as none, or a task stuck at 99 percent would be asked for without a pause.
    """
    if len(history) < 2:
        return None
    before, last = history[-2], history[-1]
    if not 0 <= before.progress < last.progress < 100 or last.at <= before.at:
        return None
    slope = (last.progress - before.progress) / (last.at - before.at)
    rest = (100 - last.progress) / slope - (now - last.at)
    return rest if rest > 0 else None


def next_delay(policy: PollPolicy, *, waited: float, history: Sequence[Observation], draw: float) -> float:
    """Seconds until the next question.

    Args:
        policy: The bounds.
        waited: Seconds since the wait began.
        history: The observations so far in which `progress` changed, oldest first; the last two count.
        draw: A random number in [0, 1) for the jitter.
    """
    base = base_delay(policy, waited)
    rest = remaining(history, waited)
    delay = base if rest is None else min(max(rest / 2, policy.min_delay, SHRINK * base), STRETCH * base)
    return delay * (1 + policy.jitter * (2 * draw - 1))


def observe(history: Sequence[Observation], seen: Observation) -> tuple[Observation, ...]:
    """The history with `seen` added; a progress that goes back makes the slope unknown, one that stays adds nothing."""
    if history and seen.progress == history[-1].progress:
        return tuple(history)
    if history and seen.progress < history[-1].progress:
        return (seen,)
    return (*history[-1:], seen)
