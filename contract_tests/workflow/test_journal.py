"""The journal on a real disk: one record for each export, whole or not there; of two writers one finds the other's."""

from __future__ import annotations

import errno
import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import attrs
import pytest

from contract_tests.workflow.test_records import DRAFT, RESULT
from profile_export import _records, _temporaries, forget_export, pending_exports
from profile_export._effects import ForgetRecord
from profile_export._file_work import with_files
from profile_export._journal import Journal
from profile_export._parts import PartFiles
from profile_export._records import RECOGNISED
from profile_export.errors import JournalError, NoSpace, UsageError
from profile_export.types import Segment

OTHER = attrs.evolve(DRAFT, source=Segment(7))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "deep" / "journal")


def names(journal: Journal) -> list[str]:
    return sorted(path.name for path in journal.path.iterdir())


def test_the_first_record_makes_the_folder_for_its_owner_only(journal: Journal) -> None:
    before = time.time()
    record = journal.open(DRAFT)
    assert before <= record.created_at <= time.time()
    assert record == attrs.evolve(DRAFT, number=1, created_at=record.created_at)
    assert names(journal) == [f"{record.id}.json"]
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o700
    assert stat.S_IMODE((journal.path / f"{record.id}.json").stat().st_mode) == 0o600


def test_an_equal_export_finds_the_unfinished_one(journal: Journal) -> None:
    first = journal.open(DRAFT)
    assert journal.open(attrs.evolve(DRAFT, request_id="request-2", overwrite=True)) == first
    journal.save(attrs.evolve(first, stage="created", task_id="task_1"))
    assert journal.open(DRAFT).task_id == "task_1"
    assert journal.open(OTHER).id != first.id


@pytest.mark.parametrize("change", [{"stage": "done", "task_id": "t", "result": RESULT}, {"stage": "failed"}], ids=str)
def test_what_is_over_is_not_gone_on_with(journal: Journal, change: dict[str, Any]) -> None:
    first = journal.open(DRAFT)
    journal.save(attrs.evolve(first, **change))
    second = journal.open(attrs.evolve(DRAFT, request_id="request-2"))
    assert (second.number, second.request_id) == (2, "request-2")
    assert names(journal) == [f"{second.id}.json"], "what is over of equal exports goes"


@pytest.mark.parametrize("passed", [RECOGNISED + 1, -RECOGNISED - 1])
def test_what_is_a_day_away_is_left_alone(journal: Journal, passed: float, monkeypatch: pytest.MonkeyPatch) -> None:
    first = journal.open(DRAFT)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + passed)
    second = journal.open(DRAFT)
    assert second.number == 2
    assert {record.id for record in journal.pending()} == {first.id, second.id}


def test_a_clock_that_was_set_back_makes_no_second_export(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    first = journal.open(DRAFT)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 3600)
    assert journal.open(attrs.evolve(DRAFT, request_id="request-2")) == first


def test_only_what_never_began_is_forgotten(journal: Journal) -> None:
    created = attrs.evolve(journal.open(DRAFT), stage="created", task_id="task_1")
    journal.save(created)
    with_files(ForgetRecord(created.id), PartFiles(), journal)
    assert journal.get(created.id) == created, "another process had made the task meanwhile"
    forget_export(journal.path, created.id)
    assert journal.pending() == (), "who says so by name means it"


@pytest.mark.parametrize("late", ["intent", "created", "verified", "failed"])
def test_who_is_behind_takes_nothing_back(journal: Journal, late: Any) -> None:
    record = attrs.evolve(journal.open(DRAFT), task_id="task_1", result=RESULT)
    done = attrs.evolve(record, stage="done")
    journal.save(done)
    journal.save(attrs.evolve(record, stage=late))
    assert journal.get(record.id) == done


def test_who_falls_behind_while_it_writes_takes_nothing_back(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    record = attrs.evolve(journal.open(DRAFT), task_id="task_1", result=RESULT)
    done = attrs.evolve(record, stage="done")
    real_sync = os.fsync

    def sync(descriptor: int) -> None:
        monkeypatch.setattr(os, "fsync", real_sync)
        journal.save(done)
        real_sync(descriptor)

    monkeypatch.setattr(os, "fsync", sync)
    journal.save(attrs.evolve(record, stage="created"))
    assert journal.get(record.id) == done


@pytest.mark.parametrize("late", ["created", "verified", "failed", "done"])
def test_what_is_over_and_gone_does_not_come_back(journal: Journal, late: Any) -> None:
    record = attrs.evolve(journal.open(DRAFT), task_id="task_1", result=RESULT)
    journal.save(attrs.evolve(record, stage="done"))
    second = journal.open(attrs.evolve(DRAFT, request_id="request-2"))
    journal.save(attrs.evolve(record, stage=late))
    assert names(journal) == [f"{second.id}.json"]
    assert journal.pending() == (second,)


@pytest.mark.parametrize("late", ["created", "done"])
def test_a_number_that_was_forgotten_is_another_exports(journal: Journal, late: Any) -> None:
    record = attrs.evolve(journal.open(DRAFT), task_id="task_1", result=RESULT)
    forget_export(journal.path, record.id)
    other = journal.open(attrs.evolve(DRAFT, request_id="request-2"))
    assert other.id == record.id
    journal.save(attrs.evolve(record, stage=late))
    assert journal.get(record.id) == other


def test_of_many_that_begin_at_once_one_writes_and_all_find_it(journal: Journal) -> None:
    drafts = [attrs.evolve(DRAFT, request_id=f"request-{number}") for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        records = list(pool.map(journal.open, drafts))
    assert len({record.request_id for record in records}) == 1
    assert len(names(journal)) == 1


def test_the_same_without_hard_links(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OSError(errno.EPERM, "no links")

    monkeypatch.setattr(Path, "hardlink_to", fail)
    first = journal.open(DRAFT)
    assert journal.open(DRAFT) == first
    journal.save(attrs.evolve(first, stage="failed"))
    assert journal.open(DRAFT).number == 2


def test_a_record_whose_writer_died_before_its_first_byte_is_passed_over(journal: Journal) -> None:
    first = journal.open(DRAFT)
    (journal.path / f"{first.id}.json").write_bytes(b"")
    assert journal.pending() == ()
    assert journal.open(DRAFT).number == 2


def test_pending_ones_are_listed_oldest_first(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    newer = journal.open(DRAFT)
    monkeypatch.setattr(time, "time", lambda: now - 50)
    older = journal.open(OTHER)
    done = journal.open(attrs.evolve(DRAFT, file_format="json"))
    journal.save(attrs.evolve(done, stage="failed"))
    (journal.path / "notes.txt").write_text("not ours")
    assert [record.id for record in journal.pending()] == [older.id, newer.id]


def test_a_folder_that_is_not_there_has_nothing_pending(journal: Journal) -> None:
    assert journal.pending() == ()
    assert not journal.path.exists()


def test_reading_and_forgetting_by_id(journal: Journal) -> None:
    record = journal.open(DRAFT)
    assert journal.get(record.id) == record
    journal.forget(record.id)
    for act in (journal.get, journal.forget):
        with pytest.raises(JournalError, match="has no record"):
            act(record.id)


@pytest.mark.parametrize("name", ["../secret", "x", "", "0123456789abcdef-0", "0123456789abcdef-1/../x", "a\0b"])
def test_an_id_is_no_path(journal: Journal, name: str) -> None:
    journal.open(DRAFT)
    with pytest.raises(JournalError, match="has no record"):
        journal.get(name)


def test_a_record_under_another_name_is_refused(journal: Journal) -> None:
    record = journal.open(DRAFT)
    other = attrs.evolve(record, number=5)
    (journal.path / f"{other.id}.json").write_bytes(_records.write(record))
    with pytest.raises(JournalError, match="another export"):
        journal.get(other.id)


def test_a_damaged_record_is_named_with_its_file(journal: Journal) -> None:
    record = journal.open(DRAFT)
    path = journal.path / f"{record.id}.json"
    path.write_bytes(b"{")
    with pytest.raises(JournalError) as caught:
        journal.pending()
    assert str(path) in str(caught.value)


def test_a_journal_that_is_a_file_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("precious")
    with pytest.raises(JournalError, match="is a file, not a folder"):
        Journal(tmp_path / "taken").open(DRAFT)
    with pytest.raises(JournalError):
        Journal(tmp_path / "taken" / "below").open(DRAFT)


@pytest.mark.parametrize(("number", "kind"), [(errno.ENOSPC, NoSpace), (errno.EROFS, JournalError)])
def test_what_the_disk_refuses_leaves_the_record_as_it_was(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[Exception]
) -> None:
    record = journal.open(DRAFT)

    def fail(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fail)
        with pytest.raises(kind) as caught:
            journal.save(attrs.evolve(record, stage="failed"))
    assert str(journal.path) in str(caught.value)
    assert journal.get(record.id) == record
    assert names(journal) == [f"{record.id}.json"]


def test_a_record_is_durable_before_it_has_its_name(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    real_sync, real_rename = os.fsync, Path.replace

    def sync(descriptor: int) -> None:
        done.append("sync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync file")
        real_sync(descriptor)

    def rename(self: Path, target: Path) -> Path:
        done.append("name")
        return real_rename(self, target)

    record = journal.open(DRAFT)
    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", rename)
    journal.save(record)
    assert done == ["sync file", "name", "sync folder"]
    assert not [name for name in names(journal) if name.startswith(_temporaries.PREFIX)]


def test_from_outside_without_a_client(journal: Journal) -> None:
    record = journal.open(DRAFT)
    [export] = pending_exports(str(journal.path))
    assert (export.id, export.panel, export.source, export.stage) == (record.id, DRAFT.origin, DRAFT.source, "intent")
    assert (export.to, export.where, export.file_format, export.task_id) == (DRAFT.directory, DRAFT.where, "csv", None)
    assert abs(export.created_at.timestamp() - record.created_at) < 1
    forget_export(journal.path, export.id)
    assert pending_exports(journal.path) == ()


@pytest.mark.parametrize("folder", ["", None, 7, "a\0b"])
def test_a_journal_is_a_folder(folder: Any) -> None:
    with pytest.raises(UsageError, match="journal"):
        pending_exports(folder)
