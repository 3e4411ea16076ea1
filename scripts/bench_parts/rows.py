"""Rows: processor seconds that counting the records of one GiB takes, beside the csv module of the standard library."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable

from profile_export._rows import RecordCounter
from scripts.bench_parts.measuring import Spread
from scripts.bench_parts.report import Goal, Part, Table

CHUNK = 2**20
KINDS = {
    "no quotes": (csv.QUOTE_MINIMAL, 0, 0, "\n"),
    "no quotes, CRLF": (csv.QUOTE_MINIMAL, 0, 0, "\r\n"),
    "one line in three has a quoted field": (csv.QUOTE_MINIMAL, 3, 0, "\n"),
    "every field quoted": (csv.QUOTE_ALL, 0, 0, "\n"),
    "every field quoted, one record in ten with line breaks": (csv.QUOTE_ALL, 0, 10, "\n"),
}


def sample_of(kind: str, size: int) -> bytes:
    """A file of profiles, of about `size` bytes."""
    quoting, quoted, broken, ending = KINDS[kind]
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=quoting, lineterminator=ending)  # type: ignore[arg-type]
    number = 0
    while text.tell() < size:
        number += 1
        city = 'Moscow, "Center"' if quoted and number % quoted == 0 else "Moscow"
        note = 'first\nsecond "quoted"\n' if broken and number % broken == 0 else "a note of some words here"
        mail, phone = f"ivan{number}@example.com", f"+7900{number:07}"
        writer.writerow([number, "Ivan", "Petrov", mail, phone, "1980-01-01", city, "doctor", "active", note])
    return text.getvalue().encode()


def ours(data: bytes) -> int:
    counter = RecordCounter()
    for start in range(0, len(data), CHUNK):
        counter.feed(memoryview(data)[start : start + CHUNK])
    return counter.records()


def theirs(data: bytes) -> int:
    return sum(1 for record in csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8", newline="")) if record)


def chunked(look: Callable[[bytes], object]) -> Callable[[bytes], None]:
    """The same for every chunk, one after another."""

    def over(data: bytes) -> None:
        for start in range(0, len(data), CHUNK):
            look(data[start : start + CHUNK])

    return over


# What counting can't do with less of. Where quoted fields hold line breaks, every quote has to be looked at, and
# nothing in the standard library does that faster than `split`.
LOOKS: dict[str, Callable[[bytes], object]] = {
    "every line break": lambda chunk: chunk.replace(b"\n", b""),
    "every quote": lambda chunk: chunk.split(b'"'),
    "every quote, and what is outside": lambda chunk: b'"'.join(chunk.split(b'"')[::2]),
}


def measure(quick: bool) -> Part:  # noqa: FBT001 - every part has this one switch
    """Seconds per GiB, in turns."""
    rows, looks, goals = [], [], []
    for kind in KINDS:
        data = sample_of(kind, (4 if quick else 32) * 2**20)
        assert ours(data) == theirs(data)
        own: list[float] = []
        others: list[float] = []
        for _ in range(3 if quick else 7):
            own.append(_seconds(ours, data))
            others.append(_seconds(theirs, data))
        ratios = Spread.of([one / other for one, other in zip(own, others, strict=True)])
        rows.append([kind, str(Spread.of(own)), str(Spread.of(others)), str(ratios)])
        goals.append(Goal(f"seconds per GiB, {kind}", min(own), 1))
        looks.append([kind, *(_fastest(chunked(look), data) for look in LOOKS.values())])
    table = Table("Processor seconds per GiB", ["file", "counted here", "csv module", "times the csv module"], rows)
    limits = Table("What the mere looking takes, in the same seconds, at its fastest", ["file", *LOOKS], looks)
    return Part(
        "rows",
        "Counting rows",
        "Exactly as the csv module counts, in pure Python, while the file streams by. Lines without quotes are looked"
        " at one by one, but not in Python. Files whose lines end in quoted fields are counted by looking at line"
        " breaks alone; where quoted fields hold line breaks, the lines around them are looked at quote by quote, which"
        " costs more. The second table shows the limit: what must be looked at, and what that takes in pure Python"
        " without any counting. The goals are held against the fastest round.",
        [table, limits],
        goals,
    )


def _fastest(look: Callable[[bytes], object], data: bytes) -> str:
    return f"{min(_seconds(look, data) for _ in range(3)):.2f}"


def _seconds(count: Callable[[bytes], object], data: bytes) -> float:
    began = time.process_time()
    count(data)
    return (time.process_time() - began) * 2**30 / len(data)
