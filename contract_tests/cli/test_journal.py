"""`--journal`, `pending`, `resume`: what a crash or Ctrl-C left is told, and finished by the command that is told."""

from __future__ import annotations

import hashlib
import json
import shlex
import signal
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from contract_tests.cli.conftest import TOKEN, Cli, Outcome
from contract_tests.cli.fakes import CREATE, CSV, LINK, STATUS, TASK, FakePanel, envelope, page, state
from contract_tests.cli.programs import environment, running
from profile_export import pending_exports
from profile_export.cli.invocation import Invocation
from profile_export.cli.several import _Interruption
from profile_export.sandbox import RunningSandbox

RUNNING = state("running", 40)


def hint_of(err: str) -> list[str]:
    [line] = [line for line in err.splitlines() if line.startswith("hint: to go on: ")]
    name, *words = shlex.split(line.removeprefix("hint: to go on: "))
    assert name == "profile-export"
    return words


def ranged(*, stalls: bool) -> Any:
    """Serves the file with a strong tag; the first answer stops in the middle where it `stalls`."""
    calls: list[str | None] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked = handler.headers.get("Range")
        calls.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        handler.send_response(206 if asked else 200)
        handler.send_header("ETag", '"v1"')
        handler.send_header("Content-Type", "text/csv")
        handler.send_header("Content-Length", str(len(CSV) - start))
        if asked:
            handler.send_header("Content-Range", f"bytes {start}-{len(CSV) - 1}/{len(CSV)}")
        handler.end_headers()
        handler.wfile.write(CSV[start:20] if stalls and len(calls) == 1 else CSV[start:])
        handler.wfile.flush()
        if stalls and len(calls) == 1:
            answer.released.wait(60)  # type: ignore[attr-defined]

    answer.calls = calls  # type: ignore[attr-defined]
    return answer


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "my journal"


def unfinished(cli: Cli, fake: FakePanel, journal: Path, to: Path, source: str = "database:1") -> Outcome:
    fake.answers[STATUS] = RUNNING
    return cli("run", source, "--to", to, "--journal", journal, "--timeout", "0s", "--base-url", fake.url)


def test_what_ran_out_of_time_is_pending_and_finished_by_the_command_that_is_told(
    cli: Cli, tmp_path: Path, journal: Path
) -> None:
    with FakePanel({LINK: page(CSV, "text/csv")}) as fake:
        broken = unfinished(cli, fake, journal, tmp_path / "out")
        assert broken.code == 6
        words = hint_of(broken.err)
        assert words == ["resume", "--journal", str(journal), "--base-url", fake.url]

        listed = cli("pending", "--journal", journal, token=None)
        assert listed.code == 0
        header, line = listed.out.splitlines()
        assert header.split()[:4] == ["ID", "SOURCE", "STAGE", "TASK"]
        assert line.split()[1:4] == ["database:1", "created", TASK]

        fake.answers[STATUS] = state()
        done = cli(*words)
        assert (done.code, done.out.splitlines()[-1]) == (0, "1 file, 2 profiles, 42 bytes: complete and verified")
        assert fake.seen.count(CREATE) == 1
    assert (tmp_path / "out" / "1_database_export.csv").read_bytes() == CSV
    assert cli("pending", "--journal", journal).out == "nothing is pending\n"


@pytest.mark.parametrize("command", ["pending", "resume"])
def test_a_mistyped_journal_can_be_told_from_an_empty_one(cli: Cli, tmp_path: Path, command: str) -> None:
    done = cli(command, "--journal", tmp_path / "jurnal", url="http://127.0.0.1:9")
    assert (done.code, done.out) == (0, f"nothing is pending: there is no folder {tmp_path / 'jurnal'}\n")


def test_whose_task_is_gone_is_told_how_to_get_another(cli: Cli, tmp_path: Path, journal: Path) -> None:
    with FakePanel({LINK: page(CSV, "text/csv")}) as fake:
        unfinished(cli, fake, journal, tmp_path)
        fake.answers[STATUS] = envelope(error=400, text="Task not found")
        gone = cli("resume", "--journal", journal, url=fake.url)
        assert (gone.code, "hint: the journal leaves it out from now on: the command that" in gone.err) == (4, True)
        assert cli("pending", "--journal", journal).out == "nothing is pending\n"
        fake.answers[STATUS] = state()
        assert cli("run", "database:1", "--to", tmp_path, "--journal", journal, url=fake.url).code == 0
        assert fake.seen.count(CREATE) == 2


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_end_in_the_middle_of_a_file_loses_no_byte(
    cli: Cli, tmp_path: Path, journal: Path, number: signal.Signals, code: int
) -> None:
    out = tmp_path / "out"
    with FakePanel({STATUS: state()}) as fake:
        fake.answers[LINK] = answer = ranged(stalls=True)
        answer.released = fake.released
        env = environment(PROFILE_EXPORT_TOKEN=TOKEN, PROFILE_EXPORT_BASE_URL=fake.url)
        with running("run", "database:1", "--to", str(out), "--journal", str(journal), env=env) as program:
            program.until(lambda: [path.stat().st_size for path in out.glob("*.part")] == [20])
            program.process.send_signal(number)
            assert program.ended() == code
        [part] = out.glob("*.part")
        assert part.read_bytes() == CSV[:20]
        [pending] = pending_exports(journal)
        assert (pending.stage, pending.task_id) == ("created", TASK)
        done = cli(*hint_of(program.err), url=fake.url)
        assert done.code == 0, done.err
        assert answer.calls == [None, "bytes=20-"]
        assert "going on with 1_database_export.csv, whose first 20 bytes are here" in done.err
    assert [path.name for path in out.iterdir()] == ["1_database_export.csv"]
    assert (out / "1_database_export.csv").read_bytes() == CSV


def test_and_so_does_a_kill(cli: Cli, tmp_path: Path, journal: Path) -> None:
    out = tmp_path / "out"
    with FakePanel({STATUS: state()}) as fake:
        fake.answers[LINK] = answer = ranged(stalls=True)
        answer.released = fake.released
        env = environment(PROFILE_EXPORT_TOKEN=TOKEN, PROFILE_EXPORT_BASE_URL=fake.url)
        words = ["run", "database:1", "--to", str(out), "--journal", str(journal)]
        with running(*words, env=env) as program:
            program.until(lambda: [path.stat().st_size for path in out.glob("*.part")] == [20])
            program.process.kill()
            program.ended()
        again = cli(*words, "--json", url=fake.url)
        assert again.code == 0, again.err
        assert [file["resumed_from"] for file in again.document["files"]] == [20]
        assert answer.calls == [None, "bytes=20-"]
        assert fake.seen.count(CREATE) == 1, "the same command goes on, too"
    assert [path.name for path in out.iterdir()] == ["1_database_export.csv"]


def test_an_end_before_the_task_is_known_is_no_riddle_with_a_journal(cli: Cli, tmp_path: Path, journal: Path) -> None:
    with FakePanel({STATUS: state(), LINK: page(CSV, "text/csv")}) as fake:
        fake.answers[CREATE] = fake.stalled()
        env = environment(PROFILE_EXPORT_TOKEN=TOKEN, PROFILE_EXPORT_BASE_URL=fake.url)
        with running("run", "database:1", "--to", str(tmp_path), "--journal", str(journal), env=env) as program:
            program.until(lambda: CREATE in fake.seen)
            program.process.send_signal(signal.SIGINT)
            assert program.ended() == 130
        fake.answers[CREATE] = envelope({"task_id": TASK})
        assert cli(*hint_of(program.err), url=fake.url).code == 0
        ids = [headers["Request-Id"] for headers in map(titled, fake.headers) if "Request-Id" in headers]
        assert len(ids) == 2
        assert len(set(ids)) == 1


def titled(headers: dict[str, str]) -> dict[str, str]:
    return {name.title(): value for name, value in headers.items()}


def test_as_json(cli: Cli, tmp_path: Path, journal: Path) -> None:
    with FakePanel({LINK: page(CSV, "text/csv")}) as fake:
        unfinished(cli, fake, journal, tmp_path / "out")
        [pending] = cli("pending", "--journal", journal, "--json").document["pending"]
        assert {name: pending[name] for name in ("source", "stage", "task_id", "panel", "to", "where")} == {
            "source": "database:1",
            "stage": "created",
            "task_id": TASK,
            "panel": fake.url,
            "to": str(tmp_path / "out"),
            "where": None,
        }
        fake.answers[STATUS] = state()
        [ended] = cli("resume", pending["id"], "--journal", journal, "--json", url=fake.url).document["exports"]
        assert (ended["source"], ended["rows"], ended["task_id"]) == ("database:1", 2, TASK)
        assert ended["files"][0]["sha256"] == hashlib.sha256(CSV).hexdigest()
        assert cli("resume", "--journal", journal, "--json", url=fake.url).document == {"exports": []}
        assert cli("resume", "--journal", journal, url=fake.url).out == "nothing is pending\n"


def test_one_that_fails_does_not_stop_the_others_and_the_exit_code_tells(
    cli: Cli, tmp_path: Path, journal: Path
) -> None:
    with FakePanel({LINK: page(CSV, "text/csv")}) as fake:
        unfinished(cli, fake, journal, tmp_path / "a")
        unfinished(cli, fake, journal, tmp_path / "b")
        fake.answers[STATUS] = state()
        (tmp_path / "a").mkdir(exist_ok=True)
        (tmp_path / "a" / "1_database_export.csv").write_text("precious")
        ended = cli("resume", "--journal", journal, url=fake.url)
        assert ended.code == 7
        assert "profile-export: database:1: " in ended.err
        assert "hint: to keep both: resume with --to DIR; to replace it: the command that began the" in ended.err
        assert ended.out.splitlines()[-1].startswith("1 file, 2 profiles")
        document = cli("resume", "--journal", journal, "--json", url=fake.url).document
        assert [export["error"]["slug"] for export in document["exports"]] == ["target-exists"]
    assert (tmp_path / "a" / "1_database_export.csv").read_text() == "precious"


def test_resuming_into_another_folder(cli: Cli, tmp_path: Path, journal: Path) -> None:
    with FakePanel({LINK: page(CSV, "text/csv")}) as fake:
        unfinished(cli, fake, journal, tmp_path / "a")
        fake.answers[STATUS] = state()
        assert cli("resume", "--journal", journal, "--to", tmp_path / "b", url=fake.url).code == 0
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["1_database_export.csv"]


def test_a_record_can_be_removed(cli: Cli, tmp_path: Path, journal: Path) -> None:
    with FakePanel({}) as fake:
        unfinished(cli, fake, journal, tmp_path / "out")
    [pending] = pending_exports(journal)
    assert cli("pending", "--journal", journal, "--forget", pending.id).out == "nothing is pending\n"
    again = cli("pending", "--journal", journal, "--forget", pending.id)
    assert (again.code, "has no record" in again.first) == (7, True)


def test_several_sources_have_a_record_each(cli: Cli, panel: RunningSandbox, tmp_path: Path, journal: Path) -> None:
    words = ["run", "database:1", "segment:7", "--to", tmp_path / "out", "--journal", journal]
    assert cli(*words, url=panel.url).code == 0
    stages = {json.loads(path.read_bytes())["stage"] for path in journal.glob("*.json")}
    assert (len(list(journal.glob("*.json"))), stages) == (2, {"done"})


@pytest.mark.parametrize("command", ["pending", "resume"])
def test_without_a_journal(cli: Cli, command: str) -> None:
    ended = cli(command)
    assert ended.code == 2
    assert ended.first == "profile-export: there is no journal"
    assert "hint: pass --journal DIR, or set PROFILE_EXPORT_JOURNAL" in ended.err


def test_the_journal_from_the_environment(
    cli: Cli, tmp_path: Path, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROFILE_EXPORT_JOURNAL", str(journal))
    with FakePanel({}) as fake:
        fake.answers[STATUS] = RUNNING
        ended = cli("run", "database:1", "--to", tmp_path, "--timeout", "0s", "--base-url", fake.url)
        assert hint_of(ended.err) == ["resume", "--base-url", fake.url]
    assert len(cli("pending").out.splitlines()) == 2


def test_a_journal_that_can_not_be_used(cli: Cli, panel: RunningSandbox, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("precious")
    ended = cli("run", "database:1", "--to", tmp_path / "out", "--journal", tmp_path / "taken", url=panel.url)
    assert ended.code == 7
    assert ended.first.endswith(f"the journal {tmp_path / 'taken'} is a file, not a folder")
    assert "to go on" not in ended.err, "it has nothing to go on with"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("sources", [["database:1"], ["database:1", "segment:7"]])
def test_what_was_never_created_is_nothing_to_go_on_with(
    cli: Cli, tmp_path: Path, journal: Path, sources: list[str]
) -> None:
    with FakePanel({CREATE: page(b"no", "text/plain", status=403)}) as fake:
        ended = cli("run", *sources, "--to", tmp_path, "--journal", journal, "--json", url=fake.url)
    assert (ended.code, list(journal.iterdir())) == (3, [])
    assert "to go on" not in ended.err + ended.out


def test_the_journal_is_read_once_for_any_number_of_failures(
    cli: Cli, tmp_path: Path, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []

    def reading(folder: object) -> tuple[object, ...]:
        read.append(folder)
        return ()

    monkeypatch.setattr("profile_export.pending_exports", reading)
    sources = [f"segment:{number}" for number in range(1, 21)]
    with FakePanel({CREATE: page(b"no", "text/plain", status=403)}) as fake:
        assert cli("run", *sources, "--to", tmp_path, "--journal", journal, url=fake.url).code == 3
    assert read == [str(journal)]


def test_an_interruption_names_no_command_that_would_find_nothing(journal: Path) -> None:
    invocation = Invocation(next=("resume", ()), journal=str(journal))
    stop = _Interruption("interrupted", 130, created={"database:1": TASK}, asking=["segment:7"], waiting=["segment:8"])
    assert stop.hints(invocation) == ("not begun: segment:8",)
    assert [stop.failure(invocation, name).hints for name in ("database:1", "segment:7", "segment:8")] == [()] * 3


def test_the_token_is_in_no_record(cli: Cli, tmp_path: Path, journal: Path) -> None:
    with FakePanel({}) as fake:
        unfinished(cli, fake, journal, tmp_path / "out")
    assert all(TOKEN not in path.read_text() for path in journal.iterdir())


def test_resume_puts_nothing_to_stdout(
    cli: Cli, tmp_path: Path, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with FakePanel({LINK: page(CSV, "text/csv")}) as fake:
        unfinished(cli, fake, journal, tmp_path / "a")
        fake.answers[STATUS] = state()
        done = cli("resume", "--journal", journal, "--to", "-", url=fake.url)
    assert (done.code, done.first) == (2, "profile-export: resume puts no files to stdout")
    assert "hint: pass a folder" in done.err
    assert not (tmp_path / "-").exists()


def test_a_long_timeout_is_carried_on_as_it_can_be_typed(cli: Cli, tmp_path: Path, journal: Path) -> None:
    with FakePanel({LINK: page(CSV, "text/csv"), STATUS: page(b"no", "text/plain", status=403)}) as fake:
        words = ["--to", tmp_path, "--journal", journal, "--timeout", "14d", "--base-url", fake.url]
        broken = cli("run", "database:1", *words)
        again = hint_of(broken.err)
        assert again[again.index("--timeout") + 1] == "1209600"
        fake.answers[STATUS] = state()
        assert cli(*again).code == 0


def test_going_on_says_that_it_makes_no_tables_and_what_does(cli: Cli, tmp_path: Path, journal: Path) -> None:
    words = ["run", "database:1", "--to", tmp_path / "out", "--journal", journal, "--format", "parquet"]
    with FakePanel({LINK: page(CSV, "text/csv"), STATUS: RUNNING}) as fake:
        broken = cli(*words, "--timeout", "0s", url=fake.url)
        assert hint_of(broken.err)[0] == "resume"
        assert "hint: that brings the csv files only; the same command once more goes on, too, and" in broken.err
        fake.answers[STATUS] = state()
        assert cli(*words, url=fake.url).code == 0
        assert fake.seen.count(CREATE) == 1
        plain = unfinished(cli, fake, journal, tmp_path / "csv")
        assert "csv files only" not in plain.err
    names = ["1_database_export.csv", "1_database_export.parquet"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
