"""The body of a download is the file, an envelope or a page, however its bytes are cut into chunks."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, cast

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profile_export import errors
from profile_export._credentials import CredentialLine
from profile_export._effects import Fetched
from profile_export._part_file import PartFile
from profile_export._receiver import Receiver
from profile_export._secrets import Secret
from profile_export._transfer import ENVELOPE_LIMIT, Head, parse_panel

LINE = CredentialLine(parse_panel("https://panel.example.com", None), Secret("marker-token-0123456789"))
BOM = b"\xef\xbb\xbf"


@attrs.define
class Disk:
    """Takes the place of a part file."""

    content: bytearray = attrs.field(factory=bytearray)
    opened: int = 0
    announced: int | None = None

    def begin(self, announced: int | None) -> PartFile:
        self.opened += 1
        self.announced = announced
        return cast("PartFile", self)

    @property
    def size(self) -> int:
        return len(self.content)

    @property
    def received(self) -> int:
        return len(self.content)

    @property
    def full(self) -> bool:
        return False

    def write(self, chunk: bytes) -> None:
        self.content += chunk

    def finish(self, announced: int | None) -> Fetched:
        if announced is not None and announced != len(self.content):
            raise errors.IncompleteDownload("broke off")
        return Fetched(len(self.content), "", None)


@attrs.frozen
class Result:
    """What was written, or the error in its place."""

    content: bytes | None = None
    error: type[Exception] | None = None


def receive(
    chunks: Iterable[bytes],
    *,
    file_format: str = "csv",
    status: int = 200,
    content_type: str = "text/csv",
    encoding: str = "",
    announced: int | None = None,
) -> Result:
    disk = Disk()
    told: list[int] = []
    receiver = Receiver(
        head=Head(status, content_type, encoding, None),
        announced=announced,
        retry_after=None,
        file_format=file_format,
        begin=disk.begin,
        read_envelope=LINE.read_envelope,
        progress=told.append,
    )
    try:
        for chunk in chunks:
            receiver.feed(chunk)
        receiver.finish()
    except errors.ExportError as error:
        if not isinstance(error, errors.IncompleteDownload):
            assert disk.opened == 0, "an error page touched the disk"
        return Result(error=type(error))
    assert disk.opened == 1
    assert disk.announced == announced
    assert told == sorted(told)
    assert told[-1] == disk.size
    return Result(bytes(disk.content))


ENVELOPE = json.dumps({"error": 400, "error_text": "Link expired", "data": None}).encode()
XML_ENVELOPE = b"<xml><data/><error>400</error><error_text>Link expired</error_text></xml>"
PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"
ROWS = b'id,email\n1,"a\nb"\n'
PLAIN_FILES = [b"", b" ", BOM, BOM[:1], ROWS, BOM + ROWS, b"\n\n" + ROWS, b"x" * 3000, b"\x00"]
JSON_FILES = [b'{"id": 1}\n{"id": 2}\n', b'{"id": 1}', b'[{"id": 1}]', b"{" * 2000]
ENVELOPES = [ENVELOPE, b" \r\n" + ENVELOPE, BOM + ENVELOPE, XML_ENVELOPE, BOM + XML_ENVELOPE]
PAGES = [PAGE, b" " * 700 + PAGE, BOM + PAGE, b"<a"]
XML_FILES = [
    b"<xml><profile><id>1</id></profile></xml>",
    b'<?xml version="1.0"?>\n<!-- all -->\n<profiles/>',
    BOM + b"<p/>",
]
contents = st.sampled_from([*PLAIN_FILES, *JSON_FILES, *XML_FILES, *ENVELOPES, *PAGES])


def chunked(content: bytes, sizes: list[int]) -> list[bytes]:
    chunks: list[bytes] = []
    for size in sizes:
        chunks.append(content[:size])
        content = content[size:]
    return [*chunks, content]


@settings(max_examples=300)
@given(
    content=contents,
    sizes=st.lists(st.integers(0, 12), max_size=30),
    file_format=st.sampled_from(["csv", "json", "xml", "xlsx", ""]),
    status=st.sampled_from([200, 200, 200, 206, 404, 500]),
    content_type=st.sampled_from(["text/csv", "", "text/html", "application/json", "application/xml"]),
    encoding=st.sampled_from(["", "", "gzip"]),
)
def test_chunks_make_no_difference(content: bytes, sizes: list[int], **options: Any) -> None:
    whole = receive([content], **options)
    assert receive(chunked(content, sizes), **options) == whole
    assert whole.error is not None or whole.content == content
    if options["status"] != 200 or options["encoding"]:
        assert whole.error is not None


def bytewise(content: bytes) -> list[bytes]:
    return [content[place : place + 1] for place in range(len(content))]


@pytest.mark.parametrize("content", [ROWS, BOM + ROWS, b"", b"\n", b"one line", b"\xef", b"\x00{"], ids=repr)
def test_a_file_is_written_as_it_came(content: bytes) -> None:
    assert receive(bytewise(content)).content == content
    assert receive([content], content_type="application/octet-stream").content == content


@pytest.mark.parametrize("before", [b"", BOM, b" \r\n", b" " * 5000], ids=["plain", "bom", "blanks", "many blanks"])
@pytest.mark.parametrize("content_type", ["text/csv", "application/json", ""])
def test_an_envelope_in_place_of_the_file_is_a_refusal(before: bytes, content_type: str) -> None:
    for envelope in (ENVELOPE, XML_ENVELOPE):
        for file_format in ("csv", "json", ""):
            result = receive(bytewise(before + envelope), content_type=content_type, file_format=file_format)
            assert result.error is errors.LinkExpired


@pytest.mark.parametrize("before", [b"", BOM, b" " * 700, b"\n"], ids=["plain", "bom", "blanks", "newline"])
def test_a_page_in_place_of_the_file_is_never_written(before: bytes) -> None:
    for file_format in ("csv", "json", "", "xlsx"):
        assert receive([before + PAGE], file_format=file_format).error is errors.IntegrityError


def test_a_page_that_says_it_is_html_is_never_written() -> None:
    assert receive([b"Please log in"], content_type="text/html").error is errors.IntegrityError


@pytest.mark.parametrize(
    "content",
    [b'{"id": 1}', b'{"id": 1}\n{"id": 2}\n', b'{"profiles": [' + b'{"id": 1},' * 9000 + b"{}]}", b'[{"error": 400}]'],
    ids=["object", "lines", "long", "array"],
)
def test_a_json_export_may_begin_like_an_envelope(content: bytes) -> None:
    assert receive(chunked(content, [1, 1, 5000]), file_format="json").content == content


@pytest.mark.parametrize("content", JSON_FILES, ids=repr)
def test_json_under_the_label_of_a_page_is_a_file(content: bytes) -> None:
    assert receive(bytewise(content), file_format="json", content_type="text/html; charset=utf-8").content == content


@pytest.mark.parametrize("content_type", ["application/xml", "text/plain", ""])
@pytest.mark.parametrize("content", [*XML_FILES, b"<profiles>" + b"<p/>" * 30_000 + b"</profiles>"], ids=len)
def test_an_xml_export_is_a_file(content: bytes, content_type: str) -> None:
    chunks = chunked(content, [1] * 50)
    assert receive(chunks, file_format="xml", content_type=content_type).content == content


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (PAGE, "application/xml"),
        (b'<?xml version="1.0"?>\n<!-- a page -->\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN">', ""),
        (b"<html>" + b"<p>wait</p>" * 9_000, "application/xml"),
        (XML_FILES[0], "text/html"),
        (b"Please log in", "text/html"),
    ],
    ids=["page", "xhtml", "long", "label", "words"],
)
def test_a_page_in_place_of_an_xml_export_is_never_written(content: bytes, content_type: str) -> None:
    result = receive([*bytewise(content[:300]), content[300:]], file_format="xml", content_type=content_type)
    assert result.error is errors.IntegrityError


@pytest.mark.parametrize("envelope", ENVELOPES, ids=repr)
def test_an_envelope_in_place_of_an_xml_export_is_a_refusal(envelope: bytes) -> None:
    assert receive([envelope], file_format="xml").error in {errors.LinkExpired, errors.IntegrityError}
    if b"<" in envelope:
        assert receive([envelope], file_format="xml").error is errors.LinkExpired


def test_what_begins_like_an_envelope_is_no_csv() -> None:
    assert receive([b'{"id": 1}'], file_format="csv").error is errors.IntegrityError
    assert receive([b"{" * (ENVELOPE_LIMIT + 2)], file_format="csv").error is errors.IntegrityError


def test_an_endless_error_page_is_not_read_to_its_end() -> None:
    taken = 0

    def endless() -> Iterable[bytes]:
        nonlocal taken
        yield b"<html>"
        while True:
            taken += 1
            yield b"x" * 1000

    assert receive(endless()).error is errors.IntegrityError
    assert taken <= ENVELOPE_LIMIT // 1000 + 1


def test_an_endless_refusal_is_not_read_to_its_end() -> None:
    assert receive((b"x" * 1000 for _ in iter(int, 1)), status=500).error is errors.ServerError


@pytest.mark.parametrize(("announced", "fits"), [(len(ROWS), True), (len(ROWS) + 1, False), (0, False), (None, True)])
def test_the_file_is_as_long_as_announced(announced: int | None, fits: bool) -> None:
    result = receive([ROWS], announced=announced)
    assert result.error is (None if fits else errors.IncompleteDownload)


def test_blanks_that_go_on_and_on_are_a_file() -> None:
    assert receive([b" " * 40_000, b" " * 40_000]).content == b" " * 80_000
