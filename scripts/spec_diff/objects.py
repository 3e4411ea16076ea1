"""Compares what two branches say about an object: its members, which of them it needs, and what else it may have.

Callers ignore members that they don't know, and send only those that they do. So a new optional member breaks nobody,
and a member that is gone breaks both ways: what callers send means nothing any more, what they read isn't there.
"""

from __future__ import annotations

from collections.abc import Callable

from scripts.spec_diff.branches import Branch, Schema, canonical
from scripts.spec_diff.findings import Effect, Finding

Compare = Callable[[Schema, Schema, str, str], list[Finding]]


def compare(base: Branch, head: Branch, compare_schemas: Compare) -> list[Finding]:
    """All differences of two objects."""
    before, after = _members(base), _members(head)
    gone = {name: before[name] for name in before if name not in after}
    new = {name: after[name] for name in after if name not in before}
    found: list[Finding] = []
    for name, schema in gone.items():
        found.append(Finding(Effect.BOTH, "removed", _gone(name, schema, base, new), name))
    for name, schema in new.items():
        so_far = compare_schemas(base.others, schema, name, name) if isinstance(base.others, dict) else []
        typed = base.others == {} and any(one.effect in {Effect.NARROWER, Effect.BOTH} for one in so_far)
        found.append(_new(name, required=name in head.required, closed=base.others is False, typed=typed))
        # So far it was one of the other members, and had to fit what was said about those.
        found += so_far if base.others else []
    for name in before:
        if name in after:
            found += _required(name, base, head)
            found += compare_schemas(before[name], after[name], name, name)
    return found + compare_schemas(base.others, head.others, "*", "")


def _members(branch: Branch) -> dict[str, Schema]:
    """The listed members; one that is required without being listed may be anything that other members may be."""
    unlisted = sorted(branch.required - branch.members.keys())
    listed = {name: schema for name, schema in branch.members.items() if schema is not False or name in branch.required}
    return {**listed, **dict.fromkeys(unlisted, branch.others)}


def _gone(name: str, schema: Schema, base: Branch, new: dict[str, Schema]) -> str:
    """Says what it may have become: a new member with the same schema."""
    heirs = [f"`{other}`" for other, candidate in new.items() if canonical(candidate) == canonical(schema)]
    needed = "required" if name in base.required else "optional"
    return f"the {needed} member is gone{', perhaps renamed to ' + ' or '.join(heirs) if heirs else ''}"


def _new(name: str, *, required: bool, closed: bool, typed: bool) -> Finding:
    """Answers may bring a new member unless the object was closed; requests leave it out unless it is required.

    They don't where the contract invites to send whatever one likes (`additionalProperties: true`).
    """
    if required:
        return Finding(Effect.BOTH if closed else Effect.NARROWER, "added", "the required member is new", name)
    if typed:
        text = "the optional member is new, and may no longer be anything"
        return Finding(Effect.NARROWER, "added", text, name)
    return Finding(Effect.WIDER if closed else Effect.NEUTRAL, "added", "the optional member is new", name)


def _required(name: str, base: Branch, head: Branch) -> list[Finding]:
    before, after = name in base.required, name in head.required
    if before == after:
        return []
    if after:
        return [Finding(Effect.NARROWER, "changed", "the member is required now", name)]
    return [Finding(Effect.WIDER, "changed", "the member is optional now", name)]
