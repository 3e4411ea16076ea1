"""Explain a schema of the contract to people: one row for each member, with its type in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from attrs import frozen

Json = Mapping[str, object]


@frozen
class Member:
    """One member of an object. `path` names it from the outermost object on."""

    path: str
    type: str
    required: bool
    description: str


class Schemas:
    """Reads the schemas of one contract."""

    def __init__(self, contract: Json) -> None:
        self._contract = contract

    def resolve(self, node: object) -> Json:
        """Follow a reference inside the contract."""
        found = as_object(node)
        while isinstance(reference := found.get("$ref"), str):
            target: object = self._contract
            for part in reference.removeprefix("#/").split("/"):
                target = as_object(target).get(part)
            found = as_object(target)
        return found

    def variants(self, node: object) -> list[tuple[str, Json]]:
        """The alternatives of a schema with their names, or the schema alone."""
        alternatives = as_list(self.resolve(node).get("oneOf"))
        return [(_name(option), self.resolve(option)) for option in alternatives] or [("", self.resolve(node))]

    def members(self, node: object, prefix: str = "") -> Iterator[Member]:
        """All members of an object and of the objects in it."""
        schema = self._content(node)
        required = as_list(schema.get("required"))
        for name, member in as_object(schema.get("properties")).items():
            path = f"{prefix}{name}"
            yield Member(path, self.type_of(member), name in required, self._description(member))
            yield from self.members(member, f"{path}.")

    def type_of(self, node: object) -> str:
        """A type in words, such as `integer or null`."""
        schema = self.resolve(node)
        if "const" in schema:
            return f"{schema.get('type', 'value')}, always {schema['const']}"
        for word in ("allOf", "anyOf", "oneOf"):
            if word in schema:
                return self._alternatives(as_list(schema[word])) + _default(schema)
        if "enum" in schema:
            return f"{schema.get('type', 'value')}: {', '.join(map(str, as_list(schema['enum'])))}"
        if schema.get("type") == "array":
            return f"array of {self.type_of(schema.get('items'))}"
        named = schema.get("type", "any value")
        return (" or ".join(map(str, as_list(named))) or str(named)) + _limits(schema) + _default(schema)

    def _alternatives(self, options: Sequence[object]) -> str:
        types = [self.type_of(option) for option in options]
        # "string: csv, json or string" is how an open list of words looks in a schema.
        if types[-1] == "string" and types[0].startswith("string: "):
            return f"{types[0]}, or another"
        return " or ".join(types)

    def _content(self, node: object) -> Json:
        """The object that a schema stands for, where null is the only other choice."""
        schema = self.resolve(node)
        options = [self.resolve(option) for option in as_list(schema.get("oneOf"))]
        objects = [option for option in options if "properties" in option]
        return objects[0] if len(objects) == 1 else schema

    def _description(self, node: object) -> str:
        own = as_object(node).get("description") or self.resolve(node).get("description")
        if not own:
            options = as_list(self.resolve(node).get("allOf"))
            own = self.resolve(options[0]).get("description") if options else ""
        return str(own or "")


def as_object(node: object) -> Json:
    """The node when it is an object, else an empty one."""
    return cast("Json", node) if isinstance(node, Mapping) else {}


def as_list(node: object) -> Sequence[object]:
    """The node when it is a list, else an empty one."""
    return cast("Sequence[object]", node) if isinstance(node, list) else []


def _name(node: object) -> str:
    return str(as_object(node).get("$ref", "")).rpartition("/")[2]


def _default(schema: Json) -> str:
    return f", default {schema['default']}" if "default" in schema else ""


def _limits(schema: Json) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    return f" of at least {low}" if low is not None else ""
