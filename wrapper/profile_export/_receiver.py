"""Takes the answer of a download: the file goes to its part file, an error page in its place never touches the disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from profile_export._effects import Fetched
from profile_export._keeper import Keeper
from profile_export._rows import BOM
from profile_export._transfer import ENVELOPE_LIMIT, START, Head, may_be_file, may_be_page, refusal_of, refuses
from profile_export.errors import IncompleteDownload


@attrs.define
class Receiver:
    """Feed it the body's chunks as they come, then `finish()`.

    Attributes:
        head: The answer's head.
        announced: Content-Length, or None.
        retry_after: Seconds that the panel asks to wait, or None.
        file_format: The format that was asked for; a JSON file may begin like an envelope.
        begin: Opens the part file, when it is sure that the body is the file.
        read_envelope: Decodes a body into an envelope, or gives None where it is none.
        progress: Told the number of bytes on disk.
        framed: Whether the answer tells where its body ends; else a break looks like an end.
    """

    head: Head
    announced: int | None
    retry_after: float | None
    file_format: str
    begin: Callable[[int | None], Keeper]
    read_envelope: Callable[[bytes], Mapping[str, Any] | None]
    progress: Callable[[int], None]
    framed: bool = True
    _held: bytearray = attrs.field(init=False, factory=bytearray)
    _part: Keeper | None = attrs.field(init=False, default=None)

    @property
    def full(self) -> bool:
        """Whether no more of the body is wanted."""
        return self._part is not None and self._part.full

    def feed(self, chunk: bytes | memoryview) -> None:
        """Takes the next bytes of the body.

        Raises:
            ExportError: They show that it is not the file, or they can't be written.
        """
        if self._part is not None:
            self._write(self._part, chunk)
            return
        self._held += chunk
        if not refuses(self.head) and self._is_file_so_far():
            self._release()
        elif len(self._held) > ENVELOPE_LIMIT:
            raise self._refusal(None)

    def finish(self) -> Fetched:
        """The facts about the whole file.

        Raises:
            ExportError: The body was not the file, or not the whole of it.
        """
        part = self._part
        if part is None:
            envelope = self.read_envelope(bytes(self._held))
            if refuses(self.head) or envelope is not None or not self._is_file_at_end():
                raise self._refusal(envelope)
            part = self._release()
        facts = part.finish(self.announced)
        if facts.ends_open and not self.framed:
            raise IncompleteDownload(
                f"{part.target.name} broke off: it ends within a line",
                hints=("the panel tells no length, so only a line break at its end shows that a csv file is whole",),
            )
        return facts

    def _is_file_so_far(self) -> bool:
        start = self._start()
        long = len(self._held) > ENVELOPE_LIMIT
        if not may_be_page(self.head, start):
            return long or start != b""
        return long and may_be_file(self.head, self.file_format, start)

    def _is_file_at_end(self) -> bool:
        start = self._start()
        return not may_be_page(self.head, start) or may_be_file(self.head, self.file_format, start)

    def _start(self) -> bytes:
        """How it begins, behind blanks and a byte order mark, or nothing as long as there is no more than those."""
        held = bytes(self._held)
        return b"" if BOM.startswith(held) else held.removeprefix(BOM).lstrip()[:START]

    def _release(self) -> Keeper:
        part = self._part = self.begin(self.announced)
        self._write(part, bytes(self._held))
        self._held.clear()
        return part

    def _write(self, part: Keeper, chunk: bytes | memoryview) -> None:
        part.write(chunk)
        self.progress(part.received)

    def _refusal(self, envelope: Mapping[str, Any] | None) -> Exception:
        return refusal_of(self.head, self.retry_after, envelope)


@attrs.define
class Rest:
    """Takes the rest of a file of which some is here already, or nothing more when all of it is.

    Attributes:
        part: What is here.
        expected: Whether a rest comes; else the body only says that there is none.
        progress: Told the number of bytes on disk.
    """

    part: Keeper
    expected: bool
    progress: Callable[[int], None]

    @property
    def full(self) -> bool:
        """Whether no more of the body is wanted."""
        return self.expected and self.part.full

    def feed(self, chunk: bytes | memoryview) -> None:
        """Takes the next bytes of the body."""
        if self.expected:
            self.part.write(chunk)
            self.progress(self.part.received)

    def finish(self) -> Fetched:
        """The facts about the whole file.

        Raises:
            IncompleteDownload: It is not as long as announced.
        """
        return self.part.finish(self.part.total)
