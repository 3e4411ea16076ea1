"""`profile-export demo`: one command that shows what all this is, and leaves nothing behind."""

from __future__ import annotations

import re
import signal
import sys
from pathlib import Path

import pytest

from contract_tests.cli.conftest import Cli
from contract_tests.cli.programs import Terminal, environment, running
from profile_export.cli import demo

# The same program, in less time than people need to watch bars.
QUICK = "import sys; from profile_export.cli import demo, main; demo.TASK_SECONDS = {}; sys.exit(main(sys.argv[1:]))"


def quick(seconds: float) -> list[str]:
    return [sys.executable, "-c", QUICK.format(seconds), "demo", "--profiles", "400"]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "TASK_SECONDS", 0)
    monkeypatch.setattr(demo, "ROWS_PER_FILE", 50)


def test_on_a_terminal(tmp_path: Path) -> None:
    terminal = Terminal(env=environment(TMPDIR=str(tmp_path)), command=quick(0.5))
    assert terminal.ended() == 0
    seen = terminal.seen.replace("\r\n", "\n")
    assert seen.startswith("Starting a sandbox panel with 400 invented profiles ...\n")
    for name in ("task", "1_database_export.csv", "7_segment_export.csv"):
        assert re.search(rf"\r{name}: 100%\|", seen)
    table = seen.partition("EXPORT ")[2]
    assert re.search(r"^database:1  1_database_export.csv +[\d.]+ kB +\d+  bytes, rows$", table, re.MULTILINE)
    assert re.search(r"^segment:7   7_segment_export.csv +[\d.]+ kB +\d+  bytes, rows$", table, re.MULTILINE)
    assert re.search(r"^2 files, \d+ profiles, [\d.]+ kB: complete and verified$", table, re.MULTILINE)
    assert "The files are removed again; profile-export demo --to DIR keeps them." in table
    assert 'profile-export run database:1 --to exports --where \'{"occupation": "doctor"}\'' in table
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("at_once")
def test_without_a_terminal_and_with_files_to_keep(cli: Cli, tmp_path: Path) -> None:
    done = cli("demo", "--profiles", "400", "--to", tmp_path / "kept", "--json", token=None)
    assert done.code == 0
    database, segment = done.document["exports"]
    assert done.document["kept"] is True
    assert (database["rows"], segment["rows"]) == (database["total"], segment["total"])
    assert len(segment["files"]) > 1
    files = [Path(file["path"]) for export in (database, segment) for file in export["files"]]
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == sorted(path.name for path in files)
    assert done.err.count("file verified: ") == len(files)
    again = cli("demo", "--profiles", "400", "--to", tmp_path / "kept", token=None)
    assert (again.code, "exists already" in again.first) == (7, True)
    assert cli("demo", "--profiles", "400", "--to", tmp_path / "kept", "--overwrite", token=None).code == 0


def test_an_end_in_the_middle(tmp_path: Path) -> None:
    env = environment(TMPDIR=str(tmp_path))
    with running("--to", str(tmp_path / "kept"), env=env, command=quick(60)) as program:
        program.until(lambda: "task created: " in program.err)
        program.process.send_signal(signal.SIGINT)
        assert program.ended() == 130
    assert program.err.splitlines()[-2:] == [
        "the demo's panel is stopped, and its temporary files are removed",
        "profile-export: interrupted by SIGINT",
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_bad_number_of_profiles(cli: Cli) -> None:
    done = cli("demo", "--profiles", "0", token=None)
    assert (done.code, done.first) == (2, "profile-export: profiles must be from 1 to 10,000,000, not 0")
