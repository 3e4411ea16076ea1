"""Puts findings about schemas into their place in an operation, and says the same thing about several formats once."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from scripts.spec_diff.branches import Schema
from scripts.spec_diff.document import Document, Node
from scripts.spec_diff.findings import Change, Direction, Finding
from scripts.spec_diff.schemas import Comparison


@attrs.frozen
class Place:
    """Where in the contract: an operation, a direction, and a part of it such as `body` or `header Request-ID`."""

    base: Document
    head: Document
    operation: str
    direction: Direction
    part: str

    def schemas(self, base: Schema, head: Schema, media: str = "") -> list[Change]:
        """The differences of two schemas at this place."""
        comparison = Comparison(self.base, self.head, xml=is_xml(media))
        return [self._change(finding, media) for finding in comparison.compare(base, head)]

    def _change(self, finding: Finding, media: str) -> Change:
        return Change(
            operation=self.operation,
            direction=self.direction,
            kind=finding.kind,
            where=f"{self.part} {finding.path}".strip(),
            text=finding.text,
            breaks=finding.effect.breaks(self.direction),
            media=(media,) if media else (),
        )

    def content(self, base: Node, head: Node) -> list[Change]:
        """The differences of two maps of content types: one that is gone breaks, since callers speak no other."""
        found = []
        for media in [*base, *(media for media in head if media not in base)]:
            if media not in head:
                found.append(self.says("removed", f"{media} is gone", breaks=True))
            elif media not in base:
                found.append(self.says("added", f"{media} is new", breaks=False))
            else:
                found += self.schemas(base[media].get("schema", True), head[media].get("schema", True), media)
                if base[media].get("encoding") != head[media].get("encoding"):
                    found.append(self.says("changed", "the encoding of the parts differs", breaks=True, media=media))
        return found

    def says(self, kind: str, text: str, *, breaks: bool, media: str = "") -> Change:
        """A change of the part itself."""
        return Change(
            operation=self.operation,
            direction=self.direction,
            kind=kind,  # type: ignore[arg-type]
            where=self.part,
            text=text,
            breaks=breaks,
            media=(media,) if media else (),
        )


def is_xml(media: str) -> bool:
    """Whether a content type is XML, so that the names of elements matter."""
    name = media.partition(";")[0].strip().lower()
    return name.endswith(("/xml", "+xml"))


def merged(changes: Iterable[Change]) -> list[Change]:
    """The changes, those that differ by their content type alone as one."""
    found: dict[Change, tuple[str, ...]] = {}
    for change in changes:
        key = attrs.evolve(change, media=())
        found[key] = (*found.get(key, ()), *(media for media in change.media if media not in found.get(key, ())))
    return [attrs.evolve(change, media=media) for change, media in found.items()]
