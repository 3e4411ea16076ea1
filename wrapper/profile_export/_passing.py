"""Bytes of a download that pass through this process without staying: counted, hashed, and handed on."""

from __future__ import annotations

from functools import partial
from typing import Generic, TypeVar

from profile_export._effects import Fetched
from profile_export._evidence import Evidence
from profile_export._ranges import ResumePoint
from profile_export.errors import IncompleteDownload
from profile_export.targets import ObjectUrl, OutputStream

T = TypeVar("T", bound=ObjectUrl | OutputStream)


class Passing(Generic[T]):
    """What is known of the bytes that went by; who takes them is a subclass's business."""

    def __init__(self, target: T, *, count_rows: bool, verify: bool = True) -> None:
        self.target: T = target
        self._new_evidence = partial(Evidence, count_rows=count_rows, verify=verify)
        self._evidence = self._new_evidence()
        self._begin()

    def _begin(self) -> None:
        self.size = 0
        self.total: int | None = None
        self.etag: str | None = None
        self.resumed_from: int | None = None
        self._evidence.close()
        self._evidence = self._new_evidence()

    @property
    def received(self) -> int:
        """Bytes that went by."""
        return self.size

    @property
    def full(self) -> bool:
        """Never: what goes by has one order, and so one connection."""
        return False

    @property
    def resume_point(self) -> ResumePoint | None:
        """How much went by, when the panel can say whether the rest still belongs to it."""
        return None if not self.size or self.etag is None else ResumePoint(self.size, self.etag, self.total)

    def go_on(self, total: int | None) -> None:
        """The rest comes now."""
        self.total, self.resumed_from = total, self.size

    def _note(self, chunk: bytes | memoryview) -> None:
        self._evidence.take(chunk)
        self.size += len(chunk)

    def finish(self, announced: int | None) -> Fetched:
        """The facts about the whole file.

        Raises:
            IncompleteDownload: It is not as long as announced.
        """
        if announced is not None and announced != self.size:
            raise IncompleteDownload(f"{self.target.name} broke off: {self.size} of {announced} bytes came")
        evidence = self._evidence
        return Fetched(
            self.size, evidence.sha256(), evidence.records(), self.resumed_from, ends_open=evidence.ends_open()
        )
