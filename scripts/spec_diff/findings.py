"""The values of a comparison: what changed between two schemas, and what that means in a request or in an answer."""

from __future__ import annotations

from enum import Enum
from typing import Literal, TypeAlias

import attrs

Kind: TypeAlias = Literal["added", "removed", "changed"]
Direction: TypeAlias = Literal["request", "answer", "operation", "python"]
Step: TypeAlias = Literal["none", "patch", "minor", "major"]


class Effect(Enum):
    """What a change does to the set of the values that are allowed."""

    NARROWER = "some values are no longer allowed"
    WIDER = "more values are allowed"
    BOTH = "some values are no longer allowed and others newly, or nobody can tell"
    NEUTRAL = "the same values are allowed"

    @property
    def opposite(self) -> Effect:
        """The effect of the change from new to old; also that of the same change under `not`."""
        return {Effect.NARROWER: Effect.WIDER, Effect.WIDER: Effect.NARROWER}.get(self, self)

    def breaks(self, direction: Direction) -> bool:
        """Callers send what the old contract allows, and can read what the old contract promises, no more."""
        if self is Effect.BOTH:
            return True
        return self is (Effect.WIDER if direction == "answer" else Effect.NARROWER)


@attrs.frozen
class Finding:
    """One difference of two schemas; `path` leads to it from the root, such as `data.urls[]`."""

    effect: Effect
    kind: Kind
    text: str
    path: str = ""


@attrs.frozen
class Change:
    """One difference of two contracts.

    `where` is the place inside of the operation, such as `body data.urls[]`; `media` the content types it holds for.
    """

    operation: str
    direction: Direction
    kind: Kind
    where: str
    text: str
    breaks: bool
    media: tuple[str, ...] = ()


def step(changes: list[Change], *, differs: bool) -> Step:
    """The part of the package's version that has to grow; `differs` tells whether the documents differ at all."""
    if any(change.breaks for change in changes):
        return "major"
    if changes:
        return "minor"
    return "patch" if differs else "none"
