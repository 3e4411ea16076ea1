"""Where the token may come from, and where it never does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from contract_tests.cli.conftest import TOKEN, Cli
from contract_tests.cli.programs import PROGRAM, Terminal, environment, finished
from profile_export.sandbox import RunningSandbox


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_from_a_file(cli: Cli, panel: RunningSandbox, tmp_path: Path, end: str) -> None:
    file = tmp_path / "token"
    file.write_bytes((TOKEN + end).encode())
    # The file was named on purpose, so it counts more than the environment.
    done = cli("create", "database:1", "--token-file", file, url=panel.url, token="not-this-one")
    assert done.code == 0


def test_from_stdin(panel: RunningSandbox) -> None:
    env = environment(PROFILE_EXPORT_BASE_URL=panel.url)
    done = finished("create", "database:1", "--token-file", "-", env=env, input=f"{TOKEN}\n")
    assert (done.returncode, done.stdout.startswith("task_")) == (0, True)


def test_a_token_that_is_typed_is_not_shown(panel: RunningSandbox) -> None:
    terminal = Terminal("create", "database:1", "--token-file", "-", env=environment(PROFILE_EXPORT_BASE_URL=panel.url))
    terminal.read_until("Token (not shown): ")
    terminal.type(f"{TOKEN}\n")
    assert terminal.ended() == 0
    assert "task created: task_" in terminal.seen
    assert TOKEN not in terminal.seen


BAD_FILES = {
    "empty": (b"", "is empty: there is no token"),
    "only an end of line": (b"\n", "is empty: there is no token"),
    "two lines": (b"one\ntwo\n", "holds more than one line"),
    "two ends of line": (b"abcdefgh\n\n", "has blanks around it, or characters that can't be printed"),
    "blanks": (b" abcdefgh", "has blanks around it, or characters that can't be printed"),
    "control": (b"abc\x1b[2Jdefgh", "has blanks around it, or characters that can't be printed"),
    "no text": (b"\xff\xfe\x00abcdefgh", "holds no text in UTF-8"),
    "huge": (b"abcdefgh" * 10_000, "is too long to hold just a token"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files(cli: Cli, tmp_path: Path, name: str) -> None:
    content, message = BAD_FILES[name]
    file = tmp_path / "token"
    file.write_bytes(content)
    done = cli("create", "database:1", "--token-file", file, url="https://panel.example.com")
    assert (done.code, message in done.first, str(file) in done.first) == (2, True, True)
    assert "abcdefgh" not in done.err
    assert done.err.isascii()
    # Not what was done already.
    assert "pass --token-file" not in done.err


def test_files_that_cannot_be_read(cli: Cli, tmp_path: Path) -> None:
    missing = cli("create", "database:1", "--token-file", tmp_path / "none", url="https://panel.example.com")
    folder = cli("create", "database:1", "--token-file", tmp_path, url="https://panel.example.com")
    assert (missing.code, folder.code) == (2, 2)
    assert missing.first.endswith("/none: No such file or directory")
    assert folder.first.endswith(": Is a directory")


@pytest.mark.parametrize(
    ("token", "message"),
    [
        (None, "there is no token"),
        ("", "PROFILE_EXPORT_TOKEN is empty: there is no token"),
        ("abcdefgh\nijkl", "PROFILE_EXPORT_TOKEN holds more than one line"),
        ("abcdefgh ", "the token in PROFILE_EXPORT_TOKEN has blanks around it"),
    ],
)
def test_a_bad_environment(cli: Cli, tmp_path: Path, token: str | None, message: str) -> None:
    done = cli("run", "database:1", "--to", tmp_path / "out", token=token, url="https://panel.example.com")
    assert (done.code, message in done.first) == (2, True)
    assert "abcdefgh" not in done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["run", "database:1", "--to", "out", "--token", TOKEN],
        ["create", "database:1", f"--token={TOKEN}", "--json"],
        ["--token", TOKEN, "status", "t"],
        ["demo", "--token", TOKEN],
        ["sandbox", f"--token={TOKEN}"],
    ],
)
def test_never_from_an_argument(cli: Cli, words: list[str]) -> None:
    done = cli(*words, token=None)
    assert (done.code, done.first) == (
        2,
        "profile-export: the token is not taken from the command line, where every user of this machine can read it",
    )
    assert "hint: set PROFILE_EXPORT_TOKEN, or pass --token-file FILE (- is stdin)" in done.err
    assert TOKEN not in done.err + done.out


def test_a_stdin_that_is_closed() -> None:
    words = ["status", "task", "--base-url", "https://panel.example.com", "--token-file", "-"]
    shell = ["sh", "-c", 'exec "$@" <&-', "sh", PROGRAM, *words]
    done = subprocess.run(shell, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "profile-export: stdin is closed: there is no token")
