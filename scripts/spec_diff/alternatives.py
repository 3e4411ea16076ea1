"""Brings a schema into one form: a list of alternatives (branches) without `$ref`, `allOf`, `anyOf` and `oneOf`.

A value fits the schema when it fits one of the branches. Within a branch everything must hold at once: `allOf`, the
target of a `$ref` and the keywords beside them are merged. Only the schema's own level is brought into this form;
members and items are kept as they stand, so that a schema may contain itself.
"""

from __future__ import annotations

import itertools
from functools import reduce
from typing import Any

import attrs

from scripts.spec_diff.branches import Branch, Schema, own
from scripts.spec_diff.conjunction import both
from scripts.spec_diff.document import Document, UnreadableContract
from scripts.spec_diff.fitting import fitting, forbidden

MOST_BRANCHES = 256
# How far below a schema a proof that its alternatives exclude each other is looked for.
PROOF_DEPTH = 4


def flatten(document: Document, schema: Schema, open_references: tuple[str, ...] = ()) -> list[Branch]:
    """The branches of a schema; none where nothing is allowed.

    Raises:
        UnreadableContract: A reference leads nowhere, or there are too many combinations.
    """
    if isinstance(schema, bool):
        return [Branch()] if schema else []
    parts = [own(document, schema)]
    reference = schema.get("$ref")
    # A schema that is, on its own level, a part of itself says nothing more by that.
    if isinstance(reference, str) and reference not in open_references:
        label = reference.rsplit("/", 1)[-1]
        found = flatten(document, document.target(reference), (*open_references, reference))
        parts.append([attrs.evolve(branch, label=branch.label or label) for branch in found])
    parts += [flatten(document, part, open_references) for part in schema.get("allOf", [])]
    for word in ("anyOf", "oneOf"):
        if word in schema:
            parts.append([branch for part in schema[word] for branch in flatten(document, part, open_references)])
    return [kept for branch in reduce(_all_of, parts) if (kept := fitting(branch)) is not None]


def _all_of(left: list[Branch], right: list[Branch]) -> list[Branch]:
    if len(left) * len(right) > MOST_BRANCHES:
        raise UnreadableContract(f"a schema has more than {MOST_BRANCHES} combinations of alternatives")
    return [found for one, other in itertools.product(left, right) if (found := both(one, other)) is not None]


def overlapping(document: Document, schema: Schema, open_references: tuple[str, ...] = ()) -> bool:
    """Whether alternatives of a `oneOf` may hold at once, so that it refuses some of their values."""
    if isinstance(schema, bool):
        return False
    parts = [part for word in ("allOf", "anyOf", "oneOf") for part in schema.get(word, [])]
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in open_references:
        open_references = (*open_references, reference)
        parts.append(document.target(reference))
    if any(overlapping(document, part, open_references) for part in parts):
        return True
    pairs = itertools.combinations([flatten(document, part) for part in schema.get("oneOf", [])], 2)
    return not all(_all_disjoint(document, left, right, PROOF_DEPTH) for left, right in pairs)


def structure(document: Document, schema: Schema, open_references: tuple[str, ...] = ()) -> Any:
    """How a schema is put together on its own level; equal for schemas that differ inside of members and items only."""
    if isinstance(schema, bool):
        return schema
    found: dict[str, Any] = {"own": [branch.key for branch in own(document, schema)]}
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in open_references:
        open_references = (*open_references, reference)
        found["allOf"] = [structure(document, document.target(reference), open_references)]
    for word in ("allOf", "anyOf", "oneOf"):
        found[word] = found.get(word, []) + [
            structure(document, part, open_references) for part in schema.get(word, [])
        ]
    return found


def _all_disjoint(document: Document, left: list[Branch], right: list[Branch], depth: int) -> bool:
    return all(_disjoint(document, one, other, depth) for one in left for other in right)


def _disjoint(document: Document, left: Branch, right: Branch, depth: int) -> bool:
    """Whether it can be proven that no value fits both branches."""
    if not left.types & right.types:
        return True
    if left.words is not None and right.words is not None and not left.words & right.words:
        return True
    if _excluded(left, right) or _excluded(right, left):
        return True
    if left.types & right.types != {"object"} or not depth:
        return False
    # Both need the member, and no value of it suits both.
    return any(
        _all_disjoint(
            document, flatten(document, _member(left, name)), flatten(document, _member(right, name)), depth - 1
        )
        for name in left.required & right.required
    )


def _member(branch: Branch, name: str) -> Schema:
    return branch.members.get(name, branch.others)


def _excluded(branch: Branch, other: Branch) -> bool:
    """Whether all words of the one are forbidden by a `not` of the other."""
    return branch.words is not None and branch.words <= forbidden(other)
