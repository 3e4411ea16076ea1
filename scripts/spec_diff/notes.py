"""Compares what a schema says beside its values: defaults, deprecation, read-only and write-only, the names in XML."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from scripts.spec_diff.branches import Branch, canonical
from scripts.spec_diff.findings import Effect, Finding

XML_DEFAULTS: dict[str, Any] = {"wrapped": False, "attribute": False, "namespace": None, "prefix": None}
# Who is touched when a mark appears; nobody, when it goes.
MARKS = {
    "deprecated": (Effect.NEUTRAL, "deprecated"),
    "readOnly": (Effect.NARROWER, "read-only: requests must not have it"),
    "writeOnly": (Effect.WIDER, "write-only: answers don't have it"),
}


def compare(base: Sequence[Branch], head: Sequence[Branch], xml_name: str | None) -> list[Finding]:
    """The differences; `xml_name` is the element's name by default, None where there is no XML."""
    found = _default(_said(base, "default"), _said(head, "default"))
    for mark, (effect, words) in MARKS.items():
        before, after = (any(branch.notes.get(mark) for branch in side) for side in (base, head))
        if after and not before:
            found.append(Finding(effect, "changed", f"is {words} now"))
        elif before and not after:
            found.append(Finding(Effect.NEUTRAL, "changed", f"is no longer {words}"))
    return found if xml_name is None else found + _xml(base, head, xml_name)


def _said(branches: Sequence[Branch], name: str) -> frozenset[str]:
    return frozenset(canonical(branch.notes[name]) for branch in branches if name in branch.notes)


def _default(before: frozenset[str], after: frozenset[str]) -> list[Finding]:
    """Whoever leaves the value out gets, or assumes, the default."""
    if before == after:
        return []
    was, is_now = (" or ".join(sorted(values)) for values in (before, after))
    if not before:
        return [Finding(Effect.NEUTRAL, "added", f"the default {is_now} is new")]
    if not after:
        return [Finding(Effect.BOTH, "removed", f"the default {was} is gone")]
    return [Finding(Effect.BOTH, "changed", f"the default {was} became {is_now}")]


def _xml(base: Sequence[Branch], head: Sequence[Branch], name: str) -> list[Finding]:
    before, after = (_elements(side, name) for side in (base, head))
    if before == after:
        return []
    was, is_now = (", ".join(_told(text) for text in sorted(side)) for side in (before, after))
    return [Finding(Effect.BOTH, "changed", f"the XML element {was} became {is_now}")]


def _elements(branches: Sequence[Branch], name: str) -> frozenset[str]:
    """How the value is written in XML; null is written as an empty element of that name, whatever stands beside it."""
    return frozenset(
        canonical({"name": name, **XML_DEFAULTS, **branch.notes.get("xml", {})})
        for branch in branches
        if branch.types != {"null"} or len(branches) == 1
    )


def _told(element: str) -> str:
    members = json.loads(element)
    special = [f"{key} {value}" for key, value in members.items() if key != "name" and value != XML_DEFAULTS.get(key)]
    return f"<{members['name']}>{' (' + ', '.join(special) + ')' if special else ''}"
