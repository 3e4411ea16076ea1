"""Gives classes of attrs the `__init__` that attrs writes for them, so that griffe can compare it.

griffe reads the source without running it, and knows dataclasses only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import griffe

CLASS_MAKERS = frozenset(
    f"{package}.{name}" for package in ("attr", "attrs") for name in ("define", "frozen", "mutable", "s", "attrs")
)
FIELD_MAKERS = frozenset({"attr.field", "attrs.field", "attr.ib", "attr.attrib"})
REQUIRED = None


class AttrsClasses(griffe.Extension):
    """The extension that griffe calls for every package it has read."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Adds `__init__` to all classes of the package that attrs makes."""
        for class_ in _classes(pkg):
            if _maker(class_) is not None and "__init__" not in class_.members:
                class_.set_member("__init__", _init(class_))


def _classes(scope: griffe.Module | griffe.Class) -> list[griffe.Class]:
    found = []
    for member in scope.members.values():
        if isinstance(member, griffe.Class):
            found.append(member)
        if isinstance(member, griffe.Module | griffe.Class):
            found += _classes(member)
    return found


def _maker(class_: griffe.Class) -> Mapping[str, str] | None:
    """The arguments of the decorator that makes the class, or None where attrs doesn't make it."""
    for decorator in class_.decorators:
        value = decorator.value
        if isinstance(value, griffe.Expr) and value.canonical_path in CLASS_MAKERS:
            return _arguments(value)
    return None


def _arguments(value: griffe.Expr) -> Mapping[str, str]:
    if not isinstance(value, griffe.ExprCall):
        return {}
    named = [argument for argument in value.arguments if isinstance(argument, griffe.ExprKeyword)]
    return {argument.name: str(argument.value) for argument in named}


def _init(class_: griffe.Class) -> griffe.Function:
    parameters = {"self": griffe.Parameter("self", kind=griffe.ParameterKind.positional_or_keyword)}
    for owner in (*reversed(class_.mro()), class_):
        made = _maker(owner)
        if made is not None:
            keyword_only = made.get("kw_only") == "True"
            parameters.update({found.name: found for found in _fields(owner, keyword_only=keyword_only)})
    return griffe.Function(
        "__init__", lineno=class_.lineno, endlineno=class_.endlineno, parent=class_,
        parameters=griffe.Parameters(*parameters.values()), returns="None",
    )  # fmt: skip


def _fields(class_: griffe.Class, *, keyword_only: bool) -> list[griffe.Parameter]:
    found = []
    for member in class_.members.values():
        if not isinstance(member, griffe.Attribute) or member.annotation is None or "property" in member.labels:
            continue
        if str(member.annotation).startswith(("ClassVar", "typing.ClassVar")):
            continue
        settings = _field(member.value)
        if settings.get("init") == "False":
            continue
        kind = griffe.ParameterKind.keyword_only if keyword_only or settings.get("kw_only") == "True" else None
        found.append(
            griffe.Parameter(
                settings.get("alias", member.name.lstrip("_")).strip("'\""),
                annotation=member.annotation,
                kind=kind or griffe.ParameterKind.positional_or_keyword,
                default=settings.get("default", settings.get("factory", REQUIRED)),
            )
        )
    return found


def _field(value: Any) -> Mapping[str, str]:
    """The settings of a field, with its default among them."""
    if isinstance(value, griffe.ExprCall) and value.canonical_path in FIELD_MAKERS:
        return _arguments(value)
    return {} if value is None else {"default": str(value)}
