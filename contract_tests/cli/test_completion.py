"""Completion, asked for as the shells do it, and in the shells themselves where they are installed."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from contract_tests.cli.conftest import Cli
from contract_tests.cli.programs import Terminal, environment
from profile_export.cli import main
from profile_export.cli.overview import group

CONFIG = """
[panels.main]
base_url = "https://panel.example.com"
[panels.mirror]
base_url = "https://mirror.example.com"
"""
# bash is everywhere; the others are tried where they are.
SHELLS = [shell for shell in ("bash", "zsh", "fish") if shell == "bash" or shutil.which(shell)]


Ask = Callable[..., list[list[str]]]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(CONFIG)
    monkeypatch.setenv("PROFILE_EXPORT_CONFIG", str(file))
    return file


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """What the program answers to a shell that completes the last of the words."""
    return partial(_asked, monkeypatch, capsys)


def _asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shell: str, *words: str
) -> list[list[str]]:
    monkeypatch.setenv("_PROFILE_EXPORT_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(("profile-export", *words)))
    monkeypatch.setenv("COMP_CWORD", words[-1] if shell == "fish" else str(len(words)))
    with contextlib.suppress(SystemExit):
        main([])
    out = capsys.readouterr().out
    if shell == "zsh":
        lines = out.splitlines()
        return [lines[at : at + 2] for at in range(0, len(lines) - 2, 3)]
    return [line.split("\t")[0].split(",") for line in out.splitlines() if line]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("words", "items"),
    [
        (["d"], [["plain", "download"], ["plain", "demo"], ["plain", "doctor"]]),
        (["config", "s"], [["plain", "set"]]),
        (["run", "--wire"], [["plain", "--wire-format"]]),
        (["run", "--wire-format", "x"], [["plain", "xml"]]),
        (["run", "--panel", "m"], [["plain", "main"], ["plain", "mirror"]]),
        (["run", "--to", "/t"], [["dir", "/t"]]),
        (["run", "--token-file", "/t"], [["file", "/t"]]),
    ],
    ids=lambda value: " ".join(map(str, value)) if value and isinstance(value[0], str) else "",
)
def test_what_is_offered(config: Path, asked: Ask, shell: str, words: Any, items: Any) -> None:
    assert asked(shell, *words) == items


def test_a_broken_configuration_offers_nothing_and_says_nothing(
    config: Path, asked: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text("[panels")
    assert asked("bash", "run", "--panel", "m") == []
    assert capsys.readouterr().err == ""


def test_the_token_is_offered_nowhere(asked: Ask) -> None:
    for command in group.list_commands(None):  # type: ignore[arg-type]
        assert ["plain", "--token"] not in asked("bash", command, "--t")


def test_other_shells_are_refused(cli: Cli) -> None:
    assert cli("completion", "tcsh").code == 2


STARTS = {
    "bash": ["bash", "--norc", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-c"],
}
SETUPS = {
    "bash": 'eval "$(profile-export completion bash)"',
    "zsh": 'autoload -U compinit; compinit -D -u; eval "$(profile-export completion zsh)"',
}


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_completes(config: Path, tmp_path: Path, shell: str) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = environment(
        PATH=path, PROFILE_EXPORT_CONFIG=str(config), HOME=str(tmp_path), PS1="$ ", PROMPT="$ ", ZDOTDIR=str(tmp_path)
    )
    if shell == "fish":
        words = 'profile-export completion fish | source; complete -C "profile-export run --panel mi"'
        done = subprocess.run(["fish", "--no-config", "-c", words], env=env, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines() == ["mirror\thttps://mirror.example.com"]
        return
    terminal = Terminal(env=env, command=STARTS[shell])
    try:
        terminal.type(f"{SETUPS[shell]}; echo set''up\n")
        terminal.read_until("setup\r\n")
        terminal.type("echo profile-export; profile-export run --panel mi\t")
        terminal.read_until("--panel mirror")
        terminal.type("\x15exit\n")
    finally:
        terminal.process.terminate()
        terminal.ended()
