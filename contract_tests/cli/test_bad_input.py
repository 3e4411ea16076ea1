"""Each mistake gets one clear line and its exit code; nothing is written, and nothing sent that needn't be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract_tests.cli.conftest import Cli
from contract_tests.cli.fakes import FakePanel
from profile_export.sandbox import RunningSandbox

BAD_WORDS = {
    "source": (["run", "foo", "--to", "OUT"], "not a source: 'foo'"),
    "source-number": (["run", "database:1x", "--to", "OUT"], "not a source: 'database:1x'"),
    "source-control": (["create", "database:\x1b[2J"], "not a source: 'database:\\x1b[2J'"),
    "two-sources": (["create", "database:1", "segment:7"], "one SOURCE at a time"),
    "a-source-twice": (["run", "database:1", "segment:7", "database:01", "--to", "OUT"], "database:1 is named 2 times"),
    "one-bad-source": (["run", "database:1", "segment:x", "--to", "OUT"], "not a source: 'segment:x'"),
    "no-jobs": (["run", "database:1", "segment:7", "--jobs", "0", "--to", "OUT"], "'--jobs': 0 is not in the range"),
    "no-source": (["create"], "Missing argument 'SOURCE"),
    "no-target": (["run", "database:1"], "Missing option '--to'"),
    "empty-target": (["run", "database:1", "--to", ""], "the folder that the files go to is a path that is not empty"),
    "no-task": (["status"], "Missing argument 'TASK_ID'"),
    "blank-task": (["status", " "], "a task id is a text that is not empty"),
    "not-json": (["run", "database:1", "--to", "OUT", "--where", "{oops"], "'--where': this is not JSON:"),
    "list": (["run", "database:1", "--to", "OUT", "--where", "[1]"], "'--where': this is JSON, but no object"),
    "twice": (["create", "database:1", "--where", '{"a": 1, "a": 2}'], "'--where': a name occurs twice"),
    "deep": (["create", "database:1", "--where", '{"a":' * 100_000], "'--where': this is nested too deeply"),
    "not-a-number": (["create", "database:1", "--where", '{"a": NaN}'], "where can't be sent as JSON"),
    "no-file": (["create", "database:1", "--where", "@nowhere"], "'--where': can't read nowhere: No such file"),
    "timeout": (["wait", "t", "--timeout", "5 weeks"], "'--timeout': '5 weeks' is no length of time"),
    "timeout-sign": (["wait", "t", "--timeout", "-5"], "'--timeout': '-5' is no length of time"),
    "format": (["create", "database:1", "--file-format", ""], "file_format is a word such as 'csv'"),
    "wire-format": (["create", "database:1", "--wire-format", "yaml"], "'--wire-format': 'yaml' is not one of"),
    "retries": (["create", "database:1", "--retries", "-1"], "'--retries': -1 is not in the range"),
    "connections": (
        ["run", "database:1", "--to", "OUT", "--connections", "17"],
        "'--connections': 17 is not in the range",
    ),
    "ca-file": (["create", "database:1", "--ca-file", "nowhere"], "can't read certificates from nowhere"),
    "option": (["run", "--frobnicate"], "No such option"),
    "command": (["frobnicate"], "No such command 'frobnicate'"),
    "nothing": (
        [],
        "say what to do: run, create, status, wait, download, pending, resume, sandbox, demo, config, doctor or comp",
    ),
}


@pytest.mark.parametrize("name", BAD_WORDS)
def test_bad_words(cli: Cli, tmp_path: Path, name: str) -> None:
    words, message = BAD_WORDS[name]
    target = tmp_path / "out"
    with FakePanel({}) as panel:
        done = cli(*(target if word == "OUT" else word for word in words), url=panel.url)
    assert done.code == 2
    assert message in done.first
    assert all(line.startswith(("profile-export: ", "hint: ")) for line in done.err.splitlines())
    assert (done.out, panel.seen, target.exists()) == ("", [], False)


def test_a_bad_word_as_a_document(cli: Cli) -> None:
    done = cli("run", "--frobnicate", "--json")
    error = done.document["error"]
    assert set(error) == {"slug", "message", "hints", "task_id", "exit_code"}
    assert (error["slug"], error["task_id"], error["exit_code"], done.code) == ("usage", None, 2, 2)
    assert error["hints"] == ["see profile-export run --help"]


BAD_URLS = {
    "": "base_url must begin with https:// or http://",
    "panel.example.com": "base_url must begin with https:// or http://",
    "ftp://panel.example.com": "base_url must begin with https:// or http://",
    "https://": "base_url must begin with https:// or http://",
    "https://me:secret@panel.example.com": "base_url must not hold a user name or password",
    "https://panel.example.com/?token=secret": "base_url must not have a query or fragment",
    "https://panel.example.com:99999": "base_url is not a URL",
}


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_malformed_address(cli: Cli, tmp_path: Path, url: str) -> None:
    done = cli("run", "database:1", "--to", tmp_path / "out", "--base-url", url)
    assert (done.code, done.first) == (2, f"profile-export: {BAD_URLS[url]}" + done.first.partition(BAD_URLS[url])[2])
    assert "hint: it looks like https://panel.example.com" in done.err
    assert "secret" not in done.err
    assert not (tmp_path / "out").exists()


def test_no_address(cli: Cli) -> None:
    done = cli("create", "database:1")
    assert (done.code, done.first) == (2, "profile-export: there is no address of a panel")
    assert "PROFILE_EXPORT_BASE_URL" in done.err


def test_nobody_listens_at_the_address(cli: Cli, tmp_path: Path, nobody: int) -> None:
    url = f"http://127.0.0.1:{nobody}"
    done = cli("run", "database:1", "--to", tmp_path / "out", "--retries", 1, url=url)
    assert done.code == 8
    assert done.first.startswith(f"profile-export: can't connect to {url}")
    assert [line.split(" in ")[0] for line in done.err.splitlines() if "attempt" in line] == [
        "create failed, attempt 2"
    ]
    assert list(tmp_path.iterdir()) == []


def test_the_token_over_an_open_line_is_warned_of(cli: Cli, nobody: int) -> None:
    urls = (f"http://0.0.0.0:{nobody}", f"https://0.0.0.0:{nobody}", f"http://127.0.0.1:{nobody}")
    done = [cli("create", "database:1", "--retries", "0", url=url) for url in urls]
    warned = ["warning: http:// sends the token readable for everyone" in each.err for each in done]
    assert ([each.code for each in done], warned) == ([8, 8, 8], [True, False, False])


def test_a_target_that_is_a_file(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with FakePanel({}) as panel:
        done = cli("run", "database:1", "--to", tmp_path / "file", url=panel.url)
        below = cli("run", "database:1", "--to", tmp_path / "file" / "out", url=panel.url)
    assert (done.code, below.code, panel.seen) == (7, 7, [])
    assert str(tmp_path / "file") in done.first
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def test_a_target_that_nobody_can_write_to(cli: Cli) -> None:
    with FakePanel({}) as panel:
        done = cli("run", "database:1", "--to", "/dev/null/out", url=panel.url)
    assert (done.code, panel.seen) == (7, [])
    assert done.first == "profile-export: /dev/null is a file, not a folder"


def test_a_full_disk(cli: Cli, panel: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10}))
    done = cli("run", "database:1", "--to", tmp_path, "--json", url=panel.url)
    assert (done.code, done.document["error"]["slug"]) == (7, "no-space")
    assert "but only 10 are free" in done.first
    assert not any(tmp_path.iterdir())


def test_a_file_that_is_there_already(cli: Cli, panel: RunningSandbox, tmp_path: Path) -> None:
    mine = tmp_path / "1_database_export.csv"
    mine.write_text("mine", encoding="utf-8")
    done = cli("run", "database:1", "--to", tmp_path, url=panel.url)
    assert (done.code, done.out) == (7, "")
    assert done.first == f"profile-export: {mine} exists already"
    assert mine.read_text(encoding="utf-8") == "mine"
    assert [path.name for path in tmp_path.iterdir()] == [mine.name]
    task_id = done.err.splitlines()[0].removeprefix("task created: ")
    assert f"hint: to replace it: profile-export download {task_id} --to {tmp_path} --overwrite" in done.err


def test_a_wrong_token(cli: Cli, panel: RunningSandbox, tmp_path: Path) -> None:
    target = tmp_path / "a" / "b"
    done = cli("run", "database:1", "--to", target, "--json", token="another-token", url=panel.url)
    assert (done.code, done.document["error"]["slug"]) == (3, "authentication")
    assert list(tmp_path.iterdir()) == []
    assert done.first.startswith("profile-export: the panel refused the token")


def test_an_unknown_source(cli: Cli, panel: RunningSandbox, tmp_path: Path) -> None:
    done = cli("run", "database:404", "--to", tmp_path / "new", url=panel.url)
    assert done.code == 4
    assert list(tmp_path.iterdir()) == []
    assert "There is no database with this source_id" in done.first


def test_an_unknown_task(cli: Cli, panel: RunningSandbox) -> None:
    done = cli("status", "task_unknown", "--json", url=panel.url)
    error = done.document["error"]
    assert (done.code, error["slug"], error["task_id"]) == (4, "task-not-found", "task_unknown")
    assert "to go on" not in done.err


def test_a_wait_that_is_over(cli: Cli, slow_panel: RunningSandbox, tmp_path: Path) -> None:
    done = cli("run", "database:1", "--to", tmp_path, "--timeout", "0.1s", "--json", url=slow_panel.url)
    error = done.document["error"]
    assert (done.code, error["slug"], error["exit_code"]) == (6, "wait-timeout", 6)
    # The same short wait would end in the same way.
    assert error["hints"][-1] == f"to go on: profile-export download {error['task_id']} --to {tmp_path}"
    assert json.loads(done.out) == {"error": error}
