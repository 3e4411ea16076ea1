"""Plain Python over downloaded files: streams and rows, other delimiters and encodings, and files that lie."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path
from typing import TextIO

import pytest

from contract_tests.tables.exports import NASTY, export, written
from profile_export import (
    Database,
    DownloadedExport,
    DownloadedFile,
    DownloadError,
    DownloadPolicy,
    ExportError,
    IntegrityError,
    UsageError,
)
from profile_export.testing import ScriptedPanel

BOM = b"\xef\xbb\xbf"


def test_rows_are_what_the_csv_module_reads(tmp_path: Path) -> None:
    result = export(tmp_path, written(NASTY), written([["x", "00", ""]]), total=len(NASTY) + 1)
    rows = list(result.iter_rows())
    assert [list(row.values()) for row in rows] == [*NASTY, ["x", "00", ""]]
    assert {tuple(row) for row in rows} == {("_id", "phone", "comment")}


def test_rows_come_while_the_file_is_read(tmp_path: Path) -> None:
    result = export(tmp_path, written(NASTY) + b"broken\n", total=len(NASTY))
    assert list(itertools.islice(result.iter_rows(), len(NASTY)))


@pytest.mark.parametrize(
    ("encoding", "delimiter"), [("utf-8", ";"), ("cp1251", "\t"), ("utf-16", ","), ("utf-16-le", "|")]
)
def test_other_delimiters_and_encodings(tmp_path: Path, encoding: str, delimiter: str) -> None:
    content = written([["1", "007", "Казань; да,|\t"]], encoding=encoding, delimiter=delimiter)
    result = export(tmp_path, content, total=1)
    assert list(result.iter_rows(delimiter=delimiter, encoding=encoding)) == [
        {"_id": "1", "phone": "007", "comment": "Казань; да,|\t"}
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    result = export(tmp_path, BOM + written(NASTY), total=len(NASTY))
    assert "_id" in next(result.iter_rows())
    assert next(iter(result.open())).read(3) == "_id"
    with result.files[0].open() as stream:
        assert stream.read(3) == "_id"


def test_streams_keep_line_breaks_and_close_themselves(tmp_path: Path) -> None:
    result = export(tmp_path, written(NASTY), b"a\r\nb\r\n", total=len(NASTY) + 1)
    seen: list[TextIO] = []
    for stream in result.open():
        assert all(earlier.closed for earlier in seen)
        seen.append(stream)
        last = stream.read()
    assert last == "a\r\nb\r\n"
    with result.files[0].open() as stream:
        assert list(csv.reader(stream))[1:] == NASTY


def test_files_without_a_header(tmp_path: Path) -> None:
    result = export(tmp_path, written([["1", "2"], ["3", "4"]], header=()), total=2)
    assert list(result.iter_rows(columns=["a", "b"])) == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


def test_empty_files(tmp_path: Path) -> None:
    assert list(export(tmp_path, b"", b"a,b\n", total=0).iter_rows()) == []


def test_another_format_has_no_rows(tmp_path: Path) -> None:
    result = export(tmp_path, b"[]", total=0, counted=False)
    for call in (result.iter_rows, result.open):
        with pytest.raises(UsageError, match="only csv"):
            call()


@pytest.mark.parametrize(
    ("content", "options", "error", "words"),
    [
        (b"a,b\n1\n", {}, IntegrityError, "1.csv, row 1: 1 fields under 2 columns"),
        (b"a,b\n1,2\n1,2,3\n", {}, IntegrityError, "row 2: 3 fields under 2 columns"),
        (b"a,b,a\n1,2,3\n", {}, IntegrityError, "more than one column of the name 'a'"),
        (b"a\n" + b"x" * 200_000, {}, IntegrityError, "field limit"),
        (b"a\n\xff\n", {}, UsageError, "1.csv is not in utf-8"),
        (b"a\n1\n", {"encoding": "klingon"}, UsageError, "no encoding 'klingon'"),
        (b"a\n1\n", {"delimiter": ";;"}, UsageError, "one ASCII character"),
        (b"a\n1\n", {"delimiter": '"'}, UsageError, "one ASCII character"),
    ],
)
def test_files_and_arguments_that_do_not_fit(
    tmp_path: Path, content: bytes, options: dict[str, str], error: type[ExportError], words: str
) -> None:
    # Of the whole process: a test of others may have raised it.
    before = csv.field_size_limit(131_072)
    try:
        with pytest.raises(error, match=words) as raised:
            list(export(tmp_path, content, total=1).iter_rows(**options))
    finally:
        csv.field_size_limit(before)
    assert raised.value.hints or "more than one" in words


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    result = export(tmp_path, b"a\n1\n", total=1)
    result.files[0].path.unlink()
    with pytest.raises(DownloadError, match="can't read"):
        list(result.iter_rows())


def test_after_an_export(tmp_path: Path) -> None:
    panel = ScriptedPanel()
    panel.add(Database(1), [{"phone": "007", "note": 'a "b"\n,c'}, {"phone": "00"}], rows_per_file=1)
    with panel.client() as client:
        result = client.export(Database(1), to=tmp_path)
    assert list(result.iter_rows()) == [{"phone": "007", "note": 'a "b"\n,c'}, {"phone": "00", "note": ""}]


def test_after_an_export_of_which_only_lengths_were_checked(tmp_path: Path) -> None:
    panel = ScriptedPanel()
    panel.add(Database(1), [{"phone": "007"}, {"phone": "00"}], rows_per_file=1)
    with panel.client(download=DownloadPolicy(verify_content=False)) as client:
        result = client.export(Database(1), to=tmp_path / "csv")
        other = client.export(Database(1), to=tmp_path / "json", file_format="json")
    assert result.rows is None
    assert list(result.iter_rows()) == [{"phone": "007"}, {"phone": "00"}]
    assert [stream.read() for stream in result.open()] == ["phone\r\n007\r\n", "phone\r\n00\r\n"]
    assert [file.rows for file in result.to_parquet(tmp_path / "csv")] == [1, 1]
    for call in (other.open, other.iter_rows, lambda: other.to_parquet(tmp_path)):
        with pytest.raises(UsageError, match=r"^only csv files have rows to read$"):
            call()


@pytest.mark.parametrize(("name", "known"), [("1.TXT", True), ("1.csv", True), ("1.json", False), ("export", False)])
def test_without_its_content_only_the_name_of_a_file_tells_its_format(tmp_path: Path, name: str, known: bool) -> None:
    tmp_path.joinpath(name).write_bytes(b"a\n1\n")
    file = DownloadedFile(path=tmp_path / name, size=4, rows=None, sha256=None)
    result = DownloadedExport(task_id="task", files=(file,), total=1, rows=None)
    if known:
        assert list(result.iter_rows()) == [{"a": "1"}]
        return
    with pytest.raises(UsageError, match="only csv") as raised:
        result.iter_rows()
    assert "without verify_content" in raised.value.hints[-1]
