"""Two branches that must both hold, merged into one."""

from __future__ import annotations

import json
from collections.abc import Mapping

from scripts.spec_diff.branches import LOWER_BOUNDS, UPPER_BOUNDS, Branch, Schema, json_types


def both(left: Branch, right: Branch) -> Branch | None:
    """The branch of the values that fit both, or None where there are none by type or word."""
    types = left.types & right.types
    words = _both_words(left.words, right.words)
    if words is not None:
        words = frozenset(word for word in words if json_types(json.loads(word)) & types)
        types &= frozenset[str]().union(*(json_types(json.loads(word)) for word in words))
    if not types:
        return None
    return Branch(
        types=types,
        words=words,
        bounds=_both_bounds(left.bounds, right.bounds),
        rules={
            name: left.rules.get(name, frozenset()) | right.rules.get(name, frozenset())
            for name in left.rules.keys() | right.rules.keys()
        },
        members=_both_members(left, right),
        required=left.required | right.required,
        others=all_of(left.others, right.others),
        items=all_of(left.items, right.items),
        nots=left.nots + tuple(schema for schema in right.nots if schema not in left.nots),
        notes={**right.notes, **left.notes},
        label=left.label or right.label,
    )


def _both_words(left: frozenset[str] | None, right: frozenset[str] | None) -> frozenset[str] | None:
    if left is None or right is None:
        return right if left is None else left
    return left & right


def _both_bounds(left: Mapping[str, float], right: Mapping[str, float]) -> dict[str, float]:
    strictest = {**dict.fromkeys(LOWER_BOUNDS, max), **dict.fromkeys(UPPER_BOUNDS, min)}
    return {
        name: strictest[name](bounds[name] for bounds in (left, right) if name in bounds)
        for name in left.keys() | right.keys()
    }


def _both_members(left: Branch, right: Branch) -> dict[str, Schema]:
    """A member that one side doesn't list has to fit what that side says of its other members."""
    names = [*left.members, *(name for name in right.members if name not in left.members)]
    return {name: all_of(left.members.get(name, left.others), right.members.get(name, right.others)) for name in names}


def all_of(left: Schema, right: Schema) -> Schema:
    """One schema for what must fit both; no new wrapping where one of them says it all."""
    if left is False or right is False:
        return False
    if right is True or left == right:
        return left
    if left in (True, {}):
        return right
    if right == {}:
        return left
    parts = [*_parts(left), *(part for part in _parts(right) if part not in _parts(left))]
    return {"allOf": parts} if len(parts) > 1 else parts[0]


def _parts(schema: Schema) -> list[Schema]:
    if isinstance(schema, dict) and schema.keys() == {"allOf"}:
        return list(schema["allOf"])
    return [schema]
