"""`--format parquet`: checked before anything is sent, made beside the csv files, and told like them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract_tests.cli.conftest import Cli
from contract_tests.cli.fakes import CREATE, STATUS, FakePanel, page, state
from profile_export import DownloadedExport
from profile_export.sandbox import RunningSandbox


def test_a_parquet_file_beside_the_csv_file(cli: Cli, panel: RunningSandbox, tmp_path: Path) -> None:
    done = cli("run", "database:1", "--to", tmp_path, "--format", "parquet", "--type", "visits=int64", url=panel.url)
    assert done.code == 0, done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1_database_export.csv", "1_database_export.parquet"]
    assert [line.split()[-4:-3] for line in done.out.splitlines()[1:3]]
    assert "1_database_export.parquet" in done.out
    assert "2 files, 60 profiles" in done.out
    schema = pq.read_schema(tmp_path / "1_database_export.parquet")
    assert schema.field("visits").type == pa.int64()
    assert {field.type for field in schema if field.name != "visits"} == {pa.string()}


def test_download_does_it_too_and_the_csv_can_go(cli: Cli, panel: RunningSandbox, tmp_path: Path) -> None:
    task = cli("create", "segment:7", url=panel.url).out.strip()
    words = ["--format", "parquet", "--no-keep-csv", "--json"]
    done = cli("download", task, "--to", tmp_path, *words, url=panel.url)
    assert done.code == 0, done.err
    [file] = done.document["files"]
    assert [path.name for path in tmp_path.iterdir()] == ["7_segment_export.parquet"]
    assert (file["path"], file["rows"]) == (str(tmp_path / "7_segment_export.parquet"), done.document["total"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--type", "a=int64"], "--type means something only with --format parquet"),
        (["--no-keep-csv"], "--keep-csv means something only with --format parquet"),
        (["--format", "parquet", "--file-format", "json"], "made of csv files"),
        (["--format", "parquet", "--type", "a"], "no COLUMN=TYPE"),
        (["--format", "parquet", "--type", "a=int65"], "'int65' is no type of a column"),
        (["--format", "parquet", "--type", "a=float16"], "can't read the type float16 from csv"),
        (["--format", "parquet", "--delimiter", "ab"], "one ASCII character"),
        (["--format", "parquet", "--encoding", "klingon"], "no encoding 'klingon'"),
        (["--format", "xlsx"], "'xlsx' is not one of"),
    ],
)
def test_what_can_not_be_done_is_told_before_anything_is_sent(
    cli: Cli, tmp_path: Path, words: list[str], told: str
) -> None:
    with FakePanel({}) as fake:
        done = cli("run", "database:1", "--to", tmp_path / "out", *words, url=fake.url)
        assert (done.code, told in done.err) == (2, True), done.err
        assert fake.seen == []


def test_without_the_extra_nothing_is_sent(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.csv", None)
    with FakePanel({}) as fake:
        done = cli("run", "database:1", "--to", tmp_path, "--format", "parquet", url=fake.url)
        assert (done.code, "pip install 'profile-export[parquet]'" in done.err, fake.seen) == (2, True, [])


def test_files_that_are_no_table_stay_csv(cli: Cli, tmp_path: Path) -> None:
    link = "/api/download/data/1/1_database_export.csv"
    answers = {STATUS: state(urls=[link]), link: page(b"a,b\n1\n2\n", "text/csv")}
    with FakePanel(answers) as fake:
        done = cli("run", "database:1", "--to", tmp_path, "--format", "parquet", "--no-keep-csv", url=fake.url)
        assert fake.seen[0] == CREATE
    assert (done.code, "1 fields under 2 columns" in done.err) == (7, True), done.err
    assert "the csv files are complete, and stay" in done.err
    assert "to go on" not in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["1_database_export.csv"]


def test_a_hint_carries_the_format_on(cli: Cli, slow_panel: RunningSandbox, tmp_path: Path) -> None:
    words = ["--format", "parquet", "--type", "visits=int64", "--type", "a=b=date32", "--no-keep-csv"]
    done = cli("run", "database:1", "--to", tmp_path, *words, "--timeout", "0.01", url=slow_panel.url)
    assert done.code == 6
    assert "--format parquet --type visits=int64 --type a=b=date32 --no-keep-csv" in done.err


def test_several_exports_each_have_their_own(cli: Cli, panel: RunningSandbox, tmp_path: Path) -> None:
    words = ["--format", "parquet", "--no-keep-csv", "--json"]
    done = cli("run", "segment:7", "database:2", "--to", tmp_path, *words, url=panel.url)
    assert done.code == 0, done.err
    paths = [file["path"] for export in done.document["exports"] for file in export["files"]]
    assert sorted(Path(path).name for path in paths) == ["2_database_export.parquet", "7_segment_export.parquet"]
    assert all(pq.read_schema(path).names[0] == "_id" for path in paths)
    assert not list(tmp_path.rglob("*.csv"))


def test_one_of_several_that_does_not_fit_fails_alone(cli: Cli, panel: RunningSandbox, tmp_path: Path) -> None:
    words = ["--format", "parquet", "--type", "email=int64", "--json"]
    done = cli("run", "segment:7", "segment:9", "--to", tmp_path, *words, url=panel.url)
    bad, good = done.document["exports"]
    assert (done.code, bad["error"]["slug"], "files" in good) == (2, "usage", True)
    assert "a value of column 'email' is no int64" in bad["error"]["message"]


def test_a_bug_that_one_of_several_meets_stops_no_other(
    cli: Cli, panel: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_parquet = DownloadedExport.to_parquet

    def broken(result: DownloadedExport, *arguments: Any, **options: Any) -> Any:
        if result.files[0].path.name.startswith("7_"):
            raise RuntimeError("with someone's data")
        return to_parquet(result, *arguments, **options)

    monkeypatch.setattr(DownloadedExport, "to_parquet", broken)
    words = ["--jobs", "1", "--format", "parquet", "--json"]
    done = cli("run", "segment:7", "segment:9", "--to", tmp_path, *words, url=panel.url)
    bad, good = done.document["exports"]
    assert (done.code, bad["error"]["message"]) == (1, "an error that nobody foresaw: RuntimeError")
    assert bad["error"]["hints"][:2] == ["the csv files are complete, and stay", "please report it"]
    assert [Path(file["path"]).suffix for file in good["files"]] == [".csv", ".parquet"]
    assert "someone's data" not in done.out + done.err
