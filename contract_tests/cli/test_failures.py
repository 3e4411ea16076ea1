"""Panels that fail, lie or try to harm: the exit code tells what it was, and a terminal is safe from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract_tests.cli.conftest import TOKEN, Cli, Outcome
from contract_tests.cli.fakes import (
    CREATE,
    CSV,
    LINK,
    STATUS,
    TASK,
    Answer,
    FakePanel,
    broken_off,
    envelope,
    page,
    state,
)
from profile_export.cli import session

EVIL = "evil\x1b]0;owned\x07\x1b[2J\r\n\u202egpj.exe\x9b31m"
HTML = "<!doctype html><title>Welcome</title><p>Hello"


def run_against(answers: dict[str, Answer], cli: Cli, target: Path, *options: object) -> Outcome:
    with FakePanel(answers) as panel:
        return cli("run", "database:1", "--to", target, *options, url=panel.url)


FAILURES: dict[str, tuple[dict[str, Answer], int, str, str]] = {
    "no panel": ({CREATE: page(HTML)}, 9, "contract", "this is not an answer of the export API: HTTP 200"),
    "nothing there": ({CREATE: page(HTML, status=404)}, 9, "contract", "this is not an answer of the export API"),
    "no task id": ({CREATE: envelope({})}, 8, "create-outcome-unknown", "the answer has no member 'task_id'"),
    "failed task": ({STATUS: state("failed", 40)}, 5, "task-failed", "the task ended as 'failed' at 40 percent"),
    "no links": ({STATUS: state(urls=[])}, 9, "contract", "the task is finished, but its result has no usable 'urls'"),
    "no progress": ({STATUS: envelope({"status": "completed"})}, 9, "contract", "the answer has no member"),
    "page for a file": ({STATUS: state(), LINK: page(HTML)}, 7, "integrity", "the panel sent a page in place of"),
    "file is gone": ({STATUS: state(), LINK: page("", status=404)}, 7, "link-expired", "no longer has the file"),
    "foreign link": ({STATUS: state(urls=["https://evil.example/x.csv"])}, 7, "unsafe-link", "evil.example"),
    "rows missing": (
        {STATUS: state(total=3), LINK: page(CSV, "text/csv")},
        7,
        "integrity",
        "the files hold 2 rows, but the panel announced 3 profiles",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failures(cli: Cli, tmp_path: Path, name: str) -> None:
    answers, code, slug, message = FAILURES[name]
    done = run_against(answers, cli, tmp_path, "--json", "--retries", "0")
    error = done.document["error"]
    assert (done.code, error["exit_code"], error["slug"]) == (code, code, slug)
    assert message in done.first
    assert done.first == f"profile-export: {error['message']}"
    assert "Traceback" not in done.err
    assert not [path for path in tmp_path.iterdir() if path.suffix != ".rejected"]


def test_a_task_that_can_still_be_fetched_is_named(cli: Cli, tmp_path: Path) -> None:
    target = tmp_path / "a folder"
    with FakePanel({STATUS: state(), LINK: page(HTML)}) as panel:
        options = ("--timeout", "2h", "--auth", "bearer", "--file-format", "csv", "--retries", "0")
        done = cli("run", "database:1", "--to", target, "--base-url", panel.url, *options)
    words = f"--to '{target}' --file-format csv --base-url {panel.url} --auth bearer --retries 0 --timeout 7200"
    assert f"hint: to go on: profile-export download {TASK} {words}" in done.err


def test_a_failed_task_leaves_nothing_to_go_on_with(cli: Cli, tmp_path: Path) -> None:
    assert "to go on" not in run_against({STATUS: state("failed", 40)}, cli, tmp_path).err


def test_a_file_that_breaks_off_once_is_fetched_again(cli: Cli, tmp_path: Path) -> None:
    answers = {STATUS: state(), LINK: broken_off(then=page(CSV, "text/csv"))}
    done = run_against(answers, cli, tmp_path)
    assert done.code == 0
    assert "download failed, attempt 2 in " in done.err
    assert (tmp_path / "1_database_export.csv").read_bytes() == CSV


HOSTILE: dict[str, dict[str, Answer]] = {
    "error text": {CREATE: envelope(error=400, text=EVIL)},
    "task id": {CREATE: envelope({"task_id": EVIL}), STATUS: state("failed", 1)},
    "task id of a good export": {CREATE: envelope({"task_id": EVIL}), STATUS: state(), LINK: page(CSV, "text/csv")},
    "status": {STATUS: state(EVIL, 100)},
    "failed errors": {STATUS: state("failed", 100, errors=[EVIL, {EVIL: EVIL}])},
    "warnings": {STATUS: state(errors=[EVIL]), LINK: page(CSV, "text/csv")},
    "link": {STATUS: state(urls=[f"/api/download/data/1/{EVIL}.csv"])},
    "page": {CREATE: page(EVIL)},
    "member": {CREATE: envelope({EVIL: 1})},
}


@pytest.mark.parametrize("options", [[], ["--json"], ["-v"]], ids=["people", "programs", "log"])
@pytest.mark.parametrize("name", HOSTILE)
def test_no_panel_can_steer_a_terminal(cli: Cli, tmp_path: Path, name: str, options: list[str]) -> None:
    done = run_against(HOSTILE[name], cli, tmp_path, "--retries", "0", "--timeout", "0", *options)
    for line in (done.out + done.err).split("\n"):
        assert line.isprintable(), line


def test_ids_and_states_of_a_hostile_panel_are_shown_harmless(cli: Cli) -> None:
    with FakePanel({CREATE: envelope({"task_id": EVIL}), STATUS: state(EVIL, 3)}) as panel:
        outs = [cli(*words, url=panel.url).out for words in (["create", "database:1"], ["status", EVIL])]
    assert all("evil\\x1b]0;owned" in out and out.rstrip("\n").isprintable() for out in outs)


def test_an_id_that_looks_like_an_option(cli: Cli, tmp_path: Path) -> None:
    done = run_against({CREATE: envelope({"task_id": "--overwrite"}), STATUS: state(urls=[])}, cli, tmp_path)
    assert f"hint: to go on: profile-export download --to {tmp_path} -- --overwrite" in done.err


@pytest.fixture
def broken_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(options: object) -> str:
        raise KeyError(f"no {TOKEN}\x1b here")

    monkeypatch.setattr(session, "token_for", lambda *_: (TOKEN, "here"))
    monkeypatch.setattr(session, "is_open_to_others", broken)


@pytest.mark.usefixtures("broken_program")
def test_a_bug_is_called_a_bug(cli: Cli) -> None:
    done = cli("create", "database:1", "--base-url", "https://panel.example.com", "--json")
    assert (done.code, done.document["error"]["slug"]) == (1, "bug")
    assert done.first == (
        "profile-export: this is a bug in profile-export, please report it: KeyError: 'no ***\\x1b here'"
    )
    assert "Traceback" not in done.err
    assert TOKEN not in done.err + done.out


@pytest.mark.usefixtures("broken_program")
def test_the_traceback_of_a_bug(cli: Cli) -> None:
    done = cli("create", "database:1", "--base-url", "https://panel.example.com", "--verbose")
    assert (done.code, done.err.startswith("Traceback (most recent call last):")) == (1, True)
    assert TOKEN not in done.err
