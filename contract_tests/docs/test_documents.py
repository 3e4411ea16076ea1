"""What the page about the command line says of `--json` is what the commands write: each member, and no other one."""

from __future__ import annotations

import json
import signal
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Final

import click
import pytest

from contract_tests.cli.fakes import CREATE, CSV, LINK, STATUS, Answer, FakePanel, envelope, page, state
from contract_tests.cli.programs import environment, running
from contract_tests.cli.test_several import members
from contract_tests.docs.code import TOKEN
from profile_export.cli import main
from scripts.reference.commands import commands, program
from scripts.reference.documents import SHAPES, section

# The members that hold objects, and the shapes of these.
WITHIN: Final = {
    ("failure", "error"): "error",
    ("export", "files"): "file",
    ("exports", "exports"): "outcome",
    ("exports", "error"): "error",
    ("outcome", "files"): "file",
    ("outcome", "error"): "error",
    ("journal", "pending"): "pending",
    ("doctor", "findings"): "finding",
    ("demo", "exports"): "export",
    ("config list", "panels"): "panel",
    ("config check", "problems"): "problem",
}


class Seen:
    """The documents that were written: the names in each object, by its shape."""

    def __init__(self) -> None:
        self.objects: dict[str, list[set[str]]] = {}

    def take(self, shape: str, document: dict[str, Any]) -> None:
        self.objects.setdefault(shape, []).append(set(document))
        for name, value in document.items():
            if (shape, name) in WITHIN:
                for one in value if isinstance(value, list) else [value]:
                    self.take(WITHIN[shape, name], one)

    def differences(self) -> list[str]:
        told: list[str] = []
        for name, shape in SHAPES.items():
            objects = self.objects.get(name, [set[str]()])
            ever, always = set[str]().union(*objects), objects[0].intersection(*objects)
            told += [f"{name}: {member} is never there" for member in shape.members.keys() - ever]
            told += [f"{name}: {member} is not told" for member in ever - shape.members.keys() - shape.others]
            told += [f"{name}: {member} may be missing" for member in shape.members.keys() - shape.optional - always]
            told += [f"{name}: {member} is never missing" for member in shape.optional & always]
        return told


class Panel(FakePanel):
    """Refuses database 2, and doesn't answer the first request for database 3."""

    def __init__(self) -> None:
        self.stalls: list[Answer] = [self.stalled()]
        super().__init__({CREATE: self._create, STATUS: state(), LINK: page(CSV, "text/csv")})

    def _create(self, handler: BaseHTTPRequestHandler) -> None:
        number = members(handler)["source_id"]
        answer = envelope(error=403, text="no access") if number == 2 else envelope({"task_id": f"task-{number}"})
        (self.stalls.pop() if number == 3 and self.stalls else answer)(handler)


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Seen:
    """Every command that writes a document has written one."""
    seen = Seen()
    variables = {"PROFILE_EXPORT_TOKEN": TOKEN, "PROFILE_EXPORT_CONFIG": str(tmp_path / "config.toml"), "NO_PROXY": "*"}
    for name in ("PROFILE_EXPORT_PANEL", "PROFILE_EXPORT_JOURNAL", "PROFILE_EXPORT_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("profile_export.cli.demo.TASK_SECONDS", 0)

    def run(shape: str, *words: object) -> None:
        main([*map(str, words), "--json"])
        seen.take(shape, json.loads(capsys.readouterr().out))

    with Panel() as panel:
        run("config set", "config", "set", "main", "--base-url", panel.url, "--auth", "body")
        run("config set", "config", "set", "test", "--base-url", panel.url)
        run("config set", "config", "remove", "test")
        run("config path", "config", "path")
        run("config list", "config", "list")
        run("config check", "config", "check")
        run("doctor", "doctor", "--to", tmp_path)
        run("created", "create", "database:1")
        run("status", "status", "task-1")
        run("completed", "wait", "task-1")
        run("export", "run", "database:1", "--to", tmp_path / "one")
        run("export", "download", "task-1", "--to", tmp_path / "once more")
        run("failure", "run", "database:2", "--to", tmp_path)
        run("exports", "run", "database:1", "database:2", "--to", tmp_path / "two")
        before = panel.seen.count(CREATE)
        three, journal = tmp_path / "three", tmp_path / "journal"
        words = ["run", "database:1", "database:3", "--to", str(three), "--journal", str(journal), "--json"]
        with running(*words, env=environment(**variables)) as stopped:
            stopped.until(lambda: panel.seen.count(CREATE) == before + 2 and any(three.glob("*.csv")))
            stopped.process.send_signal(signal.SIGINT)
            assert stopped.ended() == 130
        seen.take("exports", json.loads(stopped.out))
        run("journal", "pending", "--journal", journal)
        run("exports", "resume", "--journal", journal)
    run("demo", "demo", "--profiles", 20)
    with running("sandbox", "--port", "0", "--profiles", "20", "--json", env=environment()) as sandbox:
        sandbox.until(lambda: sandbox.out.endswith("}\n"))
        seen.take("sandbox", json.loads(sandbox.out))
    return seen


def test_the_documents_have_the_members_that_are_told(seen: Seen) -> None:
    assert seen.objects.keys() == {*SHAPES, "failure"}
    assert seen.objects["failure"] == [{"error"}]
    assert seen.differences() == []


def test_an_export_among_others_has_the_members_of_one() -> None:
    assert SHAPES["outcome"].others == SHAPES["export"].members.keys()


def test_every_command_that_writes_a_document_is_told() -> None:
    told = section()
    for context in commands(program()):
        takes = any("--json" in option.opts for option in context.command.params if isinstance(option, click.Option))
        name = context.command_path.removeprefix("profile-export ")
        assert takes is (f"`{name}`" in told), name


def test_a_member_more_or_less_would_be_noticed() -> None:
    seen = Seen()
    seen.take("created", {"id": "task-1"})
    differences = seen.differences()
    assert "created: task_id is never there" in differences
    assert "created: id is not told" in differences
    assert "status: progress is never there" in differences
