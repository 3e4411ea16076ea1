"""Tells whether a listed word (`enum`, `const`) fits what stands beside the list: bounds, patterns, exclusions.

A word that doesn't fit is none, however it is listed. Where that can't be told, as with formats, nobody guesses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from scripts.spec_diff.branches import EVERY_TYPE, Branch, canonical, json_types
from scripts.spec_diff.rules import about


def fitting(branch: Branch) -> Branch | None:
    """The branch without the words that don't fit it, or None where that leaves none."""
    if branch.words is None:
        return branch
    words = frozenset(word for word in branch.words if fits(word, branch) is not False)
    types = frozenset[str]().union(*(json_types(json.loads(word)) for word in words))
    return attrs.evolve(branch, words=words, types=branch.types & types) if words else None


def fits(word: str, branch: Branch) -> bool | None:
    """Whether a value fits what a branch asks for, listed words apart; None where that can't be told easily."""
    value = json.loads(word)
    if word in forbidden(branch) or not branch.types & json_types(value):
        return False
    told = set(_judged(value, branch))
    return False if False in told else None if None in told else True


def forbidden(branch: Branch) -> frozenset[str]:
    """The words that a branch's `not` names one by one."""
    named = [_listed(schema) for schema in branch.nots if isinstance(schema, dict)]
    return frozenset(canonical(value) for values in named for value in values)


def _listed(schema: Mapping[str, Any]) -> list[Any]:
    """The values of a schema that is nothing but a list of values."""
    if schema.keys() == {"const"}:
        return [schema["const"]]
    return list(schema["enum"]) if schema.keys() == {"enum"} else []


def _judged(value: Any, branch: Branch) -> Iterator[bool | None]:
    """What each thing that a branch asks for says of a value."""
    if not all(isinstance(schema, dict) and _listed(schema) for schema in branch.nots):
        yield None
    if isinstance(value, list | dict):
        asked = attrs.evolve(branch, types=EVERY_TYPE, words=None, nots=(), notes={}, label="")
        yield True if asked == Branch() else None
    elif isinstance(value, str):
        yield branch.bounds.get("minLength", 0) <= len(value) <= branch.bounds.get("maxLength", len(value))
        yield from (_matches(json.loads(pattern), value) for pattern in branch.rules.get("pattern", ()))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield _between(value, branch)
    (kind,) = json_types(value)
    # No format says anything about null, true and false.
    silent = {"pattern"} if isinstance(value, str | int | float) and not isinstance(value, bool) else {"format"}
    if any(about(name, kind) for name in branch.rules.keys() - silent):
        yield None


def _matches(pattern: str, text: str) -> bool | None:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return None  # the dialect of JSON Schema is another one


def _between(value: float, branch: Branch) -> bool:
    at_least, at_most = branch.bounds.get("minimum", value), branch.bounds.get("maximum", value)
    above, below = branch.bounds.get("exclusiveMinimum"), branch.bounds.get("exclusiveMaximum")
    return at_least <= value <= at_most and (above is None or value > above) and (below is None or value < below)
