"""What the commands print when all goes well: for people, and for programs."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from contract_tests.cli.conftest import TOKEN, Cli
from contract_tests.cli.fakes import CSV, LINK, STATUS, FakePanel, page, state
from profile_export.sandbox import RunningSandbox


def test_run_gives_people_a_table(cli: Cli, panel: RunningSandbox, tmp_path: Path) -> None:
    done = cli("run", "database:1", "--to", tmp_path / "out", url=panel.url)
    path = tmp_path / "out" / "1_database_export.csv"
    assert done.code == 0
    header, row, total = done.out.splitlines()
    assert header.split() == ["FILE", "SIZE", "ROWS", "CHECK"]
    assert row.split() == [str(path), f"{path.stat().st_size / 1000:.1f}", "kB", "60", "bytes,", "rows"]
    assert re.fullmatch(r"1 file, 60 profiles, [\d.]+ kB: complete and verified", total)
    created, verified = done.err.splitlines()
    assert created.startswith("task created: task_")
    assert verified.startswith(f"file verified: {path}, ")


def test_paths_below_the_working_folder_are_shown_short(
    cli: Cli, panel: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = cli("run", "database:1", "--to", "out", "-q", url=panel.url)
    assert done.out.splitlines()[1].startswith("out/1_database_export.csv ")
    assert done.err == ""


def test_run_gives_programs_one_document(cli: Cli, panel: RunningSandbox, tmp_path: Path) -> None:
    done = cli("run", "database:1", "--where", '{"occupation": "doctor"}', "--to", tmp_path, "--json", url=panel.url)
    path = tmp_path / "1_database_export.csv"
    content = path.read_bytes()
    [file] = done.document["files"]
    assert file == {
        "path": str(path),
        "url": path.as_uri(),
        "size": len(content),
        "rows": done.document["total"],
        "sha256": hashlib.sha256(content).hexdigest(),
        "resumed_from": None,
    }
    assert set(done.document) == {"task_id", "total", "rows", "files", "warnings"}
    assert 0 < done.document["rows"] < 60
    assert done.document["warnings"] == []


@pytest.mark.parametrize("wire_format", ["json", "xml"])
@pytest.mark.parametrize("auth", ["body", "bearer"])
def test_both_wire_formats_and_both_ways_of_the_token(
    cli: Cli, panel: RunningSandbox, tmp_path: Path, wire_format: str, auth: str
) -> None:
    options = ("--wire-format", wire_format, "--auth", auth)
    done = cli("run", "segment:7", "--to", tmp_path, "--json", *options, url=panel.url)
    assert (done.code, done.document["rows"]) == (0, done.document["total"])
    with FakePanel({}) as fake:
        cli("create", "segment:7", *options, url=fake.url)
    [headers] = fake.headers
    assert headers["Content-Type"] == f"application/{wire_format}"
    assert headers.get("Authorization") == (f"Bearer {TOKEN}" if auth == "bearer" else None)


def test_links_that_lead_to_another_address(cli: Cli, tmp_path: Path) -> None:
    with FakePanel({STATUS: state()}) as api, FakePanel({LINK: page(CSV, "text/csv")}) as home:
        done = cli("run", "database:1", "--to", tmp_path, "--panel-url", home.url, url=api.url)
    assert (done.code, home.seen) == (0, [LINK])


def test_the_steps_one_by_one(cli: Cli, panel: RunningSandbox, tmp_path: Path) -> None:
    task_id = cli("create", "database:1", "-q", url=panel.url).out.strip()
    assert re.fullmatch(r"task_[\w-]+", task_id)
    assert cli("status", task_id).out == "completed 100%, 60 profiles in 1 file\n"
    assert cli("wait", task_id).out == "60 profiles in 1 file\n"
    done = cli("download", task_id, "--to", tmp_path)
    assert (done.code, done.out.splitlines()[-1].split(":")[0][:19]) == (0, "1 file, 60 profiles")
    again = cli("download", task_id, "--to", tmp_path, "--overwrite", "--json")
    assert (again.code, again.document["task_id"], again.document["rows"]) == (0, task_id, 60)


def test_the_steps_as_documents(cli: Cli, panel: RunningSandbox) -> None:
    created = cli("create", "segment:7", "--json", url=panel.url).document
    task_id = created["task_id"]
    assert created == {"task_id": task_id}
    status = cli("status", task_id, "--json").document
    assert (status["status"], status["progress"], status["completed"], status["failed"]) == (
        "completed",
        100,
        True,
        False,
    )
    assert (status["source_type"], status["source_id"], len(status["urls"])) == ("segment", 7, 1)
    wait = cli("wait", task_id, "--json").document
    assert (wait["task_id"], wait["total"], wait["links"]) == (task_id, status["total"], 1)


def test_an_export_of_nobody(cli: Cli, panel: RunningSandbox, tmp_path: Path) -> None:
    done = cli("run", "segment:9", "--to", tmp_path, url=panel.url)
    assert done.code == 0
    assert "0 profiles" in done.out


def test_other_formats_have_no_rows_to_count(cli: Cli, panel: RunningSandbox, tmp_path: Path) -> None:
    done = cli("run", "database:1", "--file-format", "json", "--to", tmp_path, url=panel.url)
    assert done.out.splitlines()[1].split()[-2:] == ["-", "bytes"]
    assert done.out.splitlines()[-1].endswith("complete; rows are counted in csv files only")
    assert cli("run", "database:1", "--file-format", "json", "--to", tmp_path / "b", "--json").document["rows"] is None


def test_a_filter_from_a_file(cli: Cli, panel: RunningSandbox, tmp_path: Path) -> None:
    query = tmp_path / "query.json"
    query.write_text('{"occupation": "doctor"}', encoding="utf-8")
    done = cli("run", "database:1", "--where", f"@{query}", "--to", tmp_path, "--json", url=panel.url)
    assert 0 < done.document["rows"] < 60


def test_what_the_panel_reports_beside_the_result_is_a_warning(cli: Cli, tmp_path: Path) -> None:
    answers = {STATUS: state(errors=["3 profiles were \x1b[2Jskipped"]), LINK: page(b"_id\n1\n2\n", "text/csv")}
    with FakePanel(answers) as panel:
        done = cli("run", "database:1", "--to", tmp_path, url=panel.url)
        quiet = cli("run", "database:1", "--to", tmp_path / "b", "--json", "--quiet", url=panel.url)
    assert "warning: the panel says: 3 profiles were \\x1b[2Jskipped" in done.err
    assert quiet.document["warnings"] == ["3 profiles were \x1b[2Jskipped"]
    assert (quiet.err, quiet.out.isascii()) == ("", True)


def test_a_failed_task_has_a_status_like_any_other(cli: Cli) -> None:
    with FakePanel({STATUS: state("failed", 40)}) as panel:
        done = cli("status", "t", url=panel.url)
        document = cli("status", "t", "--json", url=panel.url).document
    assert (done.code, done.out) == (0, "failed 40%\n")
    assert (document["failed"], document["completed"]) == (True, False)


def test_verbose_logs_events_and_draws_no_bars(cli: Cli, panel: RunningSandbox, tmp_path: Path) -> None:
    done = cli("run", "database:1", "--to", tmp_path, "-v", url=panel.url)
    for word in ("INFO TaskCreated(", "INFO TaskPolled(", "INFO DownloadStarted(", "INFO FilePublished("):
        assert word in done.err
    assert "HTTP" not in done.err


def test_a_panel_on_this_machine_needs_no_proxy(
    cli: Cli, panel: RunningSandbox, nobody: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY")
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{nobody}")
    assert cli("create", "database:1", "--retries", "0", url=panel.url).code == 0
    assert cli("create", "database:1", "--retries", "0", url=panel.url.replace("127.0.0.1", "localhost")).code == 0
