"""Compares the keywords that limit a value without looking into it: types, bounds, patterns, formats, exclusions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import attrs

from scripts.spec_diff.branches import ABOUT, EVERY_TYPE, LOWER_BOUNDS, UPPER_BOUNDS, Branch, Schema, canonical
from scripts.spec_diff.findings import Effect, Finding

# Keywords whose members and items count as evaluated.
APPLYING = frozenset({"patternProperties", "prefixItems", "contains", "dependentSchemas", "if", "then", "else"})

Compare = Callable[[Schema, Schema], list[Finding]]


def types(base: frozenset[str], head: frozenset[str]) -> list[Finding]:
    """One finding where the sets of types differ; null is told apart, since it is what callers stumble over."""
    found = []
    if "null" in base - head:
        found.append(Finding(Effect.NARROWER, "changed", "null is no longer allowed"))
    if "null" in head - base:
        found.append(Finding(Effect.WIDER, "changed", "null is allowed now"))
    before, after = base - {"null"}, head - {"null"}
    if before == after:
        return found
    effect = Effect.NARROWER if after < before else Effect.WIDER if after > before else Effect.BOTH
    return [*found, Finding(effect, "changed", f"type {_named(before)} became {_named(after)}")]


def _named(names: frozenset[str]) -> str:
    if names == EVERY_TYPE - {"null"}:
        return "any"
    whole = names - {"integer", "fraction"} | {"number"} if "fraction" in names else names
    return " or ".join(sorted(whole)) or "null"


def about(keyword: str, kind: str) -> bool:
    """Whether a keyword says something about values of a type."""
    return kind in ABOUT.get(keyword, EVERY_TYPE)


def bounds(kind: str, base: Branch, head: Branch) -> list[Finding]:
    """Minimum, maximum and the like."""
    found = []
    for name in sorted(LOWER_BOUNDS | UPPER_BOUNDS):
        before, after = base.bounds.get(name), head.bounds.get(name)
        if before == after or not about(name, kind):
            continue
        if name == "minContains" and 0 in (before, after):
            effect = Effect.BOTH  # nothing need be contained then, while one item must be where nothing is said
        elif before is None or after is None:
            effect = Effect.NARROWER if before is None else Effect.WIDER
        else:
            effect = Effect.NARROWER if (after > before) == (name in LOWER_BOUNDS) else Effect.WIDER
        found.append(_told(effect, name, [before], [after]))
    return found


def rules(kind: str, base: Branch, head: Branch) -> list[Finding]:
    """Keywords that are compared by their value: more of them allow less, mostly; a changed one can't be judged."""
    found = []
    for name in sorted(base.rules.keys() | head.rules.keys()):
        before, after = base.rules.get(name, frozenset()), head.rules.get(name, frozenset())
        if before == after or not about(name, kind):
            continue
        effect = Effect.NARROWER if before < after else Effect.WIDER if after < before else Effect.BOTH
        if _takes_out(name, base) or _takes_out(name, head):
            effect = Effect.BOTH
        found.append(_told(effect, name, map(json.loads, sorted(before)), map(json.loads, sorted(after))))
    return found


def _takes_out(name: str, branch: Branch) -> bool:
    """Whether a keyword spares some members or items what is said of all others: then more of it may allow more."""
    if name == "patternProperties" and branch.others not in (True, {}):
        return True
    if name == "prefixItems" and branch.items not in (True, {}):
        return True
    rest = branch.rules.keys() & {"unevaluatedProperties", "unevaluatedItems"}
    return bool(rest) and name in APPLYING


def _told(effect: Effect, name: str, before: Iterable[object], after: Iterable[object]) -> Finding:
    was, is_now = (", ".join(shown(value) for value in values if value is not None) for values in (before, after))
    if not was:
        return Finding(effect, "added", f"{name} {is_now} is new")
    if not is_now:
        return Finding(effect, "removed", f"{name} {was} is gone")
    return Finding(effect, "changed", f"{name} {was} became {is_now}")


def shown(value: object) -> str:
    """A value for people, cut where it is long."""
    text = canonical(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def nots(base: Branch, head: Branch, compare: Compare) -> list[Finding]:
    """What is excluded: the more, the fewer values are allowed."""
    before = [schema for schema in base.nots if schema not in head.nots]
    after = [schema for schema in head.nots if schema not in base.nots]
    if len(before) == len(after) == 1:
        return [_inverted(finding) for finding in compare(before[0], after[0])]
    found = [Finding(Effect.WIDER, "removed", f"not {shown(schema)} is gone") for schema in before]
    return found + [Finding(Effect.NARROWER, "added", f"not {shown(schema)} is new") for schema in after]


def _inverted(finding: Finding) -> Finding:
    # Members that are neither here nor there for callers decide what is excluded.
    effect = Effect.BOTH if finding.effect is Effect.NEUTRAL else finding.effect.opposite
    return attrs.evolve(finding, effect=effect, text=f"in what is excluded: {finding.text}")
