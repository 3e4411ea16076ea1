"""A record of the journal: what it says survives writing and reading, and what doesn't fit is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profile_export import _records
from profile_export._records import RECOGNISED, Record
from profile_export.errors import JournalError
from profile_export.types import Database, DownloadedExport, DownloadedFile, Segment

FILE = DownloadedFile(Path("/exports/1_database_export.csv"), 77, 3, "0" * 64, 40)
RESULT = DownloadedExport("task_1", (FILE,), 3, 3, ("odd row",))
DRAFT = Record(
    origin="https://panel.example.com",
    source=Database(1),
    file_format="csv",
    where={"occupation": "doctor"},
    directory=Path("/exports"),
    overwrite=False,
    request_id="request-1",
    created_at=1000.5,
)
STAGES = [
    DRAFT,
    attrs.evolve(DRAFT, stage="created", task_id="task_1"),
    attrs.evolve(DRAFT, stage="created", task_id="task_1", task_created_at=1030.5),
    attrs.evolve(DRAFT, stage="verified", task_id="task_1", result=RESULT),
    attrs.evolve(DRAFT, stage="done", task_id="task_1", result=RESULT, number=12),
    attrs.evolve(DRAFT, stage="failed", task_id="task_1", problem="task-failed: it failed"),
    attrs.evolve(DRAFT, stage="failed", problem="task-failed: it failed", source=Segment(7), where=None),
    attrs.evolve(DRAFT, overwrite=True, call_began=990.5),
]


@pytest.mark.parametrize("record", STAGES, ids=lambda record: record.stage)
def test_what_is_written_is_read(record: Record) -> None:
    assert _records.read(_records.write(record), "here") == record


texts = st.text(st.characters(exclude_categories=["Cs"]))
filters = st.none() | st.dictionaries(texts, texts | st.integers() | st.lists(texts, max_size=2), max_size=3)


@given(st.builds(Database, st.integers(0, 10**9)), texts, filters, texts, texts)
def test_whatever_was_asked_for_is_read_again(
    source: Database, file_format: str, where: dict[str, Any] | None, request_id: str, problem: str
) -> None:
    record = Record("https://a.example", source, file_format, where, Path("/x"), True, request_id, problem=problem)
    read = _records.read(_records.write(record), "here")
    assert read == record
    assert read.id == record.id


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"{}", b"\xff", b'{"other": 1}', b"[" * 100_000])
def test_what_is_no_record_is_refused(content: bytes) -> None:
    with pytest.raises(JournalError, match="here is no record of an export") as caught:
        _records.read(content, "here")
    assert caught.value.hints


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_an_unknown_version_is_refused(version: object) -> None:
    members = {**json.loads(_records.write(DRAFT)), "profile_export_record": version}
    with pytest.raises(JournalError, match="of version"):
        _records.read(json.dumps(members).encode(), "here")


DAMAGES: list[dict[str, Any]] = [
    {"stage": "sent"},
    {"stage": "created"},
    {"stage": "done", "task_id": "task_1"},
    {"source": "table:1"},
    {"source": 1},
    {"origin": None},
    {"where": []},
    {"overwrite": 1},
    {"created_at": "today"},
    {"created_at": float("nan")},
    {"created_at": float("inf")},
    {"created_at": 1e300},
    {"created_at": -1e15},
    {"created_at": True},
    {"call_began": None},
    {"call_began": -1},
    {"task_created_at": None},
    {"task_created_at": "today"},
    {"number": 1.5},
    {"task_id": 7},
    {"result": {}},
    {"result": {"files": [{}]}},
    {"problem": ...},
]


@pytest.mark.parametrize("damage", DAMAGES, ids=str)
def test_a_damaged_record_is_refused(damage: dict[str, Any]) -> None:
    members = {**json.loads(_records.write(DRAFT)), **damage}
    members = {name: value for name, value in members.items() if value is not ...}
    with pytest.raises(JournalError, match="here is a damaged record"):
        _records.read(json.dumps(members).encode(), "here")


def test_what_a_later_version_adds_is_passed_over() -> None:
    members = {**json.loads(_records.write(DRAFT)), "extra": 1}
    assert _records.read(json.dumps(members).encode(), "here") == DRAFT


@pytest.mark.parametrize(
    "other",
    [
        {"origin": "https://other.example.com"},
        {"source": Segment(1)},
        {"source": Database(2)},
        {"file_format": "json"},
        {"where": None},
        {"where": {"occupation": "nurse"}},
        {"directory": Path("/other")},
    ],
    ids=str,
)
def test_what_makes_another_export(other: dict[str, Any]) -> None:
    assert attrs.evolve(DRAFT, **other).key != DRAFT.key


@pytest.mark.parametrize("same", [{"overwrite": True}, {"request_id": "request-2"}, {"created_at": 5.0}], ids=str)
def test_what_does_not(same: dict[str, Any]) -> None:
    assert attrs.evolve(DRAFT, **same).key == DRAFT.key


def test_the_order_of_a_filter_means_nothing() -> None:
    one, two = {"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3, "c": 2}, "a": 1}
    assert attrs.evolve(DRAFT, where=one).key == attrs.evolve(DRAFT, where=two).key


def test_only_what_is_over_is_not_pending() -> None:
    assert [record.stage for record in STAGES if not record.pending] == ["done", "failed", "failed"]


def test_earlier_versions_read_what_they_know() -> None:
    assert json.loads(_records.write(DRAFT)).keys().isdisjoint(_records.OPTIONAL)


@pytest.mark.parametrize(("call_began", "began"), [(None, DRAFT.created_at), (990.5, 990.5)])
def test_an_export_begins_with_the_call_that_it_is_part_of(call_began: float | None, began: float) -> None:
    assert attrs.evolve(DRAFT, call_began=call_began).began == began


@pytest.mark.parametrize(
    ("passed", "recognised"), [(0, True), (RECOGNISED - 1, True), (RECOGNISED, False), (-1, True), (-RECOGNISED, False)]
)
def test_a_request_id_is_recognised_for_a_day(passed: float, recognised: bool) -> None:
    assert DRAFT.recognised(DRAFT.created_at + passed) is recognised
