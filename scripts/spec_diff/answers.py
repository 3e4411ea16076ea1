"""Compares what callers get: statuses, headers and bodies of answers."""

from __future__ import annotations

from scripts.spec_diff.document import Document, Node
from scripts.spec_diff.findings import Change
from scripts.spec_diff.places import Place
from scripts.spec_diff.requests import Side

# Comes only when a request asks for it, with `Range` or `If-None-Match`.
ASKED_FOR = frozenset({"206", "304"})


def compare(base: Side, head: Side, operation: str) -> list[Change]:
    """All changes of an operation's answers.

    A status that isn't listed is answered for by its range (`4XX`) or by `default`, so that an error that gets its own
    entry is compared with what was said of it so far. Success is what callers look for: no `default` stands for it.
    """
    before, after = base.node.get("responses", {}), head.node.get("responses", {})
    found = []
    for status in [*before, *(status for status in after if status not in before)]:
        place = Place(base.document, head.document, operation, "answer", str(status))
        was, is_now = _entry(status, before), _entry(status, after)
        if is_now is None:
            found.append(place.says("removed", "the status is gone", breaks=not _is_error(status)))
            continue
        if status not in before:
            surprising = was is None and not _is_error(status) and status not in ASKED_FOR
            found.append(place.says("added", "the status is new", breaks=surprising))
        elif status not in after:
            found.append(place.says("removed", "the status is no longer listed by itself", breaks=False))
        if was is not None:
            found += _answer(base.document, was, head.document, is_now, place)
    return found


def _entry(status: str, answers: Node) -> Node | None:
    """What is said of a status."""
    status = str(status)
    listed = {str(name).upper(): answer for name, answer in answers.items()}
    found: Node | None = listed.get(status.upper())
    if found is None:
        found = listed.get(f"{status[0]}XX")
    return listed.get("DEFAULT") if found is None and _is_error(status) else found


def _is_error(status: str) -> bool:
    return str(status).upper()[0] in "45D"


def _answer(base: Document, before: Node, head: Document, after: Node, place: Place) -> list[Change]:
    was, is_now = base.follow(before), head.follow(after)
    return _headers(was, is_now, place) + place.content(was.get("content", {}), is_now.get("content", {}))


def _headers(base: Node, head: Node, place: Place) -> list[Change]:
    before = {name.lower(): (name, place.base.follow(node)) for name, node in base.get("headers", {}).items()}
    after = {name.lower(): (name, place.head.follow(node)) for name, node in head.get("headers", {}).items()}
    found = []
    for key in [*before, *(key for key in after if key not in before)]:
        shown = after.get(key, before.get(key, ("", {})))[0]
        inside = Place(place.base, place.head, place.operation, "answer", f"{place.part} header {shown}")
        if key not in after:
            found.append(inside.says("removed", "the header is gone", breaks=True))
        elif key not in before:
            found.append(inside.says("added", "the header is new", breaks=False))
        else:
            found += _header(before[key][1], after[key][1], inside)
    return found


def _header(base: Node, head: Node, place: Place) -> list[Change]:
    found = []
    was, is_now = bool(base.get("required")), bool(head.get("required"))
    if was != is_now:
        found.append(place.says("changed", f"it is {'always' if is_now else 'not always'} there now", breaks=was))
    if "content" in base or "content" in head:
        return found + place.content(base.get("content", {}), head.get("content", {}))
    return found + place.schemas(base.get("schema", True), head.get("schema", True))
