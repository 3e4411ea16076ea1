"""The doctor: one call that makes nothing tells what is wrong, and the exit code says it to programs."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from contract_tests.cli.conftest import TOKEN, Cli, Outcome
from contract_tests.cli.fakes import CREATE, STATUS, FakePanel, envelope, page, state
from profile_export.sandbox import RunningSandbox


def findings(done: Outcome) -> dict[str, tuple[bool, str]]:
    return {finding["what"]: (finding["good"], finding["text"]) for finding in done.document["findings"]}


def test_all_is_well(cli: Cli, panel: RunningSandbox, tmp_path: Path) -> None:
    done = cli("doctor", "--to", tmp_path / "new" / "folder", url=panel.url)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["ok", "program"],
        ["ok", "address"],
        ["ok", "token"],
        ["ok", "panel"],
        ["ok", "folder"],
    ]
    assert "it answers, has this API, and accepts the token" in done.out
    assert "which will be made" in lines[-1]
    assert TOKEN not in done.out
    assert list(tmp_path.iterdir()) == []
    assert cli("doctor", "--json", url=panel.url).document["good"] is True


def test_it_makes_no_task_and_asks_once(cli: Cli) -> None:
    with FakePanel({STATUS: envelope(error=400, text="Task not found")}) as fake:
        assert cli("doctor", url=fake.url).code == 0
        assert fake.seen == [STATUS]
        assert CREATE not in fake.seen


def test_a_refused_token(cli: Cli, panel: RunningSandbox) -> None:
    done = cli("doctor", "--json", url=panel.url, token="another-token")
    good, text = findings(done)["panel"]
    assert (done.code, good, "refuses the token" in text) == (3, False, True)
    assert done.document["findings"][-1]["hints"]
    assert "another-token" not in done.out


def test_no_token_but_a_panel_that_answers(cli: Cli, panel: RunningSandbox) -> None:
    done = cli("doctor", "--json", url=panel.url, token=None)
    found = findings(done)
    assert (done.code, found["token"][0]) == (2, False)
    assert found["panel"] == (True, "it answers, and has this API")


def test_no_address(cli: Cli) -> None:
    done = cli("doctor", "--json")
    assert (done.code, findings(done)["address"][0]) == (2, False)
    assert "panel" not in findings(done)


def test_nobody_answers(cli: Cli, nobody: int) -> None:
    done = cli("doctor", "--json", url=f"http://127.0.0.1:{nobody}")
    good, text = findings(done)["panel"]
    assert (done.code, good, "it can't be reached" in text) == (8, False, True)


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (page("<h1>Welcome</h1>"), 9, "not this API"),
        (page("Not here", status=404), 9, "not this API"),
        (envelope(error=402, text="tariff limit"), 4, "with an error"),
        (page("", status=503), 4, "with an error"),
        (state(), 9, "that is no panel"),
    ],
)
def test_something_else_answers(cli: Cli, answer: object, code: int, words: str) -> None:
    with FakePanel({STATUS: answer}) as fake:  # type: ignore[dict-item]
        done = cli("doctor", "--json", url=fake.url)
    good, text = findings(done)["panel"]
    assert (done.code, good, words in text) == (code, False, True), text


NOTHING_THERE = page('{"data": null, "error": 404, "error_text": "Nothing"}', "application/json", status=404)


@pytest.mark.parametrize("path", ["", "/", "/some/prefix"])
def test_a_404_is_said_of_paths_too(cli: Cli, path: str) -> None:
    with FakePanel({STATUS: NOTHING_THERE, f"/some/prefix{STATUS}": NOTHING_THERE}) as fake:
        done = cli("doctor", "--json", url=fake.url + path)
    finding = done.document["findings"][-1]
    # A panel may be below a path.
    doubted = path == "/some/prefix"
    assert (done.code, finding["good"], "accepts the token" in finding["text"]) == (0, True, not doubted)
    assert finding["hints"] == (["check the base URL: the panel's address, no path"] if doubted else [])


def test_a_full_disk(cli: Cli, panel: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    done = cli("doctor", "--to", tmp_path, "--json", url=panel.url)
    assert (done.code, findings(done)["folder"]) == (7, (False, f"can't write to {tmp_path}: No space left on device"))
    assert list(tmp_path.iterdir()) == []


def test_tls_for_a_panel_without_it(cli: Cli) -> None:
    with FakePanel({}) as fake:
        done = cli("doctor", "--json", url=fake.url.replace("http:", "https:"))
    assert done.document["findings"][-1]["hints"] == [
        "something answers there without TLS: is it http://, or another port?"
    ]


def test_an_address_that_is_none(cli: Cli) -> None:
    done = cli("doctor", "--json", url="panel.example.com")
    assert (done.code, findings(done)["panel"][0]) == (2, False)


def test_a_folder_that_can_not_be_written_to(cli: Cli, panel: RunningSandbox, tmp_path: Path) -> None:
    tmp_path.joinpath("file").touch()
    done = cli("doctor", "--json", "--to", tmp_path / "file" / "below", url=panel.url)
    assert (done.code, findings(done)["folder"][0]) == (7, False)
    assert findings(done)["panel"][0] is True


def test_a_name_that_no_folder_can_have(cli: Cli, panel: RunningSandbox, tmp_path: Path) -> None:
    done = cli("doctor", "--to", tmp_path / ("long" * 75), "--json", url=panel.url)
    good, text = findings(done)["folder"]
    assert (done.code, good, text.endswith(": File name too long")) == (7, False, True)
    (tmp_path / "file").write_text("mine")
    good, text = findings(cli("doctor", "--to", tmp_path / "file" / "below", "--json", url=panel.url))["folder"]
    assert (good, text) == (False, f"can't write to {tmp_path / 'file'}: Not a directory")
