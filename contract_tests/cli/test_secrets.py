"""A marker token through every command, loud and silent, in good and bad ends: nothing ever shows it."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from contract_tests.cli.conftest import TOKEN, Cli
from contract_tests.cli.fakes import CREATE, CSV, LINK, STATUS, Answer, FakePanel, envelope, page, state
from contract_tests.cli.programs import environment, running
from profile_export.sandbox import RunningSandbox

# The second one looks different in a URL.
TOKENS = [TOKEN, "marker/5c1f 0e+of&the=token"]
SPEECH = [[], ["--json"], ["-vvv"], ["--quiet"], ["--json", "--verbose"]]


def assert_unseen(token: str, text: str, folder: Path) -> None:
    for shape in (token, quote(token), quote(token, safe="")):
        assert shape not in text
        for path in folder.rglob("*"):
            assert shape not in str(path)
            assert path.is_dir() or shape.encode() not in path.read_bytes()


@pytest.mark.parametrize("speech", SPEECH, ids=" ".join)
def test_good_ends(cli: Cli, panel: RunningSandbox, tmp_path: Path, speech: list[str]) -> None:
    target = tmp_path / "out"
    commands: list[list[object]] = [
        ["run", "database:1", "--to", target, "--auth", "body"],
        ["run", "segment:7", "--to", target, "--auth", "bearer", "--wire-format", "xml"],
        ["create", "segment:7"],
    ]
    texts = [cli(*words, *speech, url=panel.url) for words in commands]
    task_id = cli("create", "database:1", "-q", url=panel.url).out.strip()
    commands = [["status", task_id], ["wait", task_id], ["download", task_id, "--to", target / "again"]]
    texts += [cli(*words, *speech) for words in commands]
    assert [done.code for done in texts] == [0] * 6
    assert_unseen(TOKEN, "".join(done.out + done.err for done in texts), tmp_path)


def echoes(token: str) -> dict[str, dict[str, Answer]]:
    """Panels that repeat the token wherever they can."""
    return {
        "page": {CREATE: page(f"<p>you sent {token}")},
        "error": {CREATE: envelope(error=400, text=f"you sent {token}")},
        "refusal": {CREATE: envelope(error=403, text=f"you sent {quote(token)}")},
        "task id": {CREATE: envelope({"task_id": token}), STATUS: state("failed", 2)},
        "task errors": {STATUS: state("failed", 100, errors=[f"you sent {token}", {token: token}])},
        "status": {STATUS: state(token, 100)},
        "link": {STATUS: state(urls=[f"/api/download/{token}/{token}.csv?token={quote(token, safe='')}"])},
        "foreign link": {STATUS: state(urls=[f"https://{quote(token, safe='')}.example/x.csv"])},
        "warnings": {STATUS: state(errors=[token]), LINK: page(CSV, "text/csv")},
        "no file": {STATUS: state(), LINK: page(f'{{"error": 404, "error_text": "{token}"}}', "application/json")},
    }


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("name", echoes(""))
def test_panels_that_repeat_it(cli: Cli, tmp_path: Path, name: str, token: str) -> None:
    with FakePanel(echoes(token)[name]) as fake:
        for number, speech in enumerate(([], ["--json", "-v"])):
            words = ["--retries", "0", "--timeout", "0", *speech]
            done = cli("run", "database:1", "--to", tmp_path / str(number), *words, url=fake.url, token=token)
            assert_unseen(token, done.out + done.err, tmp_path)


def test_bad_ends(cli: Cli, slow_panel: RunningSandbox, nobody: int, tmp_path: Path) -> None:
    away = f"http://127.0.0.1:{nobody}"
    for words, code in (
        (["run", "database:1", "--to", tmp_path, "--timeout", "0", "-v", "--base-url", slow_panel.url], 6),
        (["run", "database:404", "--to", tmp_path, "-v", "--base-url", slow_panel.url], 4),
        (["run", "database:1", "--to", tmp_path, "--base-url", away, "--retries", "1", "-v"], 8),
        (["download", "t", "--to", tmp_path, "--base-url", away, "--retries", "0", "--json"], 8),
        (["run", "database:1", "--to", tmp_path, "--base-url", f"{away}/?token={TOKEN}"], 2),
        (["run", "database:1", "--to", tmp_path, "--timeout", TOKEN], 2),
        (["run", f"database:{TOKEN}", "--to", tmp_path], 2),
    ):
        done = cli(*words)
        assert done.code == code
        if code != 2 or "--base-url" in words:
            assert_unseen(TOKEN, done.out + done.err, tmp_path)


def arguments_of(process: int) -> str:
    """What every user of this machine can read of a process."""
    listed = Path(f"/proc/{process}/cmdline")
    if listed.exists():
        return listed.read_text(encoding="utf-8")
    return subprocess.run(["ps", "-o", "args=", "-p", str(process)], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(("source", "number"), [("stdin", signal.SIGINT), ("file", signal.SIGTERM)])
def test_the_list_of_processes_and_signals(
    slow_panel: RunningSandbox, tmp_path: Path, source: str, number: signal.Signals
) -> None:
    env = environment(PROFILE_EXPORT_BASE_URL=slow_panel.url)
    file = tmp_path / "secret"
    file.write_text(f"{TOKEN}\n", encoding="utf-8")
    words = ["run", "database:1", "--to", str(tmp_path / "out"), "-v"]
    words += ["--token-file", "-" if source == "stdin" else str(file)]
    with running(*words, env=env) as program:
        assert program.process.stdin is not None
        if source == "stdin":
            program.process.stdin.write(f"{TOKEN}\n".encode())
        program.process.stdin.close()
        program.until(lambda: "TaskPolled" in program.err)
        shown = arguments_of(program.process.pid)
        program.process.send_signal(number)
        assert program.ended() == 128 + number
    assert "database:1" in shown
    assert "to go on: " in program.err
    assert_unseen(TOKEN, shown + program.out + program.err, tmp_path / "out")
