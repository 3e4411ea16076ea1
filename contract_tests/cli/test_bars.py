"""Bars are for eyes: on a terminal only, and honest when bytes are lost."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contract_tests.cli.conftest import TOKEN
from contract_tests.cli.programs import Terminal, environment
from profile_export import (
    DownloadFinished,
    DownloadProgress,
    DownloadRestarted,
    DownloadStarted,
    Event,
    FilePublished,
    RetryScheduled,
    TaskCreated,
    TaskPolled,
    TaskSnapshot,
)
from profile_export.cli.console import Console
from profile_export.cli.crowd import reporter
from profile_export.cli.progress import Bars, Lines
from profile_export.sandbox import SandboxSettings, start_sandbox

TARGET = Path("exports/1_database_export.csv")


class Screen(io.StringIO):
    """A terminal that keeps what was drawn."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True

    def drawn(self, name: str) -> list[int]:
        return drawn(name, self.getvalue())


def drawn(name: str, text: str) -> list[int]:
    """The percents that a bar went through."""
    return [int(percent) for percent in re.findall(rf"{re.escape(name)}: +(\d+)%", text)]


@contextmanager
def watched(term: str = "xterm") -> Generator[Screen]:
    """Within, stderr is a terminal. No fixture: pytest puts its own stderr in place when a test begins."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TERM", term)
        patch.setenv("COLUMNS", "100")
        screen = Screen()
        patch.setattr(sys, "stderr", screen)
        yield screen


def polled(status: str, progress: int, urls: int = 0) -> TaskPolled:
    return TaskPolled(snapshot=TaskSnapshot("t", status, progress, urls=("/x",) * urls), waited=1.0)


def show(*events: Event) -> Screen:
    with watched() as screen, Bars(Console()) as bars:
        for event in events:
            bars(event)
    return screen


def test_first_the_percent_of_the_task_then_the_bytes_of_its_files() -> None:
    screen = show(
        TaskCreated(task_id="task_1", request_id="r"),
        polled("in_progress", 40),
        polled("completed", 100, urls=1),
        DownloadStarted(target=TARGET, size=4000),
        DownloadProgress(target=TARGET, received=1000),
        FilePublished(target=TARGET, size=4000),
    )
    assert screen.getvalue().startswith("task created: task_1\n")
    assert screen.drawn("task")[0] == 0
    assert screen.drawn("task")[-1] == 100
    assert 40 in screen.drawn("task")
    assert {0, 25, 100} <= set(screen.drawn(TARGET.name))
    assert "1.00k/4.00k" in screen.getvalue()
    assert re.search(r"B/s\]\n$", screen.getvalue())


def test_a_bar_goes_back_when_bytes_are_lost() -> None:
    screen = show(
        DownloadStarted(target=TARGET, size=4000),
        DownloadProgress(target=TARGET, received=3000),
        DownloadRestarted(target=TARGET),
        RetryScheduled(operation="download", attempt=2, delay=0.5, reason="the connection broke\x1b[2J"),
        DownloadStarted(target=TARGET, size=4000),
        DownloadProgress(target=TARGET, received=1000),
        FilePublished(target=TARGET, size=4000),
    )
    told = "download failed, attempt 2 in 0.5 s: the connection broke\\x1b[2J\n"
    before, _, after = screen.getvalue().partition(told)
    assert drawn(TARGET.name, before) == [0, 75, 0]
    assert drawn(TARGET.name, after)[-3:] == [25, 100, 100]


def test_a_task_may_go_back_too_and_lie_about_its_percent() -> None:
    screen = show(polled("in_progress", 60), polled("in_progress", 20), polled("in_progress", 900), polled("odd\n", -5))
    percents = screen.drawn("task")
    assert percents[percents.index(60) :][-1] == 0
    assert {20, 100} <= set(percents)
    assert max(percents) == 100
    assert "odd\\n" in screen.getvalue()


def test_many_files_leave_no_bars_behind() -> None:
    targets = [TARGET.with_name(f"{number}.csv") for number in range(20)]
    fetched = [
        event
        for target in targets
        for event in (DownloadStarted(target=target, size=10), DownloadFinished(target=target, size=10))
    ]
    screen = show(
        polled("completed", 100, urls=20), *fetched, *(FilePublished(target=target, size=10) for target in targets)
    )
    assert screen.getvalue().count("\n") == 1
    assert screen.drawn("7.csv")[-1] == 100


def test_files_that_are_fetched_at_once_have_one_bar() -> None:
    one, two = TARGET, TARGET.with_name("2.csv")
    screen = show(
        DownloadStarted(target=one, size=40),
        DownloadProgress(target=one, received=20),
        DownloadStarted(target=two, size=60),
        DownloadProgress(target=two, received=30),
        DownloadFinished(target=one, size=40),
        DownloadRestarted(target=two),
        DownloadProgress(target=two, received=50),
        DownloadFinished(target=two, size=60),
        FilePublished(target=one, size=40),
        FilePublished(target=two, size=60),
    )
    drawn = screen.drawn("2 files")
    assert drawn[-1] == 100
    assert drawn == [percent for percent in drawn if percent in {0, 20, 50, 70, 40, 90, 100}]
    assert {50, 40, 90} < {*drawn}
    assert screen.getvalue().count("\n") == 1


def test_a_file_of_unknown_size() -> None:
    screen = show(
        DownloadStarted(target=TARGET, size=None),
        DownloadProgress(target=TARGET, received=2000),
        FilePublished(target=TARGET, size=2500),
    )
    assert "2.50kB" in screen.getvalue()


@pytest.mark.parametrize(
    ("console", "term", "kind"),
    [
        (Console(), "xterm", Bars),
        (Console(), "dumb", Lines),
        (Console(quiet=True), "xterm", Lines),
        (Console(json=True), "xterm", Lines),
        (Console(verbose=True), "xterm", Lines),
    ],
)
def test_who_gets_bars(console: Console, term: str, kind: type) -> None:
    with watched(term):
        assert type(reporter(console)) is kind


def test_a_long_wait_without_a_terminal_is_told_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(Console())
    for waited in (0.0, 10.0, 31.0, 45.0, 62.0):
        lines(TaskPolled(snapshot=TaskSnapshot("t", "in_progress", int(waited)), waited=waited))
    assert capsys.readouterr().err == "task: 31% in_progress, 31 s waited\ntask: 62% in_progress, 62 s waited\n"


@pytest.mark.parametrize("columns", [100, 0])
def test_on_a_true_terminal(tmp_path: Path, columns: int) -> None:
    settings = SandboxSettings(data_dir=tmp_path / "panel", token=TOKEN, profiles=40, task_seconds=0.8)
    with start_sandbox(settings) as panel:
        env = environment(PROFILE_EXPORT_TOKEN=TOKEN, PROFILE_EXPORT_BASE_URL=panel.url)
        with (tmp_path / "result").open("wb") as result:
            words = ("run", "database:1", "--to", str(tmp_path / "a"))
            terminal = Terminal(*words, env=env, stdout=result.fileno(), columns=columns)
            assert terminal.ended() == 0
    assert re.search(r"\rtask: +0%\|.*\rtask: 100%\|", terminal.seen, re.DOTALL)
    assert re.search(r"\r1_database_export.csv: 100%\|.*B/s\]", terminal.seen)
    assert "complete and verified" not in terminal.seen
    assert (tmp_path / "result").read_text(encoding="utf-8").endswith("complete and verified\n")
