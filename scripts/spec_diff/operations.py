"""Compares two contracts, operation by operation; the only module that others need to call."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from scripts.spec_diff import answers, requests, security
from scripts.spec_diff.branches import canonical
from scripts.spec_diff.document import Document, Node
from scripts.spec_diff.findings import Change, Direction, Kind
from scripts.spec_diff.places import merged

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
EVERYWHERE = "all operations"


@attrs.frozen
class Operation:
    """One operation with what its path says for all of its operations."""

    document: Document
    method: str
    path: str
    node: Node
    shared: Node

    @property
    def name(self) -> str:
        """How the report calls it."""
        return f"{self.method.upper()} {self.path}"

    @property
    def key(self) -> tuple[str, str]:
        """What callers see of it: the names inside of the path's braces are no part of that."""
        return self.method, re.sub(r"\{[^}]*\}", "{}", self.path)


def compare(base: Document, head: Document) -> list[Change]:
    """All changes from `base` to `head`, in the order of the head's operations, those that are gone last."""
    before, after = _operations(base), _operations(head)
    found = _servers(base.root, head.root, EVERYWHERE)
    for key, operation in after.items():
        if key in before:
            found += _operation(before[key], operation)
        else:
            found.append(Change(operation.name, "operation", "added", "", "the operation is new", breaks=False))
    for key, operation in before.items():
        if key not in after:
            found.append(Change(operation.name, "operation", "removed", "", "the operation is gone", breaks=True))
    return merged(found + _webhooks(base, head))


def _operations(document: Document) -> dict[tuple[str, str], Operation]:
    return {operation.key: operation for operation in _walk(document)}


def _walk(document: Document) -> Iterator[Operation]:
    for path, item in document.root.get("paths", {}).items():
        shared = document.follow(item)
        for method in METHODS:
            if method in shared:
                yield Operation(document, method, path, shared[method], shared)


def _operation(base: Operation, head: Operation) -> list[Change]:
    name = head.name
    found = _signs(base, head)
    found += security.compare(base.document, base.node, head.document, head.node, name)
    found += requests.compare(base, head, name)
    found += answers.compare(base, head, name)
    found += _links(base, head)
    servers = [side.node.get("servers", side.shared.get("servers")) for side in (base, head)]
    return found + _servers({"servers": servers[0]}, {"servers": servers[1]}, name)


def _signs(base: Operation, head: Operation) -> list[Change]:
    """What names the operation in the generated client, and marks it."""
    found = []

    def say(kind: Kind, text: str, *, breaks: bool, direction: Direction = "operation") -> None:
        found.append(Change(head.name, direction, kind, "", text, breaks))

    for word, meaning in (("operationId", "function"), ("tags", "module")):
        before, after = base.node.get(word), head.node.get(word)
        if before != after:
            text = f"{word} {canonical(before)} became {canonical(after)}: the generated {meaning} has another name"
            say("changed", text, breaks=True)
    before, after = bool(base.node.get("deprecated")), bool(head.node.get("deprecated"))
    if before != after:
        say("changed", "the operation is deprecated now" if after else "it is no longer deprecated", breaks=False)
    if base.document.inlined(base.node.get("callbacks")) != head.document.inlined(head.node.get("callbacks")):
        say("changed", "the callbacks differ, and aren't compared closer", breaks=True, direction="answer")
    return found


def _servers(base: Mapping[str, Any], head: Mapping[str, Any], name: str) -> list[Change]:
    before, after = ([server["url"] for server in side.get("servers") or []] for side in (base, head))
    gone = [url for url in before if url not in after]
    new = [url for url in after if url not in before]
    return [Change(name, "request", "removed", "servers", f"{url} is gone", breaks=True) for url in gone] + [
        Change(name, "request", "added", "servers", f"{url} is new", breaks=False) for url in new
    ]


def _webhooks(base: Document, head: Document) -> list[Change]:
    before, after = (document.inlined(document.root.get("webhooks", {})) for document in (base, head))
    return [
        Change(f"webhook {name}", "operation", "changed", "", "it differs, and isn't compared closer", breaks=True)
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def _links(base: Operation, head: Operation) -> list[Change]:
    """Links of all answers; whoever follows them sends on what they say."""
    before, after = _answer_links(base), _answer_links(head)
    found = []
    for place in [*before, *(place for place in after if place not in before)]:
        was, is_now = before.get(place), after.get(place)
        if was is None:
            found.append(Change(head.name, "answer", "added", place, "it is new", breaks=False))
        elif is_now is None:
            found.append(Change(head.name, "answer", "removed", place, "it is gone", breaks=True))
        else:
            texts = [f"{name} {was[name]} became {is_now[name]}" for name in was if was[name] != is_now[name]]
            found += [Change(head.name, "answer", "changed", place, text, breaks=True) for text in texts]
    return found


def _answer_links(operation: Operation) -> dict[str, dict[str, str]]:
    """Of each link, where it leads, and what it sends on."""
    document = operation.document
    targets = {other.node.get("operationId"): other for other in _walk(document)}
    found = {}
    for status, answer in operation.node.get("responses", {}).items():
        for name, reference in document.follow(answer).get("links", {}).items():
            link = document.follow(reference)
            target = targets.get(link.get("operationId"))
            found[f"{status} link {name}"] = {
                "target": target.name if target else str(link.get("operationRef", link.get("operationId"))),
                "parameters": canonical(link.get("parameters", {})),
                "body": canonical(link.get("requestBody")),
            }
    return found
