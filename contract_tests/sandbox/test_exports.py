"""The files: every value as it was seeded, readable by others, split where asked for."""

from __future__ import annotations

import json

import pytest

from contract_tests.sandbox.bench import Bench, read_csv
from contract_tests.sandbox.conftest import OpenBench
from profile_export.sandbox.fields import FIELDS
from profile_export.sandbox.seed import Row, generate

COUNT = 300


def csv_cells(row: Row) -> list[str]:
    return [
        ",".join(json.loads(str(value)))
        if name == "phones" and value is not None
        else str(value or "")
        if value != 0
        else "0"
        for name, value in zip(FIELDS, row, strict=True)
    ]


@pytest.fixture
def large(open_bench: OpenBench) -> Bench:
    return open_bench(profiles=COUNT)


def test_csv_holds_every_value(large: Bench) -> None:
    rows = large.csv_rows()
    assert [list(row.values()) for row in rows] == [csv_cells(row) for row in generate(1, 1, COUNT)]
    assert list(rows[0]) == list(FIELDS)


def test_csv_is_utf_8_without_a_mark_and_with_crlf(large: Bench) -> None:
    (text,) = large.export()
    header, _, rest = text.partition("\r\n")
    assert header == ",".join(FIELDS)
    assert rest.endswith("\r\n")


def test_json_holds_every_value_and_leaves_out_absent_fields(large: Bench) -> None:
    (text,) = large.export(file_format="json")
    assert json.loads(text) == [
        {
            name: json.loads(str(value)) if name == "phones" else value
            for name, value in zip(FIELDS, row, strict=True)
            if value is not None
        }
        for row in generate(1, 1, COUNT)
    ]


@pytest.mark.parametrize("file_format", ["csv", "json"])
def test_the_same_seed_gives_the_same_bytes(open_bench: OpenBench, file_format: str) -> None:
    first = open_bench()
    files = [first.export(file_format=file_format), first.export(file_format=file_format)]
    first.close()
    (first.settings.data_dir / "sandbox.sqlite3").unlink()
    files.append(open_bench().export(file_format=file_format))
    assert files[0] == files[1] == files[2]


@pytest.mark.parametrize(
    ("per_file", "sizes"), [(1, [1] * 7), (3, [3, 3, 1]), (6, [6, 1]), (7, [7]), (8, [7]), (None, [7])]
)
def test_files_are_split_each_with_its_header(open_bench: OpenBench, per_file: int | None, sizes: list[int]) -> None:
    bench = open_bench(profiles=7, rows_per_file=per_file)
    task_id = bench.create()
    result = bench.result(task_id)
    names = [url.rpartition("/")[2] for url in result["urls"]]
    if len(sizes) == 1:
        assert names == ["1_database_export.csv"]
    else:
        assert names == [f"1_database_export_{number}.csv" for number in range(1, len(sizes) + 1)]
    files = [read_csv(bench.get(url).content.decode()) for url in result["urls"]]
    assert [len(rows) for rows in files] == sizes
    assert [row["_id"] for rows in files for row in rows] == [str(number) for number in range(1, 8)]
    assert result["total"] == 7


def test_json_files_are_split_into_arrays(open_bench: OpenBench) -> None:
    files = open_bench(profiles=5, rows_per_file=2).export(file_format="json")
    assert [[profile["_id"] for profile in json.loads(text)] for text in files] == [[1, 2], [3, 4], [5]]


@pytest.mark.parametrize(("file_format", "content"), [("csv", ",".join(FIELDS) + "\r\n"), ("json", "[\n]\n")])
@pytest.mark.parametrize("per_file", [None, 1])
def test_no_profiles_make_one_file(open_bench: OpenBench, file_format: str, content: str, per_file: int | None) -> None:
    bench = open_bench(rows_per_file=per_file)
    task_id = bench.create(source_type="segment", source_id=9, file_format=file_format)
    (url,) = bench.result(task_id)["urls"]
    assert url.endswith(f"/9_segment_export.{file_format}")
    assert bench.get(url).text == content
    assert bench.result(task_id)["total"] == 0


def test_only_finished_files_are_left(bench: Bench) -> None:
    bench.create()
    files = [path for path in bench.settings.data_dir.rglob("*") if path.is_file()]
    assert not [path for path in files if path.suffix == ".part"]
    assert [path.name for path in files if path.suffix == ".csv"] == ["1_database_export.csv"]
