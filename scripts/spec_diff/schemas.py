"""Compares two schemas by the values that they allow, and says where and how they differ.

Both are brought into branches (`alternatives`), so it makes no difference how a schema is written down: behind a
reference, with `allOf`, or with a type in a list. What differs is told with its effect on the set of allowed values,
which `findings` turns into a verdict for requests and answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from scripts.spec_diff import notes, objects, rules, words
from scripts.spec_diff.alternatives import flatten, overlapping, structure
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
    _open: set[str] = attrs.field(factory=set)
    _known: dict[str, list[Finding]] = attrs.field(factory=dict)
    _relied: int = 0

    def compare(self, base: Schema, head: Schema, path: str = "", name: str = "") -> list[Finding]:
        """All differences, each once; `name` is the name of the member that the schema stands for."""
        found = self._inside(
            f"{canonical(base)} {canonical(head)} {name if self.xml else ''}",
            lambda: self._with_exclusion(
                base, head, self._compare(flatten(self.base, base), flatten(self.head, head), name)
            ),
        )
        return [attrs.evolve(one, path=joined(path, one.path)) for one in found]

    def _inside(self, pair: str, look: Callable[[], list[Finding]]) -> list[Finding]:
        """What `look` finds, looked for once; nothing where a pair stands inside of itself.

        What differs is told where it began. A result that relied on that isn't kept: it is half of the truth.
        """
        if pair in self._known:
            return self._known[pair]
        if pair in self._open:
            self._relied += 1
            return []
        self._open.add(pair)
        relied = self._relied
        try:
            found = _once(look())
        finally:
            self._open.remove(pair)
        if self._relied == relied:
            self._known[pair] = found
        return found

    def _with_exclusion(self, base: Schema, head: Schema, found: list[Finding]) -> list[Finding]:
        """Where alternatives of a `oneOf` overlap, more in one of them may mean less in the whole."""
        if not (overlapping(self.base, base) or overlapping(self.head, head)):
            return found
        if structure(self.base, base) != structure(self.head, head):
            text = "alternatives that exclude each other (oneOf) overlap, so that nobody can tell what the change means"
            found = [*found, Finding(Effect.BOTH, "changed", text)]
        return [one if one.effect is Effect.NEUTRAL else attrs.evolve(one, effect=Effect.BOTH) for one in found]

    def _compare(self, base: list[Branch], head: list[Branch], name: str) -> list[Finding]:
        if not base or not head:
            return _nothing(base, head)
        found = rules.types(_types(base), _types(head))
        found += words.compare(base, head)
        found += notes.compare(base, head, name if self.xml else None)
        for kind in sorted(_types(base) & _types(head)):
            found += self._of_type(kind, _open_to(kind, base), _open_to(kind, head))
        return found

    def _of_type(self, kind: str, base: list[Branch], head: list[Branch]) -> list[Finding]:
        """The alternatives of one type that aren't lists of words."""
        if not base and not head:
            return []
        if not base or not head:
            effect, text = (
                (Effect.NARROWER, "only the listed values are allowed now")
                if base
                else (Effect.WIDER, f"any {kind.replace('fraction', 'number')} now")
            )
            return [Finding(effect, "changed", text)]
        found: list[Finding] = []
        pairs, gone, new = self._pairs(kind, base, head)
        for findings in pairs:
            found += findings
        for branch in gone:
            if not self._covered(kind, [branch], head, LOSSES):
                found.append(Finding(Effect.NARROWER, "removed", f"the alternative {_called(branch, kind)} is gone"))
        for branch in new:
            if not self._covered(kind, base, [branch], GAINS):
                found.append(Finding(Effect.WIDER, "added", f"{_called(branch, kind)} is a new alternative"))
        return found

    def _pairs(
        self, kind: str, base: list[Branch], head: list[Branch]
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
                for found in [self._branch(kind, one, other)]
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
            not any(finding.effect in bad for finding in self._branch(kind, one, other))
            for one in base
            for other in head
        )

    def _branch(self, kind: str, base: Branch, head: Branch) -> list[Finding]:
        return self._inside(f"{kind} {base.key} {head.key}", lambda: self._look(kind, base, head))

    def _look(self, kind: str, base: Branch, head: Branch) -> list[Finding]:
        found = rules.bounds(kind, base, head) + rules.rules(kind, base, head)
        found += rules.nots(base, head, self.compare)
        if kind == "object":
            found += objects.compare(base, head, self.compare)
        if kind == "array":
            found += self.compare(base.items, head.items, "[]")
        return found


def _nothing(base: list[Branch], head: list[Branch]) -> list[Finding]:
    if base:
        return [Finding(Effect.NARROWER, "removed", "no value is allowed any more")]
    return [Finding(Effect.WIDER, "added", "values are allowed now")] if head else []


def _types(branches: Iterable[Branch]) -> frozenset[str]:
    return frozenset[str]().union(*(branch.types for branch in branches))


def _open_to(kind: str, branches: Iterable[Branch]) -> list[Branch]:
    return [branch for branch in branches if branch.words is None and kind in branch.types]


def _called(branch: Branch, kind: str) -> str:
    return branch.label or f"of type {kind}"


def joined(path: str, inner: str) -> str:
    """The path of something inside of what `path` leads to."""
    return f"{path}.{inner}" if path and inner and not inner.startswith("[") else path + inner


def _once(findings: Iterable[Finding]) -> list[Finding]:
    return list(dict.fromkeys(findings))
