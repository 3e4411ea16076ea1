"""Reads a downloaded file, row by row, and keeps what the rules need to know of it: never a profile."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any, Final

from attrs import define, field

from scripts.verification.contract import JSON
from scripts.verification.values import Answer

FILTERABLE: Final = ("occupation", "_status", "_city")
"""Fields that the document, or another public page of the same platform, names; in the order of preference. Not names:
a filter stands in reports."""

IDENTIFYING: Final = frozenset({"_id", "id", "profile_id", "email", "phones", "phone"})
"""Columns that make a row one person's: without any of them, two people may have equal rows."""

LARGEST_JSON: Final = 256 * 2**20
LONGEST_FIELD: Final = 16 * 2**20
MOST_VALUES: Final = 10_000
MOST_ROWS_COMPARED: Final = 5_000_000
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9 .-]{0,58}[A-Za-z0-9]")


@define
class Contents:
    """What was learned from the files of one export, one after the other."""

    where: Mapping[str, Any] = field(factory=dict)
    header: tuple[str, ...] = ()
    rows: int = 0
    countable: bool = True
    ragged: int = 0
    line_breaks: int = 0
    mismatches: int = 0
    repeated: int = 0
    values: dict[str, Counter[str]] = field(factory=dict)
    digests: list[str] = field(factory=list)
    """One for each file, of its rows."""
    columns_checked: tuple[str, ...] = ()
    _seen: set[bytes] = field(factory=set)

    def read(self, answer: Answer) -> str:
        """Reads one more file; gives what is wrong with it as a file, or ""."""
        assert answer.content is not None
        try:
            rows = _json_rows(answer) if answer.media_type == JSON else self._csv_rows(answer.content, _charset(answer))
            self._take(rows)
        except (UnicodeError, csv.Error, ValueError, RecursionError) as error:
            return f"it can't be read as {answer.media_type}: {type(error).__name__}: {_without_data(error)}"
        finally:
            answer.content.close()
        return ""

    @property
    def digest(self) -> str:
        """Of all rows of all files, however they are split."""
        return hashlib.sha256("".join(sorted(self.digests)).encode()).hexdigest()

    @property
    def whole_file_repeated(self) -> bool:
        """Whether two of the files hold the very same rows."""
        return len(set(self.digests)) < len(self.digests)

    @property
    def has_identity(self) -> bool:
        """Whether a row is one person's."""
        return bool(IDENTIFYING & set(self.header))

    def _take(self, rows: Iterable[dict[str, Any]] | None) -> None:
        if rows is None:
            self.countable = False
            return
        digest = hashlib.sha256()
        for row in rows:
            text = json.dumps(row, ensure_ascii=False, sort_keys=True, default=str).encode("utf-8", "surrogatepass")
            digest.update(text)
            self._look_at(row, hashlib.blake2b(text, digest_size=8).digest())
        self.digests.append(digest.hexdigest())

    def _look_at(self, row: dict[str, Any], mark: bytes) -> None:
        self.rows += 1
        if any(_cells(row.get(name)) for name in IDENTIFYING):
            self.repeated += mark in self._seen
            if len(self._seen) < MOST_ROWS_COMPARED:
                self._seen.add(mark)
        if not self.header:
            self.header = tuple(row)
        self.line_breaks += any(isinstance(text, str) and re.search(r"[\r\n]", text) for text in row.values())
        checked = [name for name, wanted in self.where.items() if name in row and _is_judged(wanted)]
        self.columns_checked = tuple({*self.columns_checked, *checked})
        self.mismatches += any(not _matches(row[name], self.where[name]) for name in checked)
        for name in FILTERABLE:
            counts = self.values.setdefault(name, Counter())
            if isinstance(row.get(name), str) and (len(counts) < MOST_VALUES or row[name] in counts):
                counts[row[name]] += 1

    def _csv_rows(self, content: IO[bytes], charset: str) -> Iterator[dict[str, Any]]:
        csv.field_size_limit(LONGEST_FIELD)
        text = io.TextIOWrapper(content, encoding=charset, newline="")
        delimiter = _delimiter(text.readline())
        text.seek(0)
        rows = (row for row in csv.reader(text, delimiter=delimiter, strict=True) if row)
        header = tuple(next(rows, ()))
        if self.header and header and header != self.header:
            # Whether every file of a split export has a header isn't documented.
            yield self._named(list(header))
        else:
            self.header = header
        for row in rows:
            yield self._named(row)

    def _named(self, row: list[str]) -> dict[str, Any]:
        if len(row) != len(self.header):
            self.ragged += 1
        return dict(zip(self.header, row, strict=False))

    def filter(self) -> dict[str, str]:
        """A filter that some of the rows match, and others don't; empty where there is none to be sure of."""
        for name in FILTERABLE:
            if name in self.where:
                continue
            counts = Counter[str]()
            for value, count in self.values.get(name, Counter[str]()).items():
                counts[_folded(value)] += count
            usable = [
                (counts[_folded(value)], value)
                for value in self.values.get(name, ())
                if _PLAIN.fullmatch(value) and counts[_folded(value)] < self.rows
            ]
            if usable:
                # Few rows are quickly exported, but one alone may be gone by then.
                return {name: min(usable, key=lambda pair: (pair[0] < 2, pair))[1]}
        return {}


def _json_rows(answer: Answer) -> list[dict[str, Any]] | None:
    """The rows of a JSON file: assumed is an array of objects. None where it is something else."""
    assert answer.content is not None
    if answer.size > LARGEST_JSON:
        return None
    value = json.loads(answer.content.read().decode("utf-8-sig"))
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        return None
    return value


def _charset(answer: Answer) -> str:
    match = re.search(r";\s*charset\s*=\s*\"?([^\";\s]+)", answer.headers.get("Content-Type", ""), re.IGNORECASE)
    name = match[1] if match else "utf-8"
    try:
        known = codecs.lookup(name).name
    except LookupError as error:
        raise ValueError(f"nobody knows the charset {name}") from error
    return "utf-8-sig" if known == "utf-8" else known


def _delimiter(line: str) -> str:
    """The delimiter of a header line. Which one a panel writes isn't documented, so the usual ones are tried."""
    unquoted = re.sub(r'"[^"]*"', "", line)
    return max(",;\t|", key=unquoted.count)


def _is_judged(wanted: object) -> bool:
    """How true and false are written into a file isn't documented, and operators mean what the panel says."""
    return isinstance(wanted, str | int) and not isinstance(wanted, bool)


def _matches(cell: object, wanted: str | int) -> bool:
    """Whether a row isn't known not to match: a filter may mean any of several values in a cell."""
    cells = _cells(cell)
    if _folded(wanted) in (cells or [""]):
        return True
    numbers = [number for number in map(_number, cells) if number is not None]
    # A word in place of a number may be the number's name.
    return isinstance(wanted, int) and (wanted in numbers or bool(cells and not numbers))


def _cells(cell: object) -> list[str]:
    """The values in a cell, and the whole of it, since a comma may as well be a part of the text."""
    parts = cell if isinstance(cell, list) else [] if cell is None else [cell, *str(cell).split(",")]
    return [text for text in map(_folded, parts) if text]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _folded(value: object) -> str:
    return str(value).strip().casefold()


def _without_data(error: Exception) -> str:
    """The error's text without the bytes of the file that some errors show."""
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is no {error.encoding}"
    return str(error)[:120]
