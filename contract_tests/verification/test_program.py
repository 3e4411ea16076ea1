"""`scripts/verify` as people and CI run it: in a process of its own, against a panel in another one."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.cli.programs import PATIENCE, Running, environment, running, until
from contract_tests.secrets.sweep import MARKER, leaks

ROOT = Path(__file__).resolve().parents[2]
VERIFY = [str(ROOT / "scripts" / "verify")]
FAST = ("--pace", "0")


@pytest.fixture(scope="module")
def panel() -> Iterator[str]:
    """The address of a panel in a process of its own."""
    words = ("sandbox", "--port", "0", "--profiles", "60", "--task-seconds", "0.3", "--json", "--quiet")
    with running(*words, env=environment(PROFILE_EXPORT_TOKEN=MARKER)) as sandbox:
        sandbox.until(lambda: "}\n" in sandbox.out)
        yield re.findall(r"http://[\d.:]+", sandbox.out)[0]
        sandbox.process.send_signal(signal.SIGINT)


class Lookout(threading.Thread):
    """Looks at what every user of this machine can see of a program and of what it starts, while it runs."""

    def __init__(self, program: Running) -> None:
        super().__init__()
        self.program = program
        self.seen = ""

    def run(self) -> None:
        while self.program.process.poll() is None:
            self._look(self.program.process.pid)
            time.sleep(0.2)

    def _look(self, pid: int) -> None:
        with contextlib.suppress(OSError):  # it has ended meanwhile
            process = Path("/proc") / str(pid)
            self.seen += process.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace") + "\n"
            for children in process.glob("task/*/children"):
                for child in children.read_text(encoding="ascii").split():
                    self._look(int(child))


@pytest.mark.timeout(300)
def test_a_verification_from_end_to_end(panel: str, tmp_path: Path) -> None:
    words = ("--base-url", panel, "--source", "database:1", "--source", "segment:7", *FAST)
    reports = ("--json", "verdict.json", "--junit", "junit.xml", "--html", "report.html")
    env = environment(PROFILE_EXPORT_TOKEN=MARKER, GITHUB_ACTIONS="true")
    with running(*words, *reports, env=env, command=VERIFY, cwd=tmp_path) as program:
        lookout = Lookout(program)
        lookout.start()
        code = program.process.wait(8 * PATIENCE)
        lookout.join()
        program.ended()
    assert code == 0, program.err
    verdict = json.loads((tmp_path / "verdict.json").read_text(encoding="utf-8"))
    assert (verdict["verdict"], verdict["exports"]) == ("kept", {"made": 3, "budget": 3})
    assert program.err.endswith("The contract is kept.\n")
    assert "Never more than 58 requests and 3 exports" in program.err.split("preflight")[0]
    assert "scripts.verification" in lookout.seen
    # Nothing else is left where it was run, and nothing of what is left, said or shown holds the token.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["junit.xml", "report.html", "verdict.json"]
    written = [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()]
    assert [found for part in (*written, program.out, program.err, lookout.seen) for found in leaks(part)] == []


def test_a_wrong_token_ends_with_3_and_a_verdict_on_stdout(panel: str, tmp_path: Path) -> None:
    words = ("--base-url", panel, "--source", "database:1", "--wire-format", "json", *FAST)
    env = environment(PROFILE_EXPORT_TOKEN="another-token", GITHUB_ACTIONS="true")
    with running(*words, env=env, command=VERIFY, cwd=tmp_path) as program:
        program.process.wait(8 * PATIENCE)
        code = program.ended()
    assert code == 3
    assert json.loads(program.out)["verdict"] == "unknown"
    assert "::warning title=Nothing can be said.::the token was refused" in program.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_a_verdict(panel: str, tmp_path: Path, number: signal.Signals) -> None:
    words = (
        "--base-url",
        panel,
        "--source",
        "database:1",
        "--pace",
        "30",
        "--json",
        "verdict.json",
        "--html",
        "a.html",
    )
    env = environment(PROFILE_EXPORT_TOKEN=MARKER)
    with running(*words, env=env, command=VERIFY, cwd=tmp_path) as program:
        until(lambda: "export database:1" in program.err, lambda: program.err)
        os.kill(program.process.pid, number)
        code = program.ended()
    assert code == 130, program.err
    verdict = json.loads((tmp_path / "verdict.json").read_text(encoding="utf-8"))
    assert (verdict["verdict"], verdict["exit_code"]) == ("interrupted", 130)
    assert verdict["requests"]["sent"] >= 1
    assert "Interrupted" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert leaks(program.err + program.out) == []
