"""Several sources in one command: all outcomes are told, the exit code sums them up, and an end stops them all."""

from __future__ import annotations

import json
import re
import shlex
import signal
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from contract_tests.cli.conftest import TOKEN, Cli
from contract_tests.cli.fakes import CREATE, CSV, STATUS, Answer, FakePanel, envelope, page
from contract_tests.cli.programs import environment, running
from profile_export.cli.failures import Failure
from profile_export.cli.several import DIFFERENT_FAILURES, exit_code
from profile_export.sandbox import RunningSandbox

FORBIDDEN, FAILED = envelope(error=403, text="no access"), "failed"


class SourcesPanel(FakePanel):
    """Answers by the id of the source: `ends` are the status words of tasks that don't complete, `refused` the rest."""

    def __init__(self, *, ends: dict[int, str] | None = None, refused: dict[int, Answer] | None = None) -> None:
        self.ends, self.refused = ends or {}, refused or {}
        super().__init__({CREATE: self._create, STATUS: self._status})

    def _create(self, handler: BaseHTTPRequestHandler) -> None:
        number = members(handler)["source_id"]
        self.refused.get(number, envelope({"task_id": f"task-{number}"}))(handler)

    def _status(self, handler: BaseHTTPRequestHandler) -> None:
        number = int(members(handler)["task_id"].removeprefix("task-") or 0)
        word = self.ends.get(number, "completed")
        link = f"/api/download/data/1/{number}_database_export.csv"
        self.answers.setdefault(link, page(CSV, "text/csv"))
        result = {"errors": [f"beside {number}"], "source_id": number, "total": 2, "type": "database", "urls": [link]}
        done = word == "completed"
        data = {"status": word, "progress": 100 if done else 40, "result": result if done else None}
        envelope(data)(handler)


def members(handler: Any) -> Any:
    return json.loads(handler.body)


def words(*numbers: int) -> list[str]:
    return [f"database:{number}" for number in numbers]


def test_people_get_one_table_of_all_files(cli: Cli, panel: RunningSandbox, tmp_path: Path) -> None:
    done = cli("run", "database:1", "segment:7", "database:2", "--jobs", "2", "--to", tmp_path, url=panel.url)
    header, *rows, total = done.out.splitlines()
    assert done.code == 0
    assert header.split() == ["SOURCE", "FILE", "SIZE", "ROWS", "CHECK"]
    assert [row.split()[:2] for row in rows] == [
        ["database:1", str(tmp_path / "1_database_export.csv")],
        ["segment:7", str(tmp_path / "7_segment_export.csv")],
        ["database:2", str(tmp_path / "2_database_export.csv")],
    ]
    assert re.fullmatch(r"3 files, \d+ profiles, [\d.]+ kB: complete and verified", total)
    lines = done.err.splitlines()
    for source in ("database:1", "segment:7", "database:2"):
        told = [line.removeprefix(f"{source}: ") for line in lines if line.startswith(f"{source}: ")]
        assert [text.split(":")[0] for text in told] == ["task created", "file verified"]


def test_programs_get_one_document_in_the_order_of_the_command(cli: Cli, tmp_path: Path) -> None:
    with SourcesPanel(refused={2: FORBIDDEN}) as panel:
        done = cli("run", *words(3, 2, 1), "--to", tmp_path, "--json", url=panel.url)
    third, second, first = done.document["exports"]
    assert list(done.document) == ["exports"]
    assert (third["source"], third["task_id"], third["rows"]) == ("database:3", "task-3", 2)
    assert set(third) == {"source", "task_id", "total", "rows", "files", "warnings"}
    assert [Path(file["path"]).name for file in first["files"]] == ["1_database_export.csv"]
    assert set(second) == {"source", "error"}
    assert set(second["error"]) == {"slug", "message", "hints", "task_id", "exit_code"}
    assert (second["error"]["slug"], second["error"]["exit_code"]) == ("authentication", 3)


def test_one_source_keeps_its_document(cli: Cli, tmp_path: Path) -> None:
    with SourcesPanel() as panel:
        done = cli("run", "database:1", "--jobs", "3", "--to", tmp_path, "--json", url=panel.url)
    assert set(done.document) == {"task_id", "total", "rows", "files", "warnings"}


@pytest.mark.parametrize(
    ("ends", "refused", "code"),
    [
        ({}, {}, 0),
        ({2: FAILED}, {}, 5),
        ({2: FAILED, 3: FAILED}, {}, 5),
        ({1: FAILED, 2: FAILED, 3: FAILED}, {}, 5),
        ({2: FAILED}, {3: FORBIDDEN}, 10),
        ({}, {1: FORBIDDEN, 2: FORBIDDEN, 3: FORBIDDEN}, 3),
    ],
)
def test_the_exit_code_tells(
    cli: Cli, tmp_path: Path, ends: dict[int, str], refused: dict[int, Answer], code: int
) -> None:
    with SourcesPanel(ends=ends, refused=refused) as panel:
        done = cli("run", *words(1, 2, 3), "--to", tmp_path, url=panel.url)
    assert done.code == code
    failed = ends.keys() | refused.keys()
    assert {path.name for path in tmp_path.glob("*")} == {
        f"{number}_database_export.csv" for number in {1, 2, 3} - failed
    }
    for number in (1, 2, 3):
        told = f"profile-export: database:{number}: " in done.err
        assert told is (number in failed)
        assert (f"the panel says of database:{number}: beside {number}" in done.err) is (number not in failed)
    assert (f"{len(failed)} of 3 exports failed" in done.err) is bool(failed)
    assert (f"{3 - len(failed)} file" in done.out) is (len(failed) < 3)


def test_failures_that_differ_have_a_code_of_their_own() -> None:
    def failures(*codes: int) -> list[Failure]:
        return [Failure("slug", "message", (), code) for code in codes]

    assert [exit_code(failures(*codes)) for codes in [(), (7,), (7, 7), (7, 8), (3, 5, 5)]] == [0, 7, 7, 10, 10]
    assert DIFFERENT_FAILURES == 10


def test_the_help_explains_the_exit_code(cli: Cli) -> None:
    told = " ".join(cli("run", "--help").out.split())
    assert "0 when all are done, the failures' own code when they share it, and 10 when they differ" in told
    assert "10 several exports failed, each in its own way" in " ".join(cli("--help").out.split())


def test_a_failed_download_says_how_to_go_on_with_that_task(cli: Cli, tmp_path: Path) -> None:
    target = tmp_path / "a folder"
    with SourcesPanel() as panel:
        panel.answers["/api/download/data/1/2_database_export.csv"] = page("<p>oops")
        failed = cli("run", *words(1, 2), "--to", target, "--retries", "0", "--base-url", panel.url)
        assert failed.code == 7
        [hint] = [line for line in failed.err.splitlines() if line.startswith("hint: to go on: ")]
        panel.answers["/api/download/data/1/2_database_export.csv"] = page(CSV, "text/csv")
        name, *again = shlex.split(hint.removeprefix("hint: to go on: "))
        assert (name, again[:2]) == ("profile-export", ["download", "task-2"])
        assert cli(*again).code == 0
    assert sorted(path.name for path in target.iterdir()) == ["1_database_export.csv", "2_database_export.csv"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("form", ["people", "programs"])
def test_an_end_stops_all_and_says_how_to_go_on_with_each(
    tmp_path: Path, number: signal.Signals, code: int, form: str
) -> None:
    with SourcesPanel() as panel:
        for source in (2, 3):
            panel.answers[f"/api/download/data/1/{source}_database_export.csv"] = panel.stalled()
        panel.refused[4] = panel.stalled()
        env = environment(PROFILE_EXPORT_TOKEN=TOKEN, PROFILE_EXPORT_BASE_URL=panel.url)
        options = ["--to", str(tmp_path), "--jobs", "3", *(["--json"] if form == "programs" else [])]
        with running("run", *words(1, 2, 3, 4, 5, 6), *options, env=env) as program:
            program.until(lambda: len(list(tmp_path.glob("*.part"))) == 2 and panel.seen.count(CREATE) == 4)
            program.process.send_signal(number)
            assert program.ended() == code
    assert [path.name for path in tmp_path.glob("*.csv")] == ["1_database_export.csv"]
    assert "Traceback" not in program.err
    lines = program.err.splitlines()
    assert f"profile-export: interrupted by {number.name}: 1 of 6 exports are done" in lines
    for source in (2, 3):
        assert (
            f"hint: to go on with database:{source}: profile-export download task-{source} --to {tmp_path}"
            in "\n".join(lines)
        )
    assert any(line.startswith("hint: database:4: the task may have been created") for line in lines)
    assert "hint: not begun: database:5 database:6" in lines
    if form == "people":
        assert program.out.splitlines()[-1].startswith("1 file, 2 profiles")
        return
    document = json.loads(program.out)
    assert document["error"]["exit_code"] == code
    ends = {export["source"]: export.get("error", {}) for export in document["exports"]}
    assert [bool(ends[source]) for source in words(1, 2, 3, 4, 5, 6)] == [False, True, True, True, True, True]
    assert {error["slug"] for error in ends.values() if error} == {"interrupted"}
    assert (ends["database:3"]["task_id"], ends["database:6"]["task_id"]) == ("task-3", None)
    assert ends["database:3"]["hints"][0].startswith("to go on: profile-export download task-3 ")


def test_many_sources_that_never_began_are_counted(cli: Cli) -> None:
    from profile_export.cli.several import _named  # noqa: PLC0415

    assert _named([str(number) for number in range(50)]).endswith(" 18 19 and 30 more")


def test_no_outcome_shows_the_token(cli: Cli, tmp_path: Path) -> None:
    echo = envelope(error=400, text=f"no {TOKEN} here")
    with SourcesPanel(refused={1: echo, 2: echo}) as panel:
        for form in ([], ["--json"], ["-v"]):
            done = cli("run", *words(1, 2, 3), "--to", tmp_path / str(len(form)), "--overwrite", *form, url=panel.url)
            assert done.code == 4
            assert TOKEN not in done.out + done.err


def test_a_hostile_panel_can_t_steer_a_terminal(cli: Cli, tmp_path: Path) -> None:
    evil = "evil\x1b]0;owned\x07\x1b[2J\r\n\u202egpj.exe"
    refusals: dict[int, Any] = {1: envelope(error=400, text=evil), 2: envelope({"task_id": evil})}
    with SourcesPanel(refused=refusals, ends={3: evil}) as panel:
        for form in ([], ["--json"], ["-v"]):
            done = cli(
                "run", *words(1, 2, 3), "--to", tmp_path, "--timeout", "0", "--retries", "0", *form, url=panel.url
            )
            for line in (done.out + done.err).split("\n"):
                assert line.isprintable(), line
