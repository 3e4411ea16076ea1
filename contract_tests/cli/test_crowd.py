"""Several exports on one screen: a bar for each that runs, as long as there are lines, and one for all."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from contract_tests.cli.conftest import TOKEN
from contract_tests.cli.programs import Terminal, environment
from contract_tests.cli.test_bars import Screen, drawn, watched
from profile_export import (
    DownloadProgress,
    DownloadRestarted,
    DownloadStarted,
    Event,
    ExportFailed,
    ExportFinished,
    ExportStarted,
    FilePublished,
    RetryScheduled,
    TaskCreated,
    TaskPolled,
    TaskSnapshot,
)
from profile_export.cli import crowd
from profile_export.cli.console import Console
from profile_export.cli.crowd import ManyBars, ManyLines, reporter
from profile_export.sandbox import SandboxSettings, start_sandbox

TARGET = Path("exports/1_database_export.csv")


def started(number: int) -> Event:
    return ExportStarted(export=f"e{number}", source=f"database:{number}", task_id=None)


def polled(number: int, progress: int, status: str = "in_progress", waited: float = 1.0) -> Event:
    return TaskPolled(export=f"e{number}", snapshot=TaskSnapshot("t", status, progress), waited=waited)


def finished(number: int) -> Event:
    return ExportFinished(export=f"e{number}", files=1, total=2)


def failed(number: int, slug: str = "task-failed") -> Event:
    return ExportFailed(export=f"e{number}", slug=slug, message="it ended\x1b[2J badly")


def show(*events: Event, exports: int = 3, lines: int = 24) -> Screen:
    with watched() as screen, pytest.MonkeyPatch.context() as patch:
        patch.setattr(crowd, "_height", lambda: lines)
        patch.setenv("LINES", str(lines))
        with ManyBars(Console(), exports) as bars:
            for event in events:
                bars(event)
    return screen


def rows(text: str, wide: int = 100) -> list[str]:
    """What a terminal shows at the end, for the few codes that bars use."""
    screen, line, column = [""], 0, 0
    for code, letter in re.findall(r"(\x1b\[A|\x1b\[K)|(.|\n)", text):
        if code == "\x1b[A":
            line = max(line - 1, 0)
        elif letter == "\n":
            line, column = line + 1, 0
            screen += [""] * (line + 1 - len(screen))
        elif letter == "\r":
            column = 0
        elif letter:
            screen[line] = f"{screen[line]:<{column}}"[:column] + letter + screen[line][column + 1 :]
            column += 1
    return [row.rstrip() for row in screen]


def test_each_that_runs_has_a_bar_of_its_own() -> None:
    screen = show(started(1), started(2), polled(1, 40), polled(2, 70), polled(1, 60))
    assert {40, 60} <= set(screen.drawn("database:1"))
    assert 70 in screen.drawn("database:2")
    assert "0 of 3 exports done" in screen.getvalue()


def test_bytes_follow_the_task_and_go_back_when_they_are_lost() -> None:
    screen = show(
        started(1),
        polled(1, 100, "completed"),
        DownloadStarted(export="e1", target=TARGET, size=4000),
        DownloadProgress(export="e1", target=TARGET, received=3000),
        DownloadRestarted(export="e1", target=TARGET),
        DownloadStarted(export="e1", target=TARGET, size=4000),
        DownloadProgress(export="e1", target=TARGET, received=1000),
    )
    percents = screen.drawn(f"database:1 {TARGET.name}")
    assert percents[percents.index(75) :].index(0) < percents[percents.index(75) :].index(25)
    assert "3.00k/4.00k" in screen.getvalue()


def test_at_the_end_one_line_is_left() -> None:
    screen = show(started(1), polled(1, 50), started(2), finished(1), failed(2), started(3), finished(3))
    left = [row for row in rows(screen.getvalue()) if row]
    assert left[0] == "database:2: failed: it ended\\x1b[2J badly"
    assert left[1].startswith("2 of 3 exports done, 1 failed")
    assert len(left) == 2


def test_an_interrupted_export_is_no_failure() -> None:
    screen = show(started(1), started(2), failed(1, "interrupted"), failed(2, "interrupted"))
    assert "failed" not in screen.getvalue()


def test_there_are_never_more_bars_than_lines_and_a_freed_one_goes_to_the_next() -> None:
    many = [started(number) for number in range(1, 9)]
    screen = show(*many, polled(8, 30), exports=9, lines=6)
    assert screen.drawn("database:3")
    assert not screen.drawn("database:8")
    assert len(rows(screen.getvalue())) <= 6
    screen = show(*many, *(finished(number) for number in range(1, 8)), polled(8, 30), exports=9, lines=6)
    assert 30 in screen.drawn("database:8")
    assert len(rows(screen.getvalue())) <= 6


def test_a_task_may_lie_about_its_percent_and_its_status() -> None:
    screen = show(started(1), polled(1, 900), polled(1, -5, "odd\x1b[2J" * 20))
    assert max(screen.drawn("database:1")) == 100
    assert "odd\\x1b[2J" in screen.getvalue()
    assert "\x1b[2J" not in screen.getvalue()


def test_a_retry_is_told_above_the_bars() -> None:
    screen = show(
        started(1),
        polled(1, 10),
        RetryScheduled(export="e1", operation="status", attempt=2, delay=0.5, reason="it broke"),
        polled(1, 20),
    )
    first = next(row for row in rows(screen.getvalue()) if row)
    assert first == "database:1: status failed, attempt 2 in 0.5 s: it broke"


def test_events_of_no_export_are_nothing() -> None:
    assert drawn("", show(polled(7, 10)).getvalue()) == []


def test_lines_say_whose_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    with ManyLines(Console()) as lines:
        for event in (
            started(1),
            started(2),
            TaskCreated(export="e1", task_id="task_1", request_id="r"),
            polled(1, 10, waited=31),
            polled(2, 20, waited=32),
            polled(1, 15, waited=40),
            FilePublished(export="e2", target=TARGET, size=1200),
            finished(2),
            failed(1),
        ):
            lines(event)
    assert capsys.readouterr().err.splitlines() == [
        "database:1: task created: task_1",
        "database:1: 10% in_progress, 31 s waited",
        "database:2: 20% in_progress, 32 s waited",
        f"database:2: file verified: {TARGET}, 1.2 kB",
        "database:1: failed: it ended\\x1b[2J badly",
    ]


@pytest.mark.parametrize(
    ("console", "term", "kind"),
    [(Console(), "xterm", ManyBars), (Console(), "dumb", ManyLines), (Console(json=True), "xterm", ManyLines)],
)
def test_who_gets_bars(console: Console, term: str, kind: type) -> None:
    with watched(term):
        assert type(reporter(console, 2)) is kind


@pytest.mark.parametrize("size", [(80, 24), (40, 4)])
def test_on_a_true_terminal(tmp_path: Path, size: tuple[int, int]) -> None:
    settings = SandboxSettings(data_dir=tmp_path / "panel", token=TOKEN, profiles=40, task_seconds=0.5)
    with start_sandbox(settings) as panel:
        env = environment(PROFILE_EXPORT_TOKEN=TOKEN, PROFILE_EXPORT_BASE_URL=panel.url)
        words = ("run", "database:1", "database:2", "segment:1", "segment:7", "segment:9", "--to", str(tmp_path / "a"))
        terminal = Terminal(*words, env=env, columns=size[0], lines=size[1])
        assert terminal.ended() == 0
    assert re.search(r"\r(database|segment):\d: +\d+%\|", terminal.seen)
    assert "5 of 5 exports done" in terminal.seen
    assert "5 files, " in terminal.seen
    assert len(os.listdir(tmp_path / "a")) == 5  # noqa: PTH208
