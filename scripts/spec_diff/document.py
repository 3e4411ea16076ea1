"""Reads a contract from a file or a git revision, and follows its references."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import attrs
import yaml

Node = dict[str, Any]
CONTRACT_NAME = "openapi.yaml"


class UnreadableContract(Exception):
    """There is no contract where one was expected, or it isn't understood; the message says why."""


@attrs.frozen
class Document:
    """A contract with the name that the report calls it by."""

    name: str
    root: Node

    def follow(self, node: Node) -> Node:
        """The object behind a reference, or `node` itself; for all objects of OpenAPI that are no schemas.

        Raises:
            UnreadableContract: The reference leads nowhere, or in a circle.
        """
        seen: set[str] = set()
        while "$ref" in node:
            reference = node["$ref"]
            if reference in seen:
                raise UnreadableContract(f"{self.name}: {reference} refers to itself")
            seen.add(reference)
            node = self.target(reference)
        return node

    def target(self, reference: str) -> Any:
        """What a reference points at.

        Raises:
            UnreadableContract: It leads nowhere, or out of the document.
        """
        if reference != "#" and not reference.startswith("#/"):
            raise UnreadableContract(f"{self.name}: {reference} leads out of the document, which isn't understood")
        node: Any = self.root
        for step in reference.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            try:
                node = node[int(name)] if isinstance(node, list) else node[name]
            except (KeyError, IndexError, ValueError, TypeError):
                raise UnreadableContract(f"{self.name}: {reference} leads nowhere") from None
        return node

    def inlined(self, value: Any, open_references: tuple[str, ...] = ()) -> Any:
        """The value with what its references point at in their place, but for those that lead back to themselves."""
        if isinstance(value, list):
            return [self.inlined(item, open_references) for item in value]
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref")
        if not isinstance(reference, str) or reference in open_references:
            return {name: self.inlined(item, open_references) for name, item in value.items()}
        beside = {name: item for name, item in value.items() if name != "$ref"}
        target = self.inlined(self.target(reference), (*open_references, reference))
        return {"allOf": [target, self.inlined(beside, open_references)]} if beside else target


def read(place: str, repository: Path) -> Document:
    """The contract in a file, or in a git revision of the repository: `REVISION` or `REVISION:path/to/file`.

    Raises:
        UnreadableContract: There is none.
    """
    if Path(place).is_file():
        try:
            text = Path(place).read_bytes()
        except OSError as error:
            raise UnreadableContract(f"{place} can't be read: {error.strerror}") from None
        return parse(place, text)
    found = at_revision(place, repository)
    if found is None:
        raise UnreadableContract(f"{place!r} is neither a file nor a git revision with a contract")
    return parse(place, found)


def at_revision(place: str, repository: Path) -> bytes | None:
    """The contract's bytes in a git revision, or None where git, the revision or the file is missing."""
    if place.startswith("-"):
        return None
    target = place if ":" in place else f"{place}:./{CONTRACT_NAME}"
    try:
        done = subprocess.run(["git", "-C", repository, "show", target], capture_output=True, check=False)
    except OSError:
        return None
    return None if done.returncode else done.stdout


def parse(name: str, text: bytes) -> Document:
    """A contract from its bytes, YAML or JSON.

    Raises:
        UnreadableContract: It is none.
    """
    try:
        root: Any = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UnreadableContract(f"{name} is no YAML: {error}") from None
    if not isinstance(root, dict) or not isinstance(root.get("paths", root.get("webhooks")), dict):
        raise UnreadableContract(f"{name} is no OpenAPI document: it has no paths")
    if not str(root.get("openapi", "")).startswith("3.1"):
        raise UnreadableContract(f"{name} is not OpenAPI 3.1 but {root.get('openapi', 'of no version')}")
    return Document(name, root)
