"""Compares lists of words (`enum`, `const`), closed ones and open ones.

A set is open where any other value of the type may stand beside the listed words (`anyOf: [enum, string]`). Then a new
word is nothing that callers didn't have to expect. A listed word that goes is one less that is promised. Where one goes
while another comes, its meaning has moved, and callers know nothing of the new one, open set or not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from scripts.spec_diff.branches import Branch, json_types
from scripts.spec_diff.findings import Effect, Finding
from scripts.spec_diff.fitting import fits


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
    return found + [change for word in sorted(before & after) for change in _limits(word, base, head)]


def _limits(word: str, base: Sequence[Branch], head: Sequence[Branch]) -> list[Finding]:
    """What is asked of a listed word beside being listed, where nobody can tell whether it fits."""
    before, after = _doubts(word, base), _doubts(word, head)
    if before == after:
        return []
    effect = Effect.BOTH if before and after else Effect.NARROWER if after else Effect.WIDER
    return [Finding(effect, "changed", f"what is asked of {word} beside being listed differs")]


def _doubts(word: str, branches: Sequence[Branch]) -> frozenset[str]:
    """The alternatives that list a word and may refuse it nevertheless; none where one surely takes it."""
    taken = [branch for branch in branches if branch.words is None or word in branch.words]
    if any(fits(word, branch) for branch in taken):
        return frozenset()
    return frozenset(branch.key for branch in taken if branch.words is not None)


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
    return any(branch.words is None and fits(word, branch) for branch in branches)
