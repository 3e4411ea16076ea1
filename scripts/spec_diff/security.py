"""Compares who may call an operation: which credentials, in which combinations.

Compared is what callers do (a token in the query, a bearer header), not what the schemes are called.
"""

from __future__ import annotations

import json

from scripts.spec_diff.branches import canonical
from scripts.spec_diff.document import Document, Node
from scripts.spec_diff.findings import Change

# What a scheme asks of callers; its description asks nothing.
ASKED = ("type", "in", "name", "scheme", "bearerFormat", "flows", "openIdConnectUrl")
# One way to authenticate: everything that has to be presented together, each with the scopes it needs.
Way = dict[str, frozenset[str]]


def compare(base: Document, base_operation: Node, head: Document, head_operation: Node, name: str) -> list[Change]:
    """A way that callers use breaks when no way is left that asks for no more than they present."""
    before, after = _ways(base, base_operation), _ways(head, head_operation)
    found = []
    for way in before:
        if not any(_suffices(way, other) for other in after):
            text = f"{_told(way)} is no longer enough"
            found.append(Change(name, "request", "removed", "security", text, breaks=True))
        elif way not in after:
            text = f"{_told(way)} is no longer listed, but less is enough"
            found.append(Change(name, "request", "changed", "security", text, breaks=False))
    return found + [
        Change(name, "request", "added", "security", f"{_told(way)} is enough now", breaks=False)
        for way in after
        if way not in before
    ]


def _ways(document: Document, operation: Node) -> list[Way]:
    listed = operation.get("security", document.root.get("security")) or [{}]
    schemes = document.root.get("components", {}).get("securitySchemes", {})
    return [
        {_credential(document, schemes.get(name), name): frozenset(scopes) for name, scopes in way.items()}
        for way in listed
    ]


def _credential(document: Document, scheme: Node | None, name: str) -> str:
    if scheme is None:
        return canonical({"name": name})
    followed = document.follow(scheme)
    return canonical({word: followed[word] for word in ASKED if word in followed})


def _suffices(presented: Way, needed: Way) -> bool:
    return all(name in presented and scopes <= presented[name] for name, scopes in needed.items())


def _told(way: Way) -> str:
    return " with ".join(_credential_told(name, scopes) for name, scopes in way.items()) or "no credential"


def _credential_told(credential: str, scopes: frozenset[str]) -> str:
    words = json.loads(credential)
    kind, told = words.get("type"), words.get("name", "")
    if kind == "apiKey":
        told = f"{words.get('in')} {words.get('name')}"
    elif kind == "http":
        told = f"HTTP {words.get('scheme')}"
    elif kind is not None:
        told = kind
    return f"{told} ({', '.join(sorted(scopes))})" if scopes else told
