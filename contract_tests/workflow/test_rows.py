"""Records are counted as the csv module counts them, whatever the bytes and however they come."""

from __future__ import annotations

import csv
import io
import time
import tracemalloc
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profile_export import _rows
from profile_export._rows import BOM, SHORT_LINE, RecordCounter

DELIMITERS = [",", ";", "\t", "|"]
PIECES = [
    b'"',
    b'""',
    b'"""',
    b",",
    b";",
    b"\t",
    b"|",
    b"\n",
    b"\r",
    b"\r\n",
    b"a",
    b" ",
    b"\xef",
    BOM,
    b"\x00",
    b"\x85",
]
data = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join) | st.binary(max_size=60)
every_delimiter = pytest.mark.parametrize("delimiter", DELIMITERS)


def counted_by_csv(content: bytes, delimiter: str) -> int:
    text = content.removeprefix(BOM).decode("latin-1")
    return sum(1 for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if record)


def counted(chunks: list[bytes], delimiter: str) -> int:
    counter = RecordCounter(delimiter.encode())
    for chunk in chunks:
        counter.feed(chunk)
    return counter.records()


def cut(content: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(content) + 1) for place in places), len(content)]
    return [content[start:end] for start, end in pairwise(edges)]


@every_delimiter
@settings(max_examples=150)
@given(content=data, places=st.lists(st.integers(0, 200), max_size=6))
def test_any_bytes_in_any_chunks_count_as_in_the_csv_module(delimiter: str, content: bytes, places: list[int]) -> None:
    assert counted(cut(content, places), delimiter) == counted_by_csv(content, delimiter)


@every_delimiter
@settings(max_examples=60)
@given(content=data)
def test_byte_by_byte_counts_the_same(delimiter: str, content: bytes) -> None:
    chunks = [content[place : place + 1] for place in range(len(content))]
    assert counted(chunks, delimiter) == counted_by_csv(content, delimiter)


cells = st.text(st.sampled_from(['"', ",", ";", "\t", "|", "\n", "\r", "a", "\u00e9", " "]), max_size=6)


# csv.writer quotes only those line breaks that its own line ending is made of, so lesser quoting needs CRLF.
STYLES: list[dict[str, Any]] = [
    {"lineterminator": "\r\n", "quoting": csv.QUOTE_MINIMAL},
    {"lineterminator": "\r\n", "quoting": csv.QUOTE_ALL},
    {"lineterminator": "\n", "quoting": csv.QUOTE_ALL},
    {"lineterminator": "\r", "quoting": csv.QUOTE_ALL},
]


@every_delimiter
@pytest.mark.parametrize("style", STYLES, ids=["minimal", "crlf", "lf", "cr"])
@settings(max_examples=40)
@given(
    table=st.lists(st.lists(cells, min_size=2, max_size=4), max_size=8),
    bom=st.sampled_from([b"", BOM]),
    size=st.integers(1, 30),
)
def test_what_a_writer_writes_is_counted_without_knowing_its_delimiter(
    delimiter: str, style: dict[str, Any], table: list[list[str]], bom: bytes, size: int
) -> None:
    """The default counter takes each of the usual delimiters for the beginning of a field."""
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, **style).writerows(table)
    content = bom + written.getvalue().encode()
    counter = RecordCounter()
    for start in range(0, len(content), size):
        counter.feed(content[start : start + size])
    assert counter.records() == len(table)


# Lines of quoted fields alone, where the counter looks at line breaks and no more, with all that could mislead it.
LINES = (
    [b'"a","b"\n', b'"a";"b"\r\n', b'"a\nb","c"\n', b'"a""","""b"\n', b'"a""\n""b"\n', b'"a","\n","b"\n'],
    [b'a"\n"b"\n', b'"a",""\n', b"a,b\n", b'a"b"\n', b'"a"b"\n', b'x"\n', b'x"\r\n', b'"x\r\n"'],
    [b"\n", b"\r\n", b"\r", b'"', BOM],
)
quoted_lines = st.lists(st.sampled_from([line for group in LINES for line in group]), max_size=12).map(
    lambda lines: b'"head","er"\n' * 14 + b"".join(lines)
)


@every_delimiter
@settings(max_examples=150)
@given(content=quoted_lines, places=st.lists(st.integers(0, 400), max_size=3))
def test_lines_of_quoted_fields_count_as_in_the_csv_module(delimiter: str, content: bytes, places: list[int]) -> None:
    assert counted(cut(content, places), delimiter) == counted_by_csv(content, delimiter)
    assert counted([content], delimiter) == counted_by_csv(content, delimiter)


# Lines of a usual length, which the counter looks at one by one, and what could mislead it there.
BREAKS = [b"\n", b"\r\n", b"\r", b"\n\n", b"\r\n\r\n", b"\n\r", b"\r\r\n"]
PLACES = [b"", b"x", b"\n", b"\r", b"\r\n"]


@pytest.mark.parametrize("usual", [b"\n", b"\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("unusual", BREAKS, ids=repr)
def test_long_lines_count_as_in_the_csv_module(usual: bytes, unusual: bytes) -> None:
    line = b"x" * 3 * SHORT_LINE
    for first, last in product(PLACES, repeat=2):
        content = first + line + usual + line + unusual + line + usual + last
        expected = counted_by_csv(content, ",")
        for place in range(len(content) + 1):
            if set(content[max(place - 2, 0) : place + 2]) != {ord("x")}:
                assert counted([content[:place], content[place:]], ",") == expected


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_usual_lines_are_not_searched_byte_by_byte(ending: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_rows, "BEGINNING", None)
    line = b"x" * 3 * SHORT_LINE + ending
    assert counted([line, line + line, line[:9], line[9:] + line], ",") == 5


@pytest.mark.parametrize(
    ("content", "records"),
    [
        (b"", 0),
        (BOM, 0),
        (b"\n\r\n\r", 0),
        (b"a", 1),
        (b"a\n", 1),
        (b"a\r\rb", 2),
        (b'""', 1),
        (b'"', 1),
        (b'"\n"\n', 1),
        (b'"a\r\nb","c""\n"\r\nd', 2),
        (BOM + b'"a\nb"\n', 1),
        (b"\n" + BOM + b"\n", 1),
        (b'a"b\nc"d\n', 2),
        (b'"a"b"\nc\n', 2),
    ],
)
def test_counts_to_look_at(content: bytes, records: int) -> None:
    assert counted([content], ",") == records == counted_by_csv(content, ",")


@pytest.mark.parametrize("tail", [b"", b"\n", b"\r\n", b"\r"], ids=repr)
@pytest.mark.parametrize(
    ("content", "is_open"),
    [(b"", False), (BOM, False), (b"a", True), (b'a\n"b"', True), (b'a\n"b', True), (b'"a"""', True)],
    ids=repr,
)
def test_a_file_ends_with_a_line_or_within_one(content: bytes, is_open: bool, tail: bytes) -> None:
    for place in range(len(content + tail) + 1):
        counter = RecordCounter()
        for chunk in cut(content + tail, [place]):
            counter.feed(chunk)
        counter.records()
        unclosed = content == b'a\n"b'
        assert counter.ends_open == (is_open and (not tail or unclosed))


@pytest.mark.parametrize("inside", [b'"', b'""', b'x""', b',""', b'\n"'], ids=repr)
@pytest.mark.parametrize("tail", [b"", b"x"], ids=repr)
def test_endless_quotes_cost_no_memory_and_no_time(inside: bytes, tail: bytes) -> None:
    chunk = inside * (65_536 // len(inside)) + tail
    counter = RecordCounter()
    counter.feed(b'"')
    tracemalloc.start()
    try:
        began = time.thread_time()
        for _ in range(8):
            counter.feed(chunk)
        took = time.thread_time() - began
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # A few times the chunk, however many of them came.
    assert peak < 80 * len(chunk)
    assert took < 5
