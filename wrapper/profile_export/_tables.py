"""Downloaded csv files as plain Python reads them: text streams, and rows as mappings of texts."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from profile_export.errors import DownloadError, IntegrityError, UsageError
from profile_export.types import DownloadedExport, DownloadedFile

NO_TABLE = "only csv files have rows to read"
NAMES_OF_CSV = frozenset({".csv", ".txt"})


def csv_paths(result: DownloadedExport) -> list[Path]:
    """The files of an export in csv.

    Raises:
        UsageError: It is in another format.
    """
    if result.rows is None and not all(map(_is_csv, result.files)):
        unverified = any(file.sha256 is None for file in result.files)
        by_name = ("without verify_content, only files named .csv or .txt are taken for csv",) if unverified else ()
        raise UsageError(NO_TABLE, hints=('export with file_format="csv"', *by_name))
    return [file.path for file in result.files]


def _is_csv(file: DownloadedFile) -> bool:
    """Whether a file is csv, as far as its download tells.

    Where the content was verified, the rows of csv were counted. Where it wasn't, only the name can tell.
    """
    if file.rows is not None or file.sha256 is not None:
        return file.rows is not None
    return file.place.suffix.lower() in NAMES_OF_CSV


def known_encoding(encoding: str) -> str:
    """The encoding's name as Python's codecs take it; one that drops a byte order mark, where UTF-8 may have one.

    Raises:
        UsageError: There is no such encoding.
    """
    try:
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError):
        raise UsageError(f"there is no encoding {encoding!r}", hints=("utf-8, cp1251 and utf-16 are some",)) from None
    return "utf-8-sig" if name == "utf-8" else name


def check_delimiter(delimiter: str) -> str:
    """The delimiter itself.

    Raises:
        UsageError: No csv file can have it.
    """
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n\0':
        raise UsageError(f"delimiter is one ASCII character, not {delimiter!r}", hints=("',', ';' or a tab, usually",))
    return delimiter


def open_text(path: Path, encoding: str) -> TextIO:
    """A file as the csv module wants it: with its line breaks as they are, and without a byte order mark."""
    name = known_encoding(encoding)
    with _readable(path):
        return path.open(encoding=name, newline="")


def streams(result: DownloadedExport, encoding: str) -> Iterator[TextIO]:
    """One stream for each file, closed when the next one is asked for."""
    known_encoding(encoding)
    return _streams(csv_paths(result), encoding)


def _streams(paths: Sequence[Path], encoding: str) -> Iterator[TextIO]:
    for path in paths:
        with open_text(path, encoding) as stream:
            yield stream


def records(path: Path, delimiter: str, encoding: str) -> Generator[list[str]]:
    """The records of one file, the header included; blank lines are none.

    Raises:
        UsageError: The file is in another encoding.
        IntegrityError: It is no csv file.
        DownloadError: It can't be read.
    """
    with _readable(path, encoding), open_text(path, encoding) as stream:
        reader = csv.reader(stream, delimiter=check_delimiter(delimiter))
        try:
            yield from filter(None, reader)
        except csv.Error as error:
            hints = ("csv.field_size_limit(...) allows longer fields",) if "field limit" in str(error) else ()
            raise IntegrityError(f"{path.name}, line {reader.line_num}: {error}", hints=hints) from None


def column_names(path: Path, found: Sequence[str]) -> list[str]:
    """The names of a file's columns.

    Raises:
        IntegrityError: Two of them are equal, so that one would hide the other.
    """
    twice = sorted({name for name in found if list(found).count(name) > 1})
    if twice:
        raise IntegrityError(f"{path.name} has more than one column of the name {twice[0]!r}")
    return list(found)


def no_record() -> list[str]:
    """What an empty file has in place of its header."""
    return []


def header(path: Path, delimiter: str, encoding: str) -> list[str]:
    """The names in a file's first record; none where the file is empty."""
    lines = records(path, delimiter, encoding)
    try:
        return column_names(path, next(lines, no_record()))
    finally:
        lines.close()


def rows(
    result: DownloadedExport, delimiter: str, encoding: str, columns: Sequence[str] | None
) -> Iterator[dict[str, str]]:
    """The profiles of all files, one after another."""
    check_delimiter(delimiter)
    known_encoding(encoding)
    return _rows(csv_paths(result), delimiter, encoding, columns)


def _rows(
    paths: Sequence[Path], delimiter: str, encoding: str, columns: Sequence[str] | None
) -> Iterator[dict[str, str]]:
    for path in paths:
        lines = records(path, delimiter, encoding)
        names = column_names(path, next(lines, no_record()) if columns is None else columns)
        for number, fields in enumerate(lines, 1):
            if len(fields) != len(names):
                raise ragged(path, number, len(fields), len(names))
            yield dict(zip(names, fields, strict=True))


def ragged(path: Path, number: int | None, fields: int, columns: int) -> IntegrityError:
    """The error for a row that doesn't fit its header; it repeats no data. The row's number may be unknown."""
    at = "" if number is None else f", row {number}"
    return IntegrityError(
        f"{path.name}{at}: {fields} fields under {columns} columns",
        hints=("perhaps its delimiter is another one: pass delimiter=",),
    )


@contextmanager
def _readable(path: Path, encoding: str = "") -> Generator[None]:
    try:
        yield
    except UnicodeDecodeError:
        raise wrong_encoding(path, encoding) from None
    except OSError as error:
        if isinstance(error, DownloadError):
            raise
        raise DownloadError(f"can't read {path}: {error.strerror or error}") from None


def wrong_encoding(path: Path, encoding: str) -> UsageError:
    """The error for bytes that are no text in the encoding."""
    return UsageError(f"{path.name} is not in {encoding}", hints=('pass its encoding, such as encoding="cp1251"',))
