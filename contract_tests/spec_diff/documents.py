"""Small contracts to compare, and the true one with an edit."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from scripts.spec_diff import operations
from scripts.spec_diff.document import Document
from scripts.spec_diff.findings import Change, Finding
from scripts.spec_diff.schemas import Comparison
from scripts.verification import contract

Edit = Callable[[dict[str, Any]], object]


def document(schemas: dict[str, Any] | None = None, name: str = "contract") -> Document:
    """A contract with these named schemas."""
    return Document(name, {"openapi": "3.1.0", "paths": {}, "components": {"schemas": schemas or {}}})


def findings(
    base: Any,
    head: Any,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    *,
    xml: bool = False,
) -> list[Finding]:
    """The differences of two schemas; `before` and `after` are what they may refer to, `after` the same if left out."""
    named = before if after is None else after
    return Comparison(document(before), document(named), xml=xml).compare(base, head)


def verdict(found: list[Finding]) -> tuple[bool, bool]:
    """Whether it breaks requests, and whether it breaks answers."""
    return any(one.effect.breaks("request") for one in found), any(one.effect.breaks("answer") for one in found)


def edited(edit: Edit) -> list[Change]:
    """What an edit of the true contract changes."""
    base = contract.load()
    head = copy.deepcopy(base)
    edit(head)
    return operations.compare(Document("base", base), Document("head", head))


def told(changes: list[Change]) -> list[str]:
    """The changes in one line each, for a test to look at."""
    return [
        f"{'BREAKS ' if one.breaks else ''}{one.operation} {one.direction} {one.kind} {one.where}: {one.text}"
        for one in changes
    ]
