"""Compares what callers send: parameters and bodies."""

from __future__ import annotations

import re
from typing import Any, Protocol

from scripts.spec_diff.document import Document, Node
from scripts.spec_diff.findings import Change
from scripts.spec_diff.places import Place

# Said by content types and security schemes instead; OpenAPI ignores header parameters of these names.
NOT_PARAMETERS = frozenset({"accept", "content-type", "authorization"})
STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}


class Side(Protocol):
    """An operation of one of the two documents."""

    @property
    def document(self) -> Document: ...  # noqa: D102
    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def node(self) -> Node: ...  # noqa: D102
    @property
    def shared(self) -> Node: ...  # noqa: D102


def compare(base: Side, head: Side, operation: str) -> list[Change]:
    """All changes of an operation's request."""
    return _parameters(base, head, operation) + _body(base, head, operation)


def _parameters(base: Side, head: Side, operation: str) -> list[Change]:
    before, after = _listed(base), _listed(head)
    found = []
    for key in [*before, *(key for key in after if key not in before)]:
        shown = after.get(key, before.get(key, {}))
        place = Place(base.document, head.document, operation, "request", f"{key[0]} {shown['name']}")
        found += _parameter(before.get(key), after.get(key), place)
    return found


def _listed(side: Side) -> dict[tuple[str, str], Node]:
    """An operation's parameters, its own before those of its path.

    A path parameter is known by its position, since callers don't see its name; a header's name has no case.
    """
    positions = {name: str(number) for number, name in enumerate(re.findall(r"\{([^}]*)\}", side.path))}
    found: dict[tuple[str, str], Node] = {}
    for reference in [*side.shared.get("parameters", []), *side.node.get("parameters", [])]:
        parameter = side.document.follow(reference)
        place, name = str(parameter["in"]), str(parameter["name"])
        if place == "header":
            name = name.lower()
            if name in NOT_PARAMETERS:
                continue
        found[place, positions.get(name, name) if place == "path" else name] = parameter
    return found


def _parameter(base: Node | None, head: Node | None, place: Place) -> list[Change]:
    if head is None:
        return [place.says("removed", "the parameter is gone", breaks=True)]
    required = bool(head.get("required"))
    if base is None:
        text = f"the {'required' if required else 'optional'} parameter is new"
        return [place.says("added", text, breaks=required)]
    found = []
    if base["name"] != head["name"] and head["in"] == "path":
        text = f"it was called {base['name']}: the generated function's argument has another name"
        found.append(place.says("changed", text, breaks=True))
    if bool(base.get("required")) != required:
        found.append(place.says("changed", f"it is {'required' if required else 'optional'} now", breaks=required))
    if bool(base.get("deprecated")) != bool(head.get("deprecated")):
        text = "it is deprecated now" if head.get("deprecated") else "it is no longer deprecated"
        found.append(place.says("changed", text, breaks=False))
    if _written(base) != _written(head):
        found.append(place.says("changed", f"it is written {_written(head)}, not {_written(base)}", breaks=True))
    return found + _values(base, head, place)


def _values(base: Node, head: Node, place: Place) -> list[Change]:
    if "content" in base or "content" in head:
        return place.content(base.get("content", {}), head.get("content", {}))
    return place.schemas(base.get("schema", True), head.get("schema", True))


def _written(parameter: Node) -> str:
    """How a parameter's value is put into text."""
    style: Any = parameter.get("style", STYLES.get(parameter["in"], ""))
    explode = parameter.get("explode", style == "form")
    raw = parameter.get("allowReserved", False)
    return f"as {style}{', exploded' if explode else ''}{', reserved characters as they are' if raw else ''}"


def _body(base: Side, head: Side, operation: str) -> list[Change]:
    before, after = (side.document.follow(side.node.get("requestBody", {})) for side in (base, head))
    place = Place(base.document, head.document, operation, "request", "body")
    required = bool(after.get("required"))
    if not before or not after:
        if after:
            return [place.says("added", f"a{'' if required else 'n optional'} body is new", breaks=required)]
        return [place.says("removed", "the body is gone", breaks=True)] if before else []
    found = []
    if bool(before.get("required")) != required:
        found.append(place.says("changed", f"it is {'required' if required else 'optional'} now", breaks=required))
    return found + place.content(before.get("content", {}), after.get("content", {}))
