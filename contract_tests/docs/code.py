"""The code of the pages. A block that nobody runs says why: `<!-- not run: the reason -->` on the line above it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Final

import attrs
import pytest

from contract_tests.cli.programs import environment
from profile_export.cli import main

ROOT: Final = Path(__file__).resolve().parents[2]
PANEL: Final = "https://panel.example.com"
TOKEN: Final = "abcdefghijklmnqrstuvwxyz"
# The programs of this environment first.
PATH: Final = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
# What programs print, what goes over the wire, and drawings: shown, not run.
SHOWN: Final = frozenset({"text", "http", "json", "xml"})
BLOCK: Final = re.compile(
    r"^(?:<!-- not run: (?P<reason>[^\n]+) -->\n)?```(?P<info>[^`\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@attrs.frozen
class Block:
    """One block: its language, what stands behind that on the fence, its text, and why it isn't run, if it isn't."""

    language: str
    name: str
    text: str
    reason: str | None


def blocks_of(page: Path) -> list[Block]:
    found: list[Block] = []
    for match in BLOCK.finditer(page.read_text(encoding="utf-8")):
        language, _, name = match["info"].partition(" ")
        found.append(Block(language, name, match["text"], match["reason"]))
    return found


def runnable(page: str, language: str) -> list[str]:
    """The texts of a page's blocks in a language, without those that say why they aren't run."""
    return [block.text for block in blocks_of(ROOT / page) if block.language == language and block.reason is None]


def commands(page: str) -> list[str]:
    """What a page tells to type into a shell; a command goes on where its line ends in a backslash."""
    text = "".join(runnable(page, "console")).replace("\\\n", "")
    return re.findall(r"^\$ (.*)$", text, re.MULTILINE)


def shell(command: str, folder: Path, *, typed: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """A command as a person types it in a folder, and what is typed into it."""
    env = environment(PATH=PATH, PROFILE_EXPORT_CONFIG=str(folder / "config.toml"))
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**env, **variables},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def called(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch, **variables: str) -> int:
    """The program in this process, as a command with its variables before it would start it; gives its exit code.

    A tenth of what a process costs; that the program starts as one is shown by the pages that `shell` runs.
    """
    words = shlex.split(command)
    first = next(number for number, word in enumerate(words) if "=" not in word)
    assert words[first] == "profile-export"
    with monkeypatch.context() as patch:
        patch.chdir(folder)
        for name in [name for name in os.environ if name.startswith("PROFILE_EXPORT_")]:
            patch.delenv(name)
        set_before = dict(word.split("=", 1) for word in words[:first])
        for name, value in {"PROFILE_EXPORT_CONFIG": str(folder / "config.toml"), **variables, **set_before}.items():
            patch.setenv(name, value)
        return main(words[first + 1 :])
