"""The program as such: help, version, what it loads, and how its exit codes are told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

import profile_export
from contract_tests.cli.conftest import TOKEN, Cli
from contract_tests.cli.programs import PATIENCE, PROGRAM, environment, finished
from profile_export.cli import overview
from profile_export.cli.console import Console
from profile_export.cli.overview import group
from profile_export.sandbox import RunningSandbox

COMMANDS = [
    *("run", "create", "status", "wait", "download", "pending", "resume", "sandbox", "demo"),
    *("config", "doctor", "completion"),
]
HEAVY = ("httpx", "tqdm", "starlette", "uvicorn", "yaml", "ssl", "asyncio", "profile_export_api")


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["run", "--help"], ["demo", "--help"], ["run", "foo"]])
def test_what_needs_no_network_loads_none(words: list[str]) -> None:
    code = f"import sys; from profile_export.cli import main; main({words!r}); print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment())
    loaded = set(done.stdout.splitlines())
    assert "click" in loaded
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.parametrize("word", ["--help", "-h"])
def test_the_overview_loads_no_command(word: str) -> None:
    """Half of the time went into what only commands need."""
    code = f"import sys; sys.argv[1:] = [{word!r}]; from profile_export.cli import main; main(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment())
    help_text, _, loaded = done.stdout.rstrip().rpartition("\n")
    assert "Commands:" in help_text
    ours = {name for name in loaded.split() if name.startswith("profile_export")}
    assert ours == {
        "profile_export",
        "profile_export._version",
        "profile_export.cli",
        "profile_export.cli.overview",
        "profile_export.cli.refused",
    }
    assert {"attr", "attrs", "json", "logging", "asyncio"}.isdisjoint(loaded.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_the_overview_says_of_a_command_what_it_says_itself(name: str) -> None:
    command = group.get_command(click.Context(group), name)
    assert command is not None
    assert command.help is not None
    _, sentence = overview.COMMANDS[name]
    first = " ".join(command.help.split("\n\n")[0].split())
    assert first == sentence or first.startswith(f"{sentence} ")


def test_the_installed_program() -> None:
    done = finished("--version", env=environment())
    assert (done.returncode, done.stdout, done.stderr) == (0, f"profile-export {profile_export.__version__}\n", "")
    module = [sys.executable, "-m", "profile_export.cli", "frobnicate"]
    assert subprocess.run(module, capture_output=True, check=False, env=environment()).returncode == 2


def test_every_exit_code_is_in_the_help(cli: Cli) -> None:
    told = cli("--help").out
    codes = {getattr(profile_export, name).exit_code for name in profile_export.__all__ if name.endswith("Error")}
    codes |= {profile_export.WaitTimeout.exit_code, profile_export.TaskFailed.exit_code, 129, 130, 143, 141}
    words = told.partition("Exit codes:")[2].split()
    assert {str(code) for code in codes} <= set(words)


def test_commands_are_listed_in_the_order_of_the_work(cli: Cli) -> None:
    lines = cli("--help").out.partition("\nCommands:\n")[2].splitlines()
    assert [line.split()[0] for line in lines if line[2:3].strip()] == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(cli: Cli, name: str) -> None:
    done = cli(name, "-h")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: profile-export {name} ")
    assert "Example" in done.out or name == "demo"
    command = group.get_command(click.Context(group), name)
    assert command is not None
    assert all(option.help or option.hidden for option in command.params if isinstance(option, click.Option))


def test_there_is_no_option_for_the_token(cli: Cli) -> None:
    assert "--token " not in "".join(cli(name, "--help").out for name in COMMANDS)


def test_nobody_reads_the_result(panel: RunningSandbox, tmp_path: Path) -> None:
    env = environment(PROFILE_EXPORT_TOKEN=TOKEN, PROFILE_EXPORT_BASE_URL=panel.url)
    reader, writer = os.pipe()
    os.close(reader)
    words = [PROGRAM, "run", "database:1", "--to", str(tmp_path), "--json"]
    done = subprocess.run(words, env=env, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert done.returncode == 141
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["task created", "file verified"]


def test_nobody_reads_the_messages(panel: RunningSandbox, tmp_path: Path) -> None:
    env = environment(PROFILE_EXPORT_TOKEN=TOKEN, PROFILE_EXPORT_BASE_URL=panel.url)
    reader, writer = os.pipe()
    os.close(reader)
    words = [PROGRAM, "run", "database:1", "--to", str(tmp_path), "--json", "-v"]
    done = subprocess.run(words, env=env, stdout=subprocess.PIPE, stderr=writer, text=True, check=False)
    os.close(writer)
    assert (done.returncode, json.loads(done.stdout)["rows"]) == (0, 60)


def test_names_that_an_encoding_lacks_and_names_that_are_no_text(panel: RunningSandbox, tmp_path: Path) -> None:
    env = environment(PROFILE_EXPORT_TOKEN=TOKEN, PROFILE_EXPORT_BASE_URL=panel.url, PYTHONIOENCODING="latin-1")
    target = os.fsencode(tmp_path) + b"/\xd0\x96\xff"
    words = [PROGRAM.encode(), b"run", b"database:1", b"--to", target]
    done = subprocess.run(words, env=env, capture_output=True, check=False)
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    for written in (done.stdout, done.stderr):
        assert b"\\u0416\\udcff/1_database_export.csv" in written
    assert [path.name for path in Path(os.fsdecode(target)).iterdir()] == ["1_database_export.csv"]


def test_colours_are_for_terminals_that_want_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    Console().fail("broken", ["mend it"])
    assert capsys.readouterr().err == "\x1b[31mprofile-export: \x1b[0mbroken\n\x1b[36mhint: \x1b[0mmend it\n"
    monkeypatch.setenv("NO_COLOR", "1")
    Console().fail("broken", ["mend it"])
    assert capsys.readouterr().err == "profile-export: broken\nhint: mend it\n"


def by_shell(line: str, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The program in a line of the shell, which closes streams and joins pipes; "$@" is the program and its words."""
    shell = ["sh", "-c", line, "sh", PROGRAM, *words]
    env = environment(**variables)
    return subprocess.run(shell, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_messages_that_have_no_stream(panel: RunningSandbox, tmp_path: Path) -> None:
    words = ("run", "database:1", "--to", str(tmp_path), "--json", "-v")
    done = by_shell('exec "$@" 2>&-', *words, PROFILE_EXPORT_TOKEN=TOKEN, PROFILE_EXPORT_BASE_URL=panel.url)
    assert (done.returncode, json.loads(done.stdout)["rows"]) == (0, 60)
    assert by_shell('exec "$@" 2>&-', "frobnicate").returncode == 2


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["--version"], ["run", "--help"], ["config", "set", "-h"]])
@pytest.mark.parametrize("unbuffered", ["1", ""])
def test_nobody_reads_the_help(words: list[str], unbuffered: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    env = environment(PYTHONUNBUFFERED=unbuffered)
    done = subprocess.run([PROGRAM, *words], env=env, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["--version"], ["run", "--help"], ["config", "path"]])
@pytest.mark.parametrize("unbuffered", ["1", ""])
def test_a_help_that_can_not_be_written(words: list[str], unbuffered: str) -> None:
    done = by_shell('exec "$@" >/dev/full', *words, PYTHONUNBUFFERED=unbuffered)
    told = "profile-export: can't write the result to stdout: No space left on device\n"
    assert (done.returncode, done.stderr) == (7, told)
