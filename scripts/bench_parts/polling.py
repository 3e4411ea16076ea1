"""Polling: questions asked against lateness, for our policy and for those of others, on a virtual clock.

Ours is the real flow of a wait (`_wait.Wait`), with its real policy. The others are written from their documented
constants; each is what its user gets without choosing anything.
"""

from __future__ import annotations

import itertools
import math
import random
import statistics
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import attrs

from profile_export import PollPolicy, RetryPolicy, TaskSnapshot
from profile_export import _effects as do
from profile_export._requests import Settings
from profile_export._transfer import parse_panel
from profile_export._wait import Wait
from profile_export.policy import DownloadPolicy
from scripts.bench_parts import front
from scripts.bench_parts.report import Goal, Part, Table

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "polling.svg"
OURS = "profile-export"

# A task's progress, 0 to 100, by the part of its duration that has passed, 0 to 1.
Shape = Callable[[float], float]
SHAPES: dict[str, Shape] = {
    "linear": lambda part: 100 * part,
    "slow start": lambda part: 100 * part**3,
    "fast start": lambda part: 100 * part ** (1 / 3),
    "steps": lambda part: 25 * math.floor(4 * part),
    "always 0": lambda _part: 0,
    "stuck at 99": lambda part: min(99, 500 * part),
    "lying": lambda part: (7919 * math.floor(1000 * part)) % 100,
}
DURATIONS = [2, 5, 10, 20, 45, 90, 180, 360, 720, 1800, 3600, 7200, 14_400]

# Of the time waited so far: what ours would be with another choice.
FRACTIONS = [0.02, 0.05, 0.1, 0.2, 0.4]

# Delays before each question; the first may be 0.
Policy = Callable[[random.Random], Iterator[float]]


def _every(seconds: float, *, at_once: bool) -> Policy:
    return lambda _chance: itertools.chain([0.0] if at_once else [], itertools.repeat(seconds))


def _google(chance: random.Random) -> Iterator[float]:
    """google-api-core: `DEFAULT_POLLING` from 1 to 20 s by 1.5, each drawn evenly from 0 to that."""
    yield 0.0
    delay = 1.0
    while True:
        yield chance.uniform(0, delay)
        delay = min(1.5 * delay, 20.0)


def _databricks(chance: random.Random) -> Iterator[float]:
    """databricks-sdk: 1, 2, 3 ... 10 s, and up to one more by chance."""
    yield 0.0
    for attempt in itertools.count(1):
        yield min(10, attempt) + chance.random()


def _snowflake(_chance: random.Random) -> Iterator[float]:
    """snowflake-connector: half a second times a table, whose last entry stays."""
    table = [1, 1, 2, 3, 4, 8, 10]
    yield 0.0
    yield from (0.5 * entry for entry in table)
    yield from itertools.repeat(0.5 * table[-1])


PEERS: dict[str, Policy] = {
    "azure-core (30 s)": _every(30, at_once=False),
    "google-api-core (1 to 20 s)": _google,
    "botocore waiter (15 s)": _every(15, at_once=True),
    "Airbyte (5 s)": _every(5, at_once=True),
    "databricks-sdk (1 to 10 s)": _databricks,
    "snowflake-connector (table)": _snowflake,
}


@attrs.frozen
class Cost:
    """Of one wait: how often was asked, and how long after the task's end it was noticed."""

    questions: int
    late: float


def of_peer(policy: Policy, duration: float, _shape: Shape, chance: random.Random) -> Cost:
    """Their delays don't look at progress."""
    now = 0.0
    for questions, delay in enumerate(policy(chance), 1):
        now += delay
        if now >= duration:
            return Cost(questions, now - duration)
    raise AssertionError


def of_ours(poll: PollPolicy, duration: float, shape: Shape, chance: random.Random) -> Cost:
    """Performs the effects of the real flow; only sleeps let time pass."""
    settings = Settings(parse_panel("https://panel.example.com", None), poll, RetryPolicy(), DownloadPolicy())
    flow = Wait("task", settings, None).finish()
    now, questions = 0.0, 0
    answer: Any = None
    try:
        while True:
            match flow.send(answer):
                case do.Now():
                    answer = now
                case do.Draw():
                    answer = chance.random()
                case do.Sleep(seconds):
                    now, answer = now + seconds, None
                case do.QuietTime():
                    answer = 0.0
                case do.GetStatus():
                    questions, answer = questions + 1, _snapshot(now, duration, shape)
                case _:
                    answer = None
    except StopIteration:
        return Cost(questions, now - duration)


def _snapshot(now: float, duration: float, shape: Shape) -> TaskSnapshot:
    if now >= duration:
        return TaskSnapshot("task", "completed", 100, total=0, urls=())
    return TaskSnapshot("task", "in_progress", min(99, int(shape(now / duration))))


@attrs.frozen
class Score:
    """Over all durations and shapes: questions of an average wait, and lateness as a part of the task's duration.

    A second of lateness is forgiven: no policy here asks more often, and no export is worth it.
    """

    questions: float
    late: float


def score(costs: dict[tuple[float, str], list[Cost]]) -> Score:
    """Geometric means, so that the tasks of hours don't hide the others."""
    every = [(duration, cost) for (duration, _), several in costs.items() for cost in several]
    questions = statistics.geometric_mean(cost.questions for _, cost in every)
    late = statistics.geometric_mean(max(cost.late, 1.0) / max(duration, 10) for duration, cost in every)
    return Score(questions, late)


def compare(draws: int) -> dict[str, Score]:
    """Everybody's score, on the same tasks."""
    scores = {name: _score_of(partial(of_peer, policy), draws) for name, policy in PEERS.items()}
    scores[OURS] = _score_of(partial(of_ours, PollPolicy()), draws)
    return scores


def _score_of(cost: Callable[[float, Shape, random.Random], Cost], draws: int) -> Score:
    costs: dict[tuple[float, str], list[Cost]] = {}
    for duration, (name, shape) in itertools.product(DURATIONS, SHAPES.items()):
        # Not the round durations themselves: some would fall on somebody's questions.
        costs[duration, name] = [
            cost(duration * (1 + 0.37 * draw / draws), shape, random.Random(draw))  # noqa: S311 - a simulation
            for draw in range(draws)
        ]
    return score(costs)


def measure(quick: bool) -> Part:  # noqa: FBT001 - every part has this one switch
    """Draws the front, and counts who is better on both axes."""
    draws = 8 if quick else 32
    scores = compare(draws)
    own = scores[OURS]
    better = [name for name, other in scores.items() if other.questions < own.questions and other.late < own.late]
    worse = [name for name, other in scores.items() if other.questions > own.questions and other.late > own.late]
    points = {name: (found.questions, found.late) for name, found in scores.items()}
    curve = [_score_of(partial(of_ours, PollPolicy(fraction=fraction)), draws) for fraction in FRACTIONS]
    drawn = front.picture(points, OURS, [(found.questions, found.late) for found in curve])
    PICTURE.write_text(drawn, encoding="utf-8")
    rows = [[name, f"{found.questions:.1f}", f"{100 * found.late:.1f} %"] for name, found in scores.items()]
    verdict = f"Better on both: {', '.join(better) or 'nobody'}. Worse on both: {', '.join(worse) or 'nobody'}."
    columns = ["policy", "questions", "late by"]
    return Part(
        "polling",
        "Polling",
        "On a virtual clock: tasks from 2 seconds to 4 hours, whose progress is linear, starts slowly or fast, goes in"
        " steps, stays at 0, hangs at 99, or lies. Lateness is the part of a task's duration by which its end is"
        " noticed late (a second is forgiven). Both are geometric means over all tasks. The dashed line is ours with"
        " other fractions. See [how it is decided](polling.md).",
        [Table("Questions and lateness of an average wait", columns, rows, [verdict])],
        [Goal("peers that are better on both", len(better), 0)],
        picture=PICTURE.name,
    )
