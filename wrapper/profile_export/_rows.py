"""Counts the records of a csv file while it streams by; line breaks inside quoted fields are no ends of records.

Bytes operations, not the csv module: that one wants decoded lines and is about ten times slower.
"""

from __future__ import annotations

import re
from typing import Final

BOM: Final = b"\xef\xbb\xbf"
# Which delimiter a panel writes is not documented, so each of the usual ones begins a field.
DELIMITERS: Final = b",;\t|"
CLOSING: Final = re.compile(rb'(?:[^"]++|"")*+"')


class RecordCounter:
    """Feed it a file's chunks in order; `records()` is then the number of records, the header included.

    As in the csv module, lines end in LF, CRLF or CR, the last one needs no end, blank lines are no records, and a
    quote opens a quoted field only where a field begins.
    """

    def __init__(self, delimiters: bytes = DELIMITERS) -> None:
        begins = rb"(?<=[\r\n" + re.escape(delimiters) + rb"])"
        self._opening = re.compile(begins + b'"')
        self._quoted_field = re.compile(begins + rb'"(?:[^"]++|"")*+"')
        self._held = b""
        self._begun = False
        self._before = b"\n"
        self._in_quotes = False
        self._in_record = False
        self._records = 0

    def feed(self, chunk: bytes) -> None:
        """Takes the next piece of the file, of any size."""
        data = self._held + chunk
        if not self._begun:
            if len(data) < len(BOM) and BOM.startswith(data):
                self._held = data
                return
            self._begun = True
            data = data.removeprefix(BOM)
        # A quote at the end may be half of a doubled one: it waits for what follows.
        cut = len(data.rstrip(b'"'))
        self._held = _folded(data[cut:])
        self._scan(data[:cut])

    def records(self) -> int:
        """Records in everything fed so far, taken as the whole file."""
        self._scan(self._held)
        self._held = b""
        return self._records + self._in_record

    def _scan(self, data: bytes) -> None:
        """Counts in `data`, which doesn't end within a run of quotes unless it is the end of the file."""
        if not data:
            return
        start = 0
        if self._in_quotes:
            closing = CLOSING.match(data)
            if closing is None:
                return
            self._in_quotes = False
            self._before = b"q"
            start = closing.end()
        self._count(self._before + data[start:])
        self._before = data[-1:]

    def _count(self, data: bytes) -> None:
        """Counts in `data`, which begins outside of quotes with a byte that was counted before."""
        if b'"' in data:
            data = self._quoted_field.sub(b"q", data)
            opening = self._opening.search(data)
            if opening is not None:
                self._in_quotes = True
                data = data[: opening.start()] + b"q"
        data = data[1:]
        if self._in_record:
            data = b"q" + data
        lines = data.splitlines()
        if lines:
            self._in_record = bool(lines.pop()) if not data.endswith((b"\n", b"\r")) else False
        self._records += len(lines) - lines.count(b"")


def _folded(quotes: bytes) -> bytes:
    """A run of quotes, shortened by pairs: only whether it is odd, and longer than two, matters; keeps memory flat."""
    return quotes if len(quotes) < 5 else quotes[: 3 + (len(quotes) + 1) % 2]
