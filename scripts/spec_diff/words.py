"""Compares lists of words (`enum`, `const`), closed ones and open ones.

A set is open where any other value of the type may stand beside the listed words (`anyOf: [enum, string]`). Then a new
word is nothing that callers didn't have to expect. A listed word that goes is one less that is promised. Where one goes
while another comes, its meaning has moved, and callers know nothing of the new one, open set or not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from scripts.spec_diff.alternatives import forbidden
from scripts.spec_diff.branches import Branch, json_types
from scripts.spec_diff.findings import Effect, Finding


def compare(base: Sequence[Branch], head: Sequence[Branch]) -> list[Finding]:
    """The words that came and went, of the types that both sides allow."""
    before, after = _listed(base), _listed(head)
    gone = [word for word in sorted(before - after) if _has_type(word, head)]
    new = [word for word in sorted(after - before) if _has_type(word, base)]
    moved = _same_type(gone, new)
    found = []
    for word in gone:
        if _allowed(word, head) and not _is_open(word, base):
            # The closed set became an open one, which takes the word without listing it.
            continue
        hint = f"; new: {', '.join(new)}" if moved else ""
        effect = Effect.BOTH if moved else Effect.NARROWER
        found.append(Finding(effect, "removed", f"the {_kind(word, base)} {word} is gone{hint}"))
    for word in new:
        if _allowed(word, base) and not _is_open(word, head) and not _same_type([word], sorted(before)):
            # An open set without any words was closed; that is told as a whole.
            continue
        effect = Effect.NEUTRAL if _allowed(word, base) else Effect.WIDER
        found.append(Finding(effect, "added", f"the {_kind(word, head)} {word} is new"))
    return found


def _listed(branches: Sequence[Branch]) -> frozenset[str]:
    return frozenset[str]().union(*(branch.words for branch in branches if branch.words is not None))


def _has_type(word: str, branches: Sequence[Branch]) -> bool:
    return any(branch.types & json_types(json.loads(word)) for branch in branches)


def _same_type(left: Sequence[str], right: Sequence[str]) -> bool:
    return bool({json_types(json.loads(word)) for word in left} & {json_types(json.loads(word)) for word in right})


def _is_open(word: str, branches: Sequence[Branch]) -> bool:
    """Whether other values of the word's type may stand beside the listed ones."""
    kind = json_types(json.loads(word))
    return any(branch.words is None and branch.types & kind for branch in branches)


def _kind(word: str, branches: Sequence[Branch]) -> str:
    return "known word" if _is_open(word, branches) else "value"


def _allowed(word: str, branches: Sequence[Branch]) -> bool:
    """Whether a word that isn't listed fits an open alternative."""
    value = json.loads(word)
    return any(
        branch.words is None and branch.types & json_types(value) and _fits(value, word, branch) for branch in branches
    )


def _fits(value: Any, word: str, branch: Branch) -> bool:
    """Whether a value fits what a branch asks for; where that can't be told easily, it doesn't."""
    if word in forbidden(branch) or isinstance(value, list | dict):
        return False
    if branch.nots and len(forbidden(branch)) < len(branch.nots):
        return False
    if isinstance(value, str):
        low, high = branch.bounds.get("minLength", 0), branch.bounds.get("maxLength", len(value))
        patterns = [json.loads(pattern) for pattern in branch.rules.get("pattern", ())]
        hard = branch.rules.keys() & {"format", "if", "then", "else"}
        return low <= len(value) <= high and all(re.search(pattern, value) for pattern in patterns) and not hard
    if isinstance(value, bool) or value is None:
        return not branch.rules.keys() & {"if", "then", "else"}
    return not branch.rules and _between(value, branch)


def _between(value: float, branch: Branch) -> bool:
    at_least, at_most = branch.bounds.get("minimum", value), branch.bounds.get("maximum", value)
    above, below = branch.bounds.get("exclusiveMinimum"), branch.bounds.get("exclusiveMaximum")
    return at_least <= value <= at_most and (above is None or value > above) and (below is None or value < below)
