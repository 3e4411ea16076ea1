"""Every command of the guide to scripts/verify runs as it stands there, against a panel on this machine."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.cli.programs import environment, running
from contract_tests.docs.code import PANEL, ROOT, TOKEN, blocks_of, commands
from contract_tests.verification.catalogue import FAULTS
from contract_tests.verification.conforming import CONFORMING
from profile_export.sandbox import RunningSandbox, SandboxSettings, start_sandbox
from scripts.verification.__main__ import main

GUIDE = (ROOT / "docs" / "how-to" / "verify-a-panel.md").read_text(encoding="utf-8")
COMMANDS = commands("docs/how-to/verify-a-panel.md")


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    settings = SandboxSettings(data_dir=tmp_path_factory.mktemp("panel"), token=TOKEN, profiles=60, task_seconds=0.1)
    with start_sandbox(settings) as running:
        yield running


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_guide_runs(
    panel: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """In this process; `contract_tests/verification/test_program.py` runs the script itself."""
    program, *words = shlex.split(command.replace(PANEL, panel.url))
    assert program == "scripts/verify"
    monkeypatch.chdir(tmp_path)
    assert main([*words, *(() if "--pace" in words else ("--pace", "0"))], {"PROFILE_EXPORT_TOKEN": TOKEN}) == 0
    named = set(re.findall(r"\S+\.(?:html|json|xml)\b", command))
    assert {path.name for path in tmp_path.iterdir()} == named


def test_the_guide_has_commands_and_the_true_numbers() -> None:
    assert len(COMMANDS) == 5
    assert f"on {len(FAULTS)} faulty panels" in GUIDE
    assert f"on {len(CONFORMING)} different" in GUIDE


def test_the_faulty_panel_of_the_guide_is_found_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = ROOT / "docs" / "how-to" / "verify-a-panel.md"
    commands = [block.text.strip() for block in blocks_of(page) if block.reason is not None]
    setup, serve, verify = (line.removeprefix("$ ") for command in commands for line in command.splitlines())
    assert setup == "scripts/setup"  # in a fresh clone there is nothing to serve with
    _, *words = shlex.split(serve.replace("--port 8000", "--port 0"))
    with running(env=environment(), command=[sys.executable, *words], cwd=ROOT) as faulty:
        faulty.until(lambda: "--base-url" in faulty.out)
        token, _, *asked = shlex.split(verify)
        assert token in faulty.out
        url = re.findall(r"http://\S+", faulty.out)[0]
        options = [url if word == "http://127.0.0.1:8000" else word for word in asked]
        name, _, secret = token.partition("=")
        assert main([*options, "--pace", "0"], {name: secret}) == 1
    told = capsys.readouterr().err
    assert "The contract is broken" in told
    assert "of 50 requests" in told
