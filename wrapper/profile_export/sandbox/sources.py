"""What can be exported: databases of profiles, and segments, which are saved filters over a database."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

SourceType = Literal["database", "segment"]


@frozen
class DatabaseSpec:
    """A database to be seeded with a share of the wanted number of profiles."""

    id: int
    name: str
    divisor: int


@frozen
class SegmentSpec:
    """A saved filter. It reads its database afresh on every export."""

    id: int
    name: str
    database_id: int
    query: dict[str, object]


DATABASES = (DatabaseSpec(1, "Customers", 1), DatabaseSpec(2, "Newsletter", 10))

SEGMENTS = (
    SegmentSpec(1, "Active subscribers", 2, {"_status": "active"}),
    SegmentSpec(7, "Medical staff", 1, {"occupation": {"$in": ["doctor", "nurse", "surgeon"]}}),
    SegmentSpec(9, "Nobody yet", 1, {"_city": "Atlantis"}),
)


def segment_spec(segment_id: int) -> SegmentSpec:
    """The definition of a segment that is known to exist."""
    return next(spec for spec in SEGMENTS if spec.id == segment_id)
