"""Parquet: text as it is, types where they are asked for, counted again, published whole or not at all."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract_tests.cli.programs import environment
from contract_tests.tables.exports import NASTY, export, written
from profile_export import DownloadError, ExportError, IntegrityError, TargetExists, UsageError, parquet

BOM = b"\xef\xbb\xbf"


def rows(path: Path) -> list[dict[str, Any]]:
    table: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return table


def test_every_column_is_text_as_it_is(tmp_path: Path) -> None:
    result = export(tmp_path, BOM + written(NASTY), total=len(NASTY))
    [file] = result.to_parquet(tmp_path)
    assert file.path == tmp_path / "1.parquet"
    assert rows(file.path) == list(result.iter_rows())
    schema = pq.read_schema(file.path)
    assert schema.names == ["_id", "phone", "comment"]
    assert set(schema.types) == {pa.string()}
    content = file.path.read_bytes()
    assert (file.size, file.rows, file.sha256) == (len(content), len(NASTY), hashlib.sha256(content).hexdigest())
    assert result.files[0].path.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.csv", "1.parquet"]


def test_one_file_each_or_one_of_all(tmp_path: Path) -> None:
    result = export(tmp_path, written(NASTY[:3]), written(NASTY[3:]), total=len(NASTY))
    each = result.to_parquet(tmp_path / "each")
    assert [(file.path.name, file.rows) for file in each] == [("1.parquet", 3), ("2.parquet", len(NASTY) - 3)]
    [one] = result.to_parquet(tmp_path / "one" / "all.parquet")
    assert one.rows == len(NASTY)
    assert rows(one.path) == rows(each[0].path) + rows(each[1].path) == list(result.iter_rows())


def test_types_that_are_asked_for(tmp_path: Path) -> None:
    header = ("id", "born", "seen", "score", "active", "money", "phone")
    content = written(
        [["007", "1990-05-01", "2024-01-02T03:04:05", "1.5", "true", "12.50", "007"], ["", "", "", "", "", "", ""]],
        header,
    )
    types = {
        "id": int,
        "born": date,
        "seen": datetime,
        "score": "float32",
        "active": bool,
        "money": pa.decimal128(9, 2),
    }
    [file] = export(tmp_path, content, total=2).to_parquet(tmp_path, types=types)
    first, second = rows(file.path)
    assert first == {
        "id": 7,
        "born": date(1990, 5, 1),
        "seen": datetime(2024, 1, 2, 3, 4, 5),  # noqa: DTZ001 - a column without a zone
        "score": 1.5,
        "active": True,
        "money": Decimal("12.50"),
        "phone": "007",
    }
    assert second == {**dict.fromkeys(header), "phone": ""}


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8", ";"), ("cp1251", "\t"), ("utf-16", ",")])
def test_other_delimiters_and_encodings(tmp_path: Path, encoding: str, delimiter: str) -> None:
    content = written([["1", "007", "Казань; да,\t"]], encoding=encoding, delimiter=delimiter)
    [file] = export(tmp_path, content, total=1).to_parquet(tmp_path, delimiter=delimiter, encoding=encoding)
    assert rows(file.path) == [{"_id": "1", "phone": "007", "comment": "Казань; да,\t"}]


def test_files_without_a_header(tmp_path: Path) -> None:
    result = export(tmp_path, written([["1", "2"]], header=()), written([["3", "4"]], header=()), total=2)
    [file] = result.to_parquet(tmp_path / "all.parquet", columns=["a", "b"], types={"a": int})
    assert rows(file.path) == [{"a": 1, "b": "2"}, {"a": 3, "b": "4"}]


@pytest.mark.parametrize("content", [b"", b"a,b\n"])
def test_exports_without_profiles(tmp_path: Path, content: bytes) -> None:
    [file] = export(tmp_path, content, total=0).to_parquet(tmp_path, types={"a": int} if content else None)
    assert pq.read_table(file.path).num_rows == 0
    assert export(tmp_path, total=0).to_parquet(tmp_path / "nothing") == ()


def test_rows_that_are_longer_than_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "BLOCKS", (1000, 100_000))
    content = written([["1", "2", "x"], ["1", "2", "y" * 5000], ["1", "2", "z"]])
    [file] = export(tmp_path, content, total=3).to_parquet(tmp_path)
    assert [len(row["comment"]) for row in rows(file.path)] == [1, 5000, 1]
    monkeypatch.setattr(parquet, "BLOCKS", (1000,))
    with pytest.raises(IntegrityError, match="longer than 1000 bytes"):
        export(tmp_path, content, total=3).to_parquet(tmp_path, overwrite=True)


def test_a_large_file_becomes_several_groups_of_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "BLOCKS", (20_000,))
    monkeypatch.setattr(parquet, "GROUP", 50_000)
    content = written([[str(number), "007", 'a\n"b"'] for number in range(20_000)])
    [file] = export(tmp_path, content, total=20_000).to_parquet(tmp_path)
    assert 4 < pq.ParquetFile(file.path).metadata.num_row_groups < 40
    assert [row["_id"] for row in rows(file.path)] == [str(number) for number in range(20_000)]


@pytest.mark.parametrize(
    ("content", "options", "error", "words"),
    [
        (b"a,b\n1,2\n", {}, IntegrityError, "hold 1 rows, but the panel announced 9"),
        (b"a,b\n1,secret\nsecret\n", {}, IntegrityError, r"^1\.csv: 1 fields under 2 columns"),
        # Arrow repeats what it can't read, which may look like its own words.
        (b"a,b\nUTF-8,2,secret\n", {}, IntegrityError, "3 fields under 2 columns"),
        (b"a,b\nstraddling object,2,secret\n", {}, IntegrityError, "3 fields under 2 columns"),
        (b"a,b\nIn CSV column #1: ,2,: invalid UTF8 data\n", {}, IntegrityError, "3 fields under 2 columns"),
        (b"a\nUTF8\n", {"types": {"a": int}}, UsageError, "a value of column 'a' is no int64"),
        (b"a\n: invalid UTF8 data\n", {"types": {"a": int}}, UsageError, "a value of column 'a' is no int64"),
        (b"a\nstraddling\n", {"types": {"a": bool}}, UsageError, "a value of column 'a' is no bool"),
        (b'a\n"Expected 1 columns, got 7"\n', {"types": {"a": int}}, UsageError, "a value of column 'a' is no int64"),
        (b"a,a\n1,2\n", {}, IntegrityError, "more than one column"),
        (b"a\n\xffsecret\n", {}, UsageError, "not in utf-8"),
        (b"a\nsecret\n", {"types": {"a": int}}, UsageError, r"a value of column 'a' is no int64"),
        (b"a\n1\n", {"types": {"b": int}}, UsageError, "no column 'b'"),
        (b"a\n1\n", {"types": {"a": "int65"}}, UsageError, "'int65' is no type"),
        (b"a\n1\n", {"types": {"a": list}}, UsageError, "list.* is no type"),
        (b"a\n1\n", {"types": {"a": pa.list_(pa.string())}}, UsageError, "can't read the type list<.*> from csv"),
        (b"a\n1\n", {"delimiter": "::"}, UsageError, "one ASCII character"),
        (b"a\n1\n", {"encoding": "klingon"}, UsageError, "no encoding"),
    ],
)
def test_what_does_not_fit_leaves_nothing_and_tells_no_data(
    tmp_path: Path, content: bytes, options: dict[str, Any], error: type[ExportError], words: str
) -> None:
    with pytest.raises(error, match=words) as raised:
        export(tmp_path, content, total=9).to_parquet(tmp_path, **options, keep_csv=False)
    assert "secret" not in f"{raised.value} {raised.value.hints}"
    assert [path.name for path in tmp_path.iterdir()] == ["1.csv"]


@pytest.mark.parametrize("name", ["float16", "halffloat", "string_view", "binary_view", "month_day_nano_interval"])
def test_types_that_arrow_does_not_read_are_refused_before_there_is_an_export(name: str) -> None:
    with pytest.raises(UsageError, match=f"can't read the type {name} from csv"):
        parquet.check(types={"a": name}, delimiter=",", encoding="utf-8")


@pytest.mark.parametrize("name", ["int8", "uint64", "double", "large_string", "binary", "date64", "time32[s]", "null"])
def test_types_that_arrow_reads_are_taken(name: str) -> None:
    parquet.check(types={"a": name, "b": pa.dictionary(pa.int32(), pa.string())}, delimiter=",", encoding="utf-8")


def test_what_arrow_refuses_later_is_told_as_an_error_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "data_type", lambda _: pa.float16())
    with pytest.raises(UsageError, match=r"can't read 1\.csv in these types"):
        export(tmp_path, b"a\n1\n", total=1).to_parquet(tmp_path, types={"a": "float16"})
    assert [path.name for path in tmp_path.iterdir()] == ["1.csv"]


def test_two_files_with_other_columns_are_not_one(tmp_path: Path) -> None:
    result = export(tmp_path, b"a,b\n1,2\n", b"b,a\n1,2\n", total=2)
    with pytest.raises(IntegrityError, match=r"2\.csv has other columns than 1\.csv"):
        result.to_parquet(tmp_path / "all.parquet")
    assert len(result.to_parquet(tmp_path / "each")) == 2


def test_nothing_is_replaced_unless_asked(tmp_path: Path) -> None:
    result = export(tmp_path, written(NASTY), written(NASTY), total=2 * len(NASTY))
    tmp_path.joinpath("2.parquet").write_text("mine")
    with pytest.raises(TargetExists):
        result.to_parquet(tmp_path, keep_csv=False)
    assert tmp_path.joinpath("2.parquet").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.csv", "2.csv", "2.parquet"]
    assert len(result.to_parquet(tmp_path, overwrite=True, keep_csv=False)) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.parquet", "2.parquet"]


def test_a_name_that_is_taken_meanwhile_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = export(tmp_path, written(NASTY), total=len(NASTY))
    monkeypatch.setattr(os.path, "lexists", lambda _: False)
    tmp_path.joinpath("1.parquet").write_text("mine")
    with pytest.raises(TargetExists):
        result.to_parquet(tmp_path)
    assert tmp_path.joinpath("1.parquet").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.csv", "1.parquet"]


def test_a_folder_that_can_not_be_written_to(tmp_path: Path) -> None:
    tmp_path.joinpath("file").touch()
    with pytest.raises(DownloadError, match="can't write"):
        export(tmp_path, written(NASTY), total=len(NASTY)).to_parquet(tmp_path / "file" / "below")


def test_another_format_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="only csv"):
        export(tmp_path, b"[]", total=0, counted=False).to_parquet(tmp_path)


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.csv", None)
    with pytest.raises(UsageError, match="pyarrow") as raised:
        export(tmp_path, written(NASTY), total=len(NASTY)).to_parquet(tmp_path)
    assert raised.value.hints == ("install it with: pip install 'profile-export[parquet]'",)


def test_memory_stays_flat(tmp_path: Path) -> None:
    """Measured in a process of its own: the peak of a file four times as long is hardly higher."""
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from profile_export import DownloadedExport, DownloadedFile\n"
        "path, count = Path(sys.argv[1]), int(sys.argv[2])\n"
        "path.write_bytes(b'a,b\\n' + b'007,\"' + b'x' * 90 + b'\"\\n' * 1)\n"
        "with path.open('ab') as file:\n"
        "    for _ in range(count // 10_000): file.write((b'007,\"' + b'x' * 90 + b'\"\\n') * 10_000)\n"
        "file = DownloadedFile(path=path, size=0, rows=count + 1, sha256='')\n"
        "result = DownloadedExport(task_id='t', files=(file,), total=count + 1, rows=count + 1)\n"
        "result.to_parquet(path.with_suffix('.parquet'))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)\n"
    )
    peaks = []
    for count in (400_000, 1_200_000):
        words = [sys.executable, "-c", code, str(tmp_path / f"{count}.csv"), str(count)]
        done = subprocess.run(words, capture_output=True, text=True, check=True, env=environment())
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] + 40
