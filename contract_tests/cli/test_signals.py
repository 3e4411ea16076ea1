"""Ctrl-C and its relatives: nothing half-written stays, and a person is told how to go on."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from contract_tests.cli.conftest import TOKEN, Cli
from contract_tests.cli.fakes import LINK, STATUS, TASK, FakePanel, state
from contract_tests.cli.programs import PROGRAM, environment, running
from profile_export.cli.console import Console
from profile_export.cli.signals import Interrupted, raising
from profile_export.sandbox import RunningSandbox, SandboxSettings, start_sandbox


def hint_of(err: str) -> str:
    [line] = [line for line in err.splitlines() if line.startswith("hint: to go on: ")]
    return line.removeprefix("hint: to go on: ")


def test_ctrl_c_while_waiting_and_going_on_as_told(cli: Cli, tmp_path: Path) -> None:
    settings = SandboxSettings(data_dir=tmp_path / "panel", token=TOKEN, profiles=40, task_seconds=1.5)
    target = tmp_path / "my exports"
    with start_sandbox(settings) as panel:
        env = environment(PROFILE_EXPORT_TOKEN=TOKEN)
        with running("run", "database:1", "--to", str(target), "--base-url", panel.url, env=env) as program:
            program.until(lambda: "task created: " in program.err)
            program.process.send_signal(signal.SIGINT)
            code = program.ended()
        assert (code, program.out) == (130, "")
        assert "profile-export: interrupted by SIGINT" in program.err
        assert "Traceback" not in program.err
        assert not target.exists()
        name, *words = shlex.split(hint_of(program.err))
        assert (name, words[0]) == ("profile-export", "download")
        done = cli(*words)
    assert (done.code, done.out.splitlines()[-1].startswith("1 file, 40 profiles")) == (0, True)
    assert [path.name for path in target.iterdir()] == ["1_database_export.csv"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_an_end_in_the_middle_of_a_file(tmp_path: Path, number: signal.Signals, code: int) -> None:
    with FakePanel({STATUS: state()}) as panel:
        panel.answers[LINK] = panel.stalled()
        env = environment(PROFILE_EXPORT_TOKEN=TOKEN, PROFILE_EXPORT_BASE_URL=panel.url)
        with running("run", "database:1", "--to", str(tmp_path), "--json", env=env) as program:
            program.until(lambda: [path.stat().st_size for path in tmp_path.glob("*.part")] == [20])
            program.process.send_signal(number)
            assert program.ended() == code
    assert list(tmp_path.iterdir()) == []
    assert f"interrupted by {number.name}" in program.err
    assert hint_of(program.err) == f"profile-export download {TASK} --to {tmp_path}"
    assert f'"exit_code": {code}' in program.out


def test_an_end_before_the_task_is_known(tmp_path: Path) -> None:
    with FakePanel({}) as panel:
        panel.answers["/api/v1.1/profiles/get_all"] = panel.stalled()
        env = environment(PROFILE_EXPORT_TOKEN=TOKEN, PROFILE_EXPORT_BASE_URL=panel.url)
        with running("run", "database:1", "--to", str(tmp_path), env=env) as program:
            program.until(lambda: bool(panel.seen))
            program.process.send_signal(signal.SIGINT)
            assert program.ended() == 130
    assert "hint: the task may have been created: look at the panel's tasks before" in program.err


def test_ctrl_c_of_a_wait(cli: Cli, slow_panel: RunningSandbox) -> None:
    env = environment(PROFILE_EXPORT_TOKEN=TOKEN, PROFILE_EXPORT_BASE_URL=slow_panel.url)
    task_id = cli("create", "segment:7", url=slow_panel.url).out.strip()
    with running("wait", task_id, "--timeout", "none", "-v", env=env) as program:
        program.until(lambda: "TaskPolled" in program.err)
        program.process.send_signal(signal.SIGINT)
        assert program.ended() == 130
    assert hint_of(program.err) == f"profile-export wait {task_id} --timeout none"


def interrupted_twice() -> None:
    with raising():
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGINT)


def test_people_press_twice() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Interrupted) as caught:
        interrupted_twice()
    assert (caught.value.number, caught.value.exit_code, str(caught.value)) == (signal.SIGTERM, 143, "SIGTERM")
    assert signal.getsignal(signal.SIGTERM) == before


def test_an_ignored_signal_stays_ignored(cli: Cli, slow_panel: RunningSandbox) -> None:
    env = environment(PROFILE_EXPORT_TOKEN=TOKEN, PROFILE_EXPORT_BASE_URL=slow_panel.url)
    shell = ["sh", "-c", "trap '' HUP; exec profile-export \"$@\"", "sh"]
    env["PATH"] = os.pathsep.join([str(Path(PROGRAM).parent), env["PATH"]])
    task_id = cli("create", "segment:7", url=slow_panel.url).out.strip()
    with running("wait", task_id, "-v", env=env, command=shell) as program:
        program.until(lambda: "TaskPolled" in program.err)
        program.process.send_signal(signal.SIGHUP)
        program.until(lambda: program.err.count("TaskPolled") >= 2)
        program.process.send_signal(signal.SIGTERM)
        assert program.ended() == 143


EARLY = """
import sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "profile_export.cli.app":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
from profile_export.cli import main
sys.exit(main([]))
"""


def test_ctrl_c_while_the_program_is_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", EARLY], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_an_end_behind_the_result_adds_no_second_document(
    cli: Cli, panel: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Console.document

    def and_interrupted(console: Console, document: dict[str, Any]) -> None:
        written(console, document)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Console, "document", and_interrupted)
    done = cli("run", "database:1", "--to", tmp_path, "--json", url=panel.url)
    assert (done.code, len(done.document["files"])) == (143, 1)
    assert "interrupted by SIGTERM" in done.err


class EndsLate:
    """A signal comes while it is finalized."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)


def test_an_end_in_a_finalizer_is_not_lost() -> None:
    def work() -> None:
        EndsLate()
        for _ in range(100):
            time.sleep(0.05)

    with pytest.raises(Interrupted), raising():
        work()


def test_what_else_a_finalizer_meets_is_told_as_ever() -> None:
    told: list[Any] = []
    before, sys.unraisablehook = sys.unraisablehook, told.append
    try:
        with raising():
            Broken()
    finally:
        sys.unraisablehook = before
    assert [type(one.exc_value) for one in told] == [ZeroDivisionError]
    assert sys.unraisablehook is before


class Broken:
    def __del__(self) -> None:
        raise ZeroDivisionError
