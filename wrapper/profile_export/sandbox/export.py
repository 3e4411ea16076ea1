"""Write the chosen profiles to csv or json files: a few rows in memory at a time, and names only on whole files."""

from __future__ import annotations

import csv
import hashlib
import io
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, Protocol

from attrs import field, frozen

from profile_export.sandbox.fields import FIELDS, FieldKind
from profile_export.sandbox.filters import Condition

FileFormat = Literal["csv", "json"]
Rows = list[tuple[int | str | None, ...]]

_ROWS_AT_A_TIME = 1000


@frozen
class Job:
    """What to write where."""

    folder: Path
    stem: str
    file_format: FileFormat
    condition: Condition
    rows_per_file: int | None
    on_rows: Callable[[int, int], None] = field(repr=False)
    """Told the rows written so far and the total, after each step. It stops the job by raising."""


@frozen
class WrittenFile:
    """One finished file."""

    name: str
    size: int
    etag: str


class _Writer(Protocol):
    def begin(self) -> str: ...
    def rows(self, rows: Rows) -> str: ...
    def end(self) -> str: ...


def run(job: Job, connection: sqlite3.Connection) -> tuple[int, list[WrittenFile]]:
    """Write all files of a job; return the number of rows and the files. Profiles never change, so neither do they."""
    where, params = job.condition.sql, job.condition.params
    # The texts consist of names from a fixed list and of parameter marks.
    count_rows = f"SELECT count(*) FROM profiles WHERE {where}"  # noqa: S608
    read_rows = f"SELECT {_columns(job)} FROM profiles WHERE {where} ORDER BY _id"  # noqa: S608
    total: int = connection.execute(count_rows, params).fetchone()[0]
    cursor = connection.execute(read_rows, params)
    cursor.row_factory = None
    job.folder.mkdir(parents=True, exist_ok=True)
    progress = _Progress(job, total)
    per_file = job.rows_per_file or total
    count = max(1, -(-total // max(1, per_file)))
    names = [f"{job.stem}{f'_{n}' if count > 1 else ''}.{job.file_format}" for n in range(1, count + 1)]
    return total, [_write(job, name, _batches(cursor, per_file), progress) for name in names]


def _columns(job: Job) -> str:
    if job.file_format == "csv":
        return ", ".join(_csv_column(name, kind) for name, kind in FIELDS.items())
    # A profile is an object without the fields that it doesn't have: patching {} drops the nulls. SQLite writes the
    # text itself, which takes half the time of doing it in Python.
    members = ", ".join(_json_member(name, kind) for name, kind in FIELDS.items())
    return f"json_patch('{{}}', json_object({members}))"


def _csv_column(name: str, kind: FieldKind) -> str:
    # An array of phones is one cell, joined by commas. They hold no brackets and no quotes themselves.
    return f"""replace(trim("{name}", '[]'), '"', '')""" if kind == "texts" else f'"{name}"'


def _json_member(name: str, kind: FieldKind) -> str:
    value = f'json("{name}")' if kind == "texts" else f'"{name}"'
    return f"'{name}', {value}"


class _Progress:
    def __init__(self, job: Job, total: int) -> None:
        self._tell = job.on_rows
        self._total = total
        self._done = 0
        self.add(0)

    def add(self, rows: int) -> None:
        self._done += rows
        self._tell(self._done, self._total)


def _batches(cursor: sqlite3.Cursor, limit: int) -> Iterator[Rows]:
    while limit > 0 and (rows := cursor.fetchmany(min(limit, _ROWS_AT_A_TIME))):
        limit -= len(rows)
        yield rows


def _write(job: Job, name: str, batches: Iterator[Rows], progress: _Progress) -> WrittenFile:
    writer: _Writer = _Csv() if job.file_format == "csv" else _Json()
    draft = job.folder / f"{name}.part"
    digest = hashlib.sha256()
    with draft.open("wb") as file:

        def put(text: str) -> None:
            data = text.encode()
            digest.update(data)
            file.write(data)

        put(writer.begin())
        for rows in batches:
            put(writer.rows(rows))
            progress.add(len(rows))
        put(writer.end())
        size = file.tell()
    draft.replace(job.folder / name)
    # The content's own hash: equal exports keep their tag, so a download can be resumed over a fresh link.
    return WrittenFile(name, size, f'"{digest.hexdigest()[:32]}"')


class _Csv:
    def __init__(self) -> None:
        self._text = io.StringIO(newline="")
        self._csv = csv.writer(self._text)

    def begin(self) -> str:
        self._csv.writerow(FIELDS)
        return self._take()

    def rows(self, rows: Rows) -> str:
        self._csv.writerows(rows)
        return self._take()

    def end(self) -> str:
        return ""

    def _take(self) -> str:
        text = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        return text


class _Json:
    def __init__(self) -> None:
        self._separator = "\n"

    def begin(self) -> str:
        return "["

    def rows(self, rows: Rows) -> str:
        parts: list[str] = []
        for row in rows:
            parts += self._separator, str(row[0])
            self._separator = ",\n"
        return "".join(parts)

    def end(self) -> str:
        return "\n]\n"
