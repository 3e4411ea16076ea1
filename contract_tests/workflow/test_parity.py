"""The blocking and the asynchronous client are the same, but for `await`."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable
from typing import Any

import attrs
import pytest

from profile_export import (
    AsyncCompletedExport,
    AsyncExportClient,
    AsyncExportTask,
    CompletedExport,
    ExportClient,
    ExportTask,
)

PAIRS: list[tuple[type[Any], type[Any]]] = [
    (ExportClient, AsyncExportClient),
    (ExportTask, AsyncExportTask),
    (CompletedExport, AsyncCompletedExport),
]
RENAMED = {"close": "aclose", "__enter__": "__aenter__", "__exit__": "__aexit__"}
AT_ONCE = {
    "__init__",
    "__repr__",
    "task",
    "resume",
    "continuation_token",
    "watch",
    "export_many",
}  # nothing is waited for
every_pair = pytest.mark.parametrize(("blocking", "awaited"), PAIRS, ids=lambda kind: kind.__name__)


def own_names(kind: type[Any]) -> set[str]:
    special = {name for name in (*RENAMED, *RENAMED.values(), "__init__") if name in vars(kind)}
    return {name for name in dir(kind) if not name.startswith("_")} | special


def plain(annotation: object) -> str:
    return str(annotation).replace("AsyncDriver", "SyncDriver").replace("Async", "")


def pairs_of_members(blocking: type[Any], awaited: type[Any]) -> list[tuple[str, Any, Any]]:
    return [
        (name, inspect.getattr_static(blocking, name), inspect.getattr_static(awaited, RENAMED.get(name, name)))
        for name in sorted(own_names(blocking))
    ]


@every_pair
def test_the_names_are_the_same(blocking: type[Any], awaited: type[Any]) -> None:
    assert {RENAMED.get(name, name) for name in own_names(blocking)} == own_names(awaited)


@every_pair
def test_parameters_defaults_and_types_are_the_same(blocking: type[Any], awaited: type[Any]) -> None:
    for name, left, right in pairs_of_members(blocking, awaited):
        assert type(left) is type(right), name
        if isinstance(left, property):
            left, right = left.fget, right.fget  # noqa: PLW2901 - the same thing, unwrapped
        if not inspect.isfunction(left):
            continue
        ours, theirs = inspect.signature(left), inspect.signature(right)
        assert list(ours.parameters) == list(theirs.parameters), name
        for parameter, twin in zip(ours.parameters.values(), theirs.parameters.values(), strict=True):
            assert (parameter.kind, parameter.default) == (twin.kind, twin.default), name
            assert plain(parameter.annotation) == plain(twin.annotation), name
        assert plain(ours.return_annotation) == plain(theirs.return_annotation), name


@every_pair
def test_the_fields_are_the_same(blocking: type[Any], awaited: type[Any]) -> None:
    if not attrs.has(blocking):
        return

    def described(kind: type[Any]) -> list[tuple[Any, ...]]:
        return [
            (field.name, plain(field.type), field.default, bool(field.repr), bool(field.eq), field.kw_only)
            for field in attrs.fields(kind)
        ]

    assert described(blocking) == described(awaited)


@every_pair
def test_what_waits_is_awaited(blocking: type[Any], awaited: type[Any]) -> None:
    for name, left, right in pairs_of_members(blocking, awaited):
        if inspect.isfunction(left):
            assert not inspect.iscoroutinefunction(left)
            assert inspect.iscoroutinefunction(right) is (name not in AT_ONCE), name


@every_pair
def test_everything_is_described(blocking: type[Any], awaited: type[Any]) -> None:
    for kind in (blocking, awaited):
        assert kind.__doc__
        for name in own_names(kind):
            if not name.startswith("__") and name not in getattr(kind, "__annotations__", {}):
                assert inspect.getdoc(getattr(kind, name)), f"{kind.__name__}.{name}"


@every_pair
def test_the_descriptions_are_the_same_but_for_names(blocking: type[Any], awaited: type[Any]) -> None:
    for name, left, right in pairs_of_members(blocking, awaited):
        if name.startswith("__") or not callable(left):
            continue
        raised, twins = (set(described_errors(member)) for member in (left, right))
        assert raised == twins, name


def described_errors(member: Callable[..., Any]) -> list[str]:
    _, _, section = (inspect.getdoc(member) or "").partition("Raises:")
    return [line.partition(":")[0].strip() for line in section.splitlines() if line.startswith("    ")]


def test_a_watch_is_a_stream_in_both() -> None:
    assert "Iterator" in str(inspect.signature(ExportClient.watch).return_annotation)
    assert AsyncIterator.__name__ in str(inspect.signature(AsyncExportClient.watch).return_annotation)


def test_many_exports_are_a_stream_in_both() -> None:
    """Both are generators, so that both can be closed."""
    assert str(inspect.signature(ExportClient.export_many).return_annotation) == "Generator[ExportOutcome]"
    assert str(inspect.signature(AsyncExportClient.export_many).return_annotation) == "AsyncGenerator[ExportOutcome]"
    for name, parameter in inspect.signature(ExportClient.export).parameters.items():
        if name not in {"self", "source"}:
            assert inspect.signature(ExportClient.export_many).parameters[name] == parameter


def test_options_are_keyword_only() -> None:
    for kind in (ExportClient, AsyncExportClient):
        for method in (
            kind,
            kind.create_export,
            kind.export,
            kind.export_many,
            kind.wait,
            kind.watch,
            kind.download,
            kind.task,
        ):
            positional = [
                parameter.name
                for parameter in inspect.signature(method).parameters.values()
                if parameter.kind is not inspect.Parameter.KEYWORD_ONLY and parameter.name != "self"
            ]
            assert positional in ([], ["base_url"], ["source"], ["sources"], ["task_id"], ["task_id", "to"]), method
