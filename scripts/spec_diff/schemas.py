"""Compares two schemas by the values that they allow, and says where and how they differ.

Both are brought into branches (`alternatives`), so it makes no difference how a schema is written down: behind a
reference, with `allOf`, or with a type in a list. What differs is told with its effect on the set of allowed values,
which `findings` turns into a verdict for requests and answers.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from scripts.spec_diff import notes, objects, rules, words
from scripts.spec_diff.alternatives import flatten, overlapping
from scripts.spec_diff.branches import Branch, Schema, canonical
from scripts.spec_diff.document import Document
from scripts.spec_diff.findings import Effect, Finding

# Rank by what a reader of the contract would pair: fewer differences are more likely the same alternative.
LOSSES = {Effect.NARROWER, Effect.BOTH}
GAINS = {Effect.WIDER, Effect.BOTH}


@attrs.define
class Comparison:
    """Compares schemas of two documents; `xml` tells whether the names of XML elements matter."""

    base: Document
    head: Document
    xml: bool = False
    _open: set[tuple[str, str]] = attrs.field(factory=set)

    def compare(self, base: Schema, head: Schema, path: str = "", name: str = "") -> list[Finding]:
        """All differences, each once; `name` is the name of the member that the schema stands for."""
        pair = (canonical(base), canonical(head))
        if pair in self._open:
            # Inside itself: what differs is told where it began.
            return []
        self._open.add(pair)
        try:
            found = self._compare(flatten(self.base, base), flatten(self.head, head), path, name)
        finally:
            self._open.remove(pair)
        return _once(self._with_exclusion(base, head, path, found))

    def _with_exclusion(self, base: Schema, head: Schema, path: str, found: list[Finding]) -> list[Finding]:
        """Where alternatives of a `oneOf` overlap, more in one of them may mean less in the whole."""
        was, is_now = overlapping(self.base, base), overlapping(self.head, head)
        if was != is_now:
            text = (
                "alternatives that overlap now exclude each other (oneOf)" if is_now else "alternatives may overlap now"
            )
            found = [*found, Finding(Effect.NARROWER if is_now else Effect.WIDER, "changed", path, text)]
        if not (was or is_now):
            return found
        return [one if one.effect is Effect.NEUTRAL else attrs.evolve(one, effect=Effect.BOTH) for one in found]

    def _compare(self, base: list[Branch], head: list[Branch], path: str, name: str) -> list[Finding]:
        if not base or not head:
            return _nothing(base, head, path)
        found = rules.types(_types(base), _types(head), path)
        found += words.compare(base, head, path)
        found += notes.compare(base, head, path, name if self.xml else None)
        for kind in sorted(_types(base) & _types(head)):
            found += self._of_type(kind, _open_to(kind, base), _open_to(kind, head), path)
        return found

    def _of_type(self, kind: str, base: list[Branch], head: list[Branch], path: str) -> list[Finding]:
        """The alternatives of one type that aren't lists of words."""
        if not base and not head:
            return []
        if not base or not head:
            effect, text = (
                (Effect.NARROWER, "only the listed values are allowed now")
                if base
                else (Effect.WIDER, f"any {kind} now")
            )
            return [Finding(effect, "changed", path, text)]
        found: list[Finding] = []
        pairs, gone, new = self._pairs(kind, base, head, path)
        for findings in pairs:
            found += findings
        for branch in gone:
            if not self._covered(kind, [branch], head, LOSSES):
                found.append(
                    Finding(Effect.NARROWER, "removed", path, f"the alternative {_called(branch, kind)} is gone")
                )
        for branch in new:
            if not self._covered(kind, base, [branch], GAINS):
                found.append(Finding(Effect.WIDER, "added", path, f"{_called(branch, kind)} is a new alternative"))
        return found

    def _pairs(
        self, kind: str, base: list[Branch], head: list[Branch], path: str
    ) -> tuple[list[list[Finding]], list[Branch], list[Branch]]:
        """The findings of the alternatives that belong together, and those of either side that are left over.

        The same name comes first, then whatever differs least.
        """
        left, right = list(base), list(head)
        ranked = sorted(
            (
                (one.label != other.label, len(found), number, place, found)
                for number, one in enumerate(left)
                for place, other in enumerate(right)
                for found in [self._branch(kind, one, other, path)]
            ),
            key=lambda row: row[:4],
        )
        matched: list[list[Finding]] = []
        gone, new = set(range(len(left))), set(range(len(right)))
        for _, _, number, place, found in ranked:
            if number in gone and place in new:
                gone.remove(number)
                new.remove(place)
                matched.append(found)
        return matched, [left[number] for number in sorted(gone)], [right[place] for place in sorted(new)]

    def _covered(self, kind: str, base: list[Branch], head: list[Branch], bad: set[Effect]) -> bool:
        """Whether one of the pairs shows that the single alternative on one side says nothing new."""
        return any(
            not any(finding.effect in bad for finding in self._branch(kind, one, other, ""))
            for one in base
            for other in head
        )

    def _branch(self, kind: str, base: Branch, head: Branch, path: str) -> list[Finding]:
        found = rules.bounds(kind, base, head, path) + rules.rules(kind, base, head, path)
        found += rules.nots(base, head, path, self.compare)
        if kind == "object":
            found += objects.compare(base, head, path, self.compare)
        if kind == "array":
            found += self.compare(base.items, head.items, f"{path}[]")
        return _once(found)


def _nothing(base: list[Branch], head: list[Branch], path: str) -> list[Finding]:
    if base:
        return [Finding(Effect.NARROWER, "removed", path, "no value is allowed any more")]
    return [Finding(Effect.WIDER, "added", path, "values are allowed now")] if head else []


def _types(branches: Iterable[Branch]) -> frozenset[str]:
    return frozenset[str]().union(*(branch.types for branch in branches))


def _open_to(kind: str, branches: Iterable[Branch]) -> list[Branch]:
    return [branch for branch in branches if branch.words is None and kind in branch.types]


def _called(branch: Branch, kind: str) -> str:
    return branch.label or f"of type {kind}"


def _once(findings: Iterable[Finding]) -> list[Finding]:
    return list(dict.fromkeys(findings))
