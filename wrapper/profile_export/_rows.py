"""Counts the records of a csv file while it streams by; line breaks inside quoted fields are no ends of records.

Bytes operations, not the csv module: that one wants decoded lines and is about ten times slower. Regular expressions
begin with a literal byte wherever they look at all of the file: with anything else `re` is several times slower. Lines
of a usual length are looked at one by one, in C: `io.BytesIO` finds their ends with memchr, `re` looks at every byte.
"""

from __future__ import annotations

import io
import operator
import re
from typing import Final

BOM: Final = b"\xef\xbb\xbf"
# Which delimiter a panel writes is not documented, so each of the usual ones begins a field.
DELIMITERS: Final = b",;\t|"
CLOSING: Final = re.compile(rb'(?:[^"]++|"")*+"')
BEGINNING: Final = re.compile(rb"[\r\n][^\r\n]")
# Two patterns of plain bytes: `re` finds those twice as fast as one with a choice.
BLANK_LF: Final = re.compile(rb"\n\n")
BLANK_CRLF: Final = re.compile(rb"\n\r")
LONE_CR: Final = re.compile(rb"\r(?!\n)")
CR: Final = 0x0D
BEFORE_LAST: Final = operator.itemgetter(-2)
# Bytes to a line, below which a look at each line takes longer than one at each byte.
SHORT_LINE: Final = 50
# Bytes of a chunk that are looked at to guess what the rest is like.
HEAD: Final = 2048
# Bytes to a quote, below which there are many.
DENSE: Final = 20


class RecordCounter:
    """Feed it a file's chunks in order; `records()` is then the number of records, the header included.

    As in the csv module, lines end in LF, CRLF or CR, the last one needs no end, blank lines are no records, and a
    quote opens a quoted field only where a field begins. So a record begins with every byte, outside of quotes, that
    follows a line break and is none itself.
    """

    def __init__(self, delimiters: bytes = DELIMITERS) -> None:
        special = re.escape(delimiters)
        # The last field of a chunk may still be open; one that is closed ends in a quote.
        self._quoted_field = re.compile(rb'"(?<=[\r\n' + special + rb']")(?:[^"]++|"")*+"?+')
        # What no quote of a field has beside it, outside of the field.
        ordinary = rb'[^"\r\n' + special + rb"]"
        self._stray = re.compile(rb'"(?:(?<=' + ordinary + rb'")|(?=' + ordinary + rb"))")
        # A line break is sure to end a record when it follows a quote that follows an ordinary byte, whatever came
        # before: inside of quotes that quote closes them, outside it is an ordinary byte itself.
        behind = ordinary + rb'"'
        self._sure = re.compile(rb"\n(?:(?<=" + behind + rb"\n)|(?<=" + behind + rb"\r\n))")
        self._doubtful = re.compile(rb"\n(?<!" + behind + rb"\n)(?<!" + behind + rb"\r\n)")
        self._held = b""
        self._begun = False
        # The last byte that was counted: what follows it depends on it.
        self._before = b"\n"
        self._in_quotes = False
        self._records = 0

    def feed(self, chunk: bytes | memoryview) -> None:
        """Takes the next piece of the file, of any size."""
        if not self._begun:
            data = self._held + chunk
            if len(data) < len(BOM) and BOM.startswith(data):
                self._held = data
                return
            self._begun = True
            self._held, chunk = b"", data.removeprefix(BOM)
        data = b"".join((self._before, self._held, chunk))
        # A quote at the end may be half of a doubled one: it waits for what follows.
        cut = len(data.rstrip(b'"'))
        self._held = _folded(data[cut:])
        self._scan(data if cut == len(data) else data[:cut])

    def records(self) -> int:
        """Records in everything fed so far, taken as the whole file."""
        self._scan(self._before + self._held)
        self._held = b""
        return self._records

    @property
    def ends_open(self) -> bool:
        """Whether the file ends within a quoted field or a line, to be asked after `records`."""
        return self._in_quotes or self._before not in {b"\n", b"\r"}

    def _scan(self, data: bytes) -> None:
        """Counts behind the first byte, which was counted before; a run of quotes ends `data` only with the file."""
        if len(data) < 2:
            return
        self._before = data[-1:]
        if self._in_quotes:
            closing = CLOSING.match(data, 1)
            if closing is None:
                return
            self._in_quotes = False
            data = b"q" + data[closing.end() :]
        self._count(data)

    def _count(self, data: bytes) -> None:
        """Counts behind the first byte, outside of quotes."""
        start = 0
        if self._mostly_sure(data):
            while True:
                start = self._skip_sure(data, start)
                doubtful = self._doubtful.search(data, start + 1)
                sure = None if doubtful is None else self._sure.search(data, doubtful.end())
                if sure is None:
                    break
                self._count_fields(data[start : sure.end()])
                start = sure.end() - 1
        self._count_fields(data[start:])

    def _mostly_sure(self, data: bytes) -> bool:
        """Whether most lines end in a quoted field, so that it pays to look at line breaks instead of at quotes."""
        if b'"' not in data or 2 * len(self._sure.findall(data[:HEAD])) <= data[:HEAD].count(b"\n"):
            return False
        return not (b"\r" in data and LONE_CR.search(data))

    def _skip_sure(self, data: bytes, start: int) -> int:
        """Counts the lines that end surely, from one such end on; gives the last of these ends."""
        doubtful = self._doubtful.search(data, start + 1)
        end = data.rfind(b"\n", start, len(data) if doubtful is None else doubtful.start())
        if end <= start:
            return start
        self._records += _line_feeds(data[start:end])
        return end

    def _count_fields(self, data: bytes) -> None:
        """Counts behind the first byte, outside of quotes, by looking at every quoted field."""
        if b'"' not in data:
            self._records += _beginnings(data)
            return
        # Splitting takes less time than a search for every field, but it looks at every byte by itself.
        dense = DENSE * data[:HEAD].count(b'"') > len(data[:HEAD])
        outside = self._by_quotes(data) if dense else None
        self._records += _beginnings(self._by_fields(data) if outside is None else outside)

    def _by_quotes(self, data: bytes) -> bytes | None:
        """What stands outside of quoted fields; None where a quote neither opens nor closes one, nor is doubled."""
        pieces = data.split(b'"')
        is_open = len(pieces) % 2 == 0
        outside = b'"'.join(pieces[::2]) + b'"' * is_open
        if self._stray.search(outside):
            return None
        self._in_quotes = is_open
        return outside

    def _by_fields(self, data: bytes) -> bytes:
        """The same, or more of it where that changes no count. Quotes elsewhere are ordinary bytes."""
        fields = self._quoted_field.findall(data)
        inside = b"".join(fields)
        self._in_quotes = bool(inside) and not inside.endswith(b'"')
        return self._quoted_field.sub(b"q", data) if b"\n" in inside or b"\r" in inside else data


def _beginnings(data: bytes) -> int:
    """The places where a byte that is no line break follows one that is."""
    feeds = _line_feeds(data)
    is_plain = _is_plain_by_bytes if SHORT_LINE * feeds > len(data) else _is_plain_by_lines
    return feeds - data.endswith(b"\n") if is_plain(data) else len(BEGINNING.findall(data))


def _is_plain_by_bytes(data: bytes) -> bool:
    """Whether each line break is one LF or CRLF, and none follows another."""
    return not (BLANK_LF.search(data) or (b"\r" in data and (BLANK_CRLF.search(data) or LONE_CR.search(data))))


def _is_plain_by_lines(data: bytes) -> bool:
    """The same."""
    without = data.replace(b"\r", b"")
    if b"\n" in _lines(without):
        return False
    returns = len(data) - len(without)
    # No line is blank: each that ends has a byte before its LF.
    ended = data[: data.rfind(b"\n") + 1]
    return not returns or operator.countOf(map(BEFORE_LAST, _lines(ended)), CR) == returns


def _lines(data: bytes) -> io.BytesIO:
    """The lines behind a line feed that was counted before."""
    lines = io.BytesIO(data)
    lines.seek(data.startswith(b"\n"))
    return lines


def _line_feeds(data: bytes) -> int:
    """How many there are. `count` looks at every byte by itself; `replace` uses memchr: a third of the time."""
    return len(data) - len(data.replace(b"\n", b""))


def _folded(quotes: bytes) -> bytes:
    """A run of quotes, shortened by pairs: only whether it is odd, and longer than two, matters; keeps memory flat."""
    return quotes if len(quotes) < 5 else quotes[: 3 + (len(quotes) + 1) % 2]
