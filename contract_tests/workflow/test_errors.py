"""The tree of errors is the documented one, and every error tells what it knows, in other processes too."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
from typing import Any

import pytest

from profile_export import errors
from profile_export.errors import ExportError

CLASSES = [value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, ExportError)]
every_class = pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)


def documented_tree() -> dict[str, list[str]]:
    """Every class of the module's docstring and the names of its bases."""
    bases: dict[str, list[str]] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"    ((?:\|  |\+- |   )*)(\w+)(?: \((\w+)\))?(?:  |$)", line)
        if found:
            depth = len(found[1]) // 3
            above[depth:] = [found[2]]
            bases[found[2]] = [name for name in (above[depth - 1] if depth else "Exception", found[3]) if name]
    return bases


def made(kind: type[ExportError], **known: Any) -> ExportError:
    if issubclass(kind, errors.TaskFailed):
        return kind("It failed.", status="failed", errors=("a", {"b": [1]}), hints=("hint",), task_id="t")
    if issubclass(kind, errors.ApiError):
        known |= {"code": 440, "text": "no", "http_status": 200, "retry_after": 1.5}
    return kind("It failed.", hints=("hint",), operation="status", task_id="t", request_id="r", **known)


def test_the_tree_is_the_documented_one() -> None:
    assert documented_tree() == {kind.__name__: [base.__name__ for base in kind.__bases__] for kind in CLASSES}


def test_every_slug_is_unique_and_fit_for_a_heading() -> None:
    slugs = [kind.slug for kind in CLASSES]
    assert len(set(slugs)) == len(slugs)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", slug) for slug in slugs)
    assert all("slug" in vars(kind) for kind in CLASSES)


def test_exit_codes_are_the_documented_ones() -> None:
    codes = {kind.__name__: kind.exit_code for kind in CLASSES}
    assert codes["ExportError"] == 1
    assert {name for name, code in codes.items() if code == 2} == {"UsageError"}
    assert {name for name, code in codes.items() if code == 3} == {"AuthenticationError"}
    assert {name for name, code in codes.items() if code == 6} == {"WaitTimeout"}
    assert {name for name, code in codes.items() if code == 9} == {"ContractError", "UnknownTaskState"}
    assert all(codes[kind.__name__] == 7 for kind in CLASSES if issubclass(kind, errors.DownloadError))
    assert all(codes[kind.__name__] == 8 for kind in CLASSES if issubclass(kind, errors.TransportError))
    assert all(1 <= code <= 9 for code in codes.values())


@every_class
def test_an_error_survives_pickling_with_all_that_it_knows(kind: type[ExportError]) -> None:
    error = made(kind)
    error.add_context(continuation_token="{}")
    error.add_note("seen in a worker")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is kind
        assert vars(again) == vars(error)
        assert (str(again), again.args) == (str(error), error.args)
        assert (again.slug, again.exit_code) == (kind.slug, kind.exit_code)


@every_class
def test_an_error_says_its_sentence_and_no_more(kind: type[ExportError]) -> None:
    assert str(made(kind)) == "It failed."
    assert kind.__doc__
    assert made(kind).hints == ("hint",)


@every_class
def test_the_place_of_the_failure_knows_better(kind: type[ExportError]) -> None:
    error = made(kind)
    error.add_context(operation="create", task_id="other", continuation_token="new", request_id="other")
    assert error.operation == "status"
    assert error.task_id == "t"
    assert error.continuation_token == "new"


def test_context_fills_in_what_is_missing() -> None:
    error = errors.ConnectFailed("no route")
    error.add_context(operation="create", task_id="t", request_id="r")
    assert (error.operation, error.task_id, error.request_id) == ("create", "t", "r")


def test_usual_handlers_catch_them() -> None:
    assert issubclass(errors.UsageError, ValueError)
    assert issubclass(errors.WaitTimeout, TimeoutError)
    assert issubclass(errors.RequestTimeout, TimeoutError)
    assert issubclass(errors.DownloadError, OSError)


def test_whether_a_request_went_out() -> None:
    sent = {kind.__name__: kind.sent for kind in CLASSES if issubclass(kind, errors.TransportError)}
    assert sent == {
        "TransportError": "maybe",
        "CertificateRefused": "no",
        "ConnectFailed": "no",
        "RequestTimeout": "maybe",
        "ResponseLost": "maybe",
    }
