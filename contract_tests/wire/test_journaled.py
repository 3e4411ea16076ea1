"""A client with a journal: what is on the disk when, and how the next run goes on, blocking and asynchronous."""

from __future__ import annotations

import errno
import itertools
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.wire.dialogue import (
    FILE,
    LINK,
    ONCE,
    TASK,
    TOKEN,
    Mode,
    Panel,
    completed,
    created,
    file_answer,
    refused,
    running,
)
from profile_export import (
    AuthenticationError,
    ConnectFailed,
    CreateOutcomeUnknown,
    Database,
    DownloadedExport,
    Event,
    ExportOutcome,
    InvalidRequest,
    JournalError,
    NoSpace,
    PollPolicy,
    RetryPolicy,
    Segment,
    TargetExists,
    TaskAttached,
    TaskCreated,
    TaskFailed,
    TaskNotFound,
    UsageError,
    WaitTimeout,
    _files,
    forget_export,
    pending_exports,
)

SECOND = "task_second"
DAY = 86_400


class Book:
    """A client's journal, and the runs that use it."""

    def __init__(self, mode: Mode, folder: Path) -> None:
        self.mode = mode
        self.folder = folder
        self.journal = folder / "journal"

    def run(self, *steps: Callable[[Any], Any], **options: Any) -> Any:
        # A task that is not found is lost here, as new as it may be.
        poll = PollPolicy(min_delay=0, not_found_grace=0)
        return self.mode.speak(*steps, **{"journal": self.journal, "retry": ONCE, "poll": poll, **options})

    def export(self, *, to: str = "exports", timeout: float = 60, overwrite: bool = False, **options: Any) -> Any:
        place = self.folder / to
        return self.run(
            lambda client: client.export(Database(1), to=place, timeout=timeout, overwrite=overwrite), **options
        )

    def resume(self, *ids: str, **options: Any) -> list[ExportOutcome]:
        outcomes: list[ExportOutcome] = self.run(lambda client: client.resume_all(ids=ids or None), **options)
        return outcomes

    @property
    def stages(self) -> list[str]:
        return [json.loads(path.read_bytes())["stage"] for path in sorted(self.journal.glob("*.json"))]

    @property
    def ids(self) -> list[str]:
        return [path.stem for path in sorted(self.journal.glob("*.json"))]


@pytest.fixture
def book(style_mode: Mode, tmp_path: Path) -> Book:
    return Book(style_mode, tmp_path)


def ids_sent(panel: Panel) -> list[str]:
    return [request.headers["Request-ID"] for request in panel.requests if "Request-ID" in request.headers]


def check(result: DownloadedExport) -> None:
    assert [file.path.read_bytes() for file in result.files] == [FILE]
    assert result.rows == 2


def test_every_step_is_on_the_disk_before_the_next_one_begins(panel: Panel, book: Book) -> None:
    seen: list[str] = []

    def noting(answer: Any) -> Callable[[httpx.Request], httpx.Response]:
        def reply(_: httpx.Request) -> httpx.Response:
            seen.extend(book.stages)
            return book.mode.answer(answer) if isinstance(answer, dict) else file_answer()

        return reply

    panel.create(noting(created()))
    panel.status(noting(completed()))
    panel.file(noting(None))
    check(book.export())
    assert seen == ["intent", "created", "created"]
    assert book.stages == ["done"]
    assert pending_exports(book.journal) == ()


GARBLED: dict[str, Any] = {
    "half of it": httpx.Response(200, headers={"Content-Type": "application/json"}, text='{"error": 0, "data"'),
    "no task id": {"data": {}, "error": 0, "error_text": "Successful operation"},
}


@pytest.mark.parametrize("answer", GARBLED.values(), ids=GARBLED)
def test_a_create_whose_answer_is_garbled_is_not_made_twice(panel: Panel, book: Book, answer: Any) -> None:
    """The panel says that it succeeded: the next run asks again as the same request, by which the panel knows it."""
    panel.create(answer, created())
    panel.status()
    panel.file()
    with pytest.raises(CreateOutcomeUnknown):
        book.export()
    assert book.stages == ["intent"]
    check(book.export())
    assert len(set(ids_sent(panel))) == 1


def test_who_hears_of_a_task_finds_it_in_the_journal(panel: Panel, book: Book) -> None:
    """So that a Ctrl-C right after the message leaves something to go on with, not a doubt."""
    seen: list[str] = []

    def sink(event: Event) -> None:
        if isinstance(event, TaskCreated):
            seen.extend(book.stages)

    panel.create(created())
    panel.status()
    panel.file()
    check(book.export(on_event=sink))
    assert seen == ["created"]


def test_what_provably_never_began_leaves_no_record(panel: Panel, book: Book) -> None:
    for answer, kind in (
        (refused(400, "no such source"), InvalidRequest),
        (refused(401, "token"), AuthenticationError),
        (httpx.ConnectError("down"), ConnectFailed),
    ):
        panel.router.reset()
        panel.create(answer)
        with pytest.raises(kind):
            book.export()
        assert book.stages == []


def test_a_create_in_doubt_is_finished_under_its_first_request_id(panel: Panel, book: Book) -> None:
    panel.create(httpx.ReadError("reset"), created())
    panel.status()
    panel.file()
    with pytest.raises(CreateOutcomeUnknown):
        book.export()
    [pending] = book.run(lambda client: client.pending())
    assert (pending.stage, pending.task_id, pending.source) == ("intent", None, Database(1))
    [outcome] = book.resume()
    check(outcome.unwrap())
    first, second = ids_sent(panel)
    assert first == second
    assert book.stages == ["done"]


def test_and_the_same_by_a_second_equal_export(panel: Panel, book: Book) -> None:
    panel.create(httpx.ReadError("reset"), created())
    panel.status()
    panel.file()
    with pytest.raises(CreateOutcomeUnknown):
        book.export()
    check(book.export())
    assert len(set(ids_sent(panel))) == 1


@pytest.mark.parametrize("way", ["resume", "export"])
def test_or_only_reported_where_the_panel_is_not_trusted(panel: Panel, book: Book, way: str) -> None:
    never = RetryPolicy(attempts=1, create="never")
    panel.create(httpx.ReadError("reset"), created())
    with pytest.raises(CreateOutcomeUnknown):
        book.export(retry=never)
    if way == "resume":
        [outcome] = book.resume(retry=never)
        assert isinstance(outcome.error, CreateOutcomeUnknown)
    else:
        with pytest.raises(CreateOutcomeUnknown):
            book.export(retry=never)
    assert len(ids_sent(panel)) == 1
    assert book.stages == ["intent"]


def test_a_refusal_of_the_second_question_says_nothing_of_the_first(panel: Panel, book: Book) -> None:
    panel.create(httpx.ReadError("reset"), httpx.ConnectError("down"), refused(401, "token"), created())
    panel.status()
    panel.file()
    with pytest.raises(CreateOutcomeUnknown):
        book.export()
    for kind in (ConnectFailed, AuthenticationError):
        [outcome] = book.resume()
        assert isinstance(outcome.error, kind)
        assert book.stages == ["intent"]
    check(book.resume()[0].unwrap())


def test_after_a_day_nobody_is_asked(panel: Panel, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    panel.create(httpx.ReadError("reset"))
    with pytest.raises(CreateOutcomeUnknown):
        book.export()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + DAY + 1)
    [outcome] = book.resume()
    assert isinstance(outcome.error, CreateOutcomeUnknown)
    assert outcome.error.request_id == ids_sent(panel)[0]
    assert len(panel.requests) == 1


def test_a_task_that_takes_too_long_is_gone_on_with(panel: Panel, book: Book) -> None:
    panel.create()
    panel.status(running(), completed())
    panel.file()
    events: list[Event] = []
    with pytest.raises(WaitTimeout):
        book.export(timeout=0)
    assert book.stages == ["created"]
    check(book.export(on_event=events.append))
    assert len(ids_sent(panel)) == 1
    assert [event.task_id for event in events if isinstance(event, TaskAttached)] == [TASK]


def test_a_day_later_an_equal_export_is_another_one(panel: Panel, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    panel.create(created(), created(SECOND))
    panel.status(running(), completed())
    panel.file()
    with pytest.raises(WaitTimeout):
        book.export(timeout=0)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + DAY + 1)
    check(book.export())
    assert len(set(ids_sent(panel))) == 2
    assert [export.task_id for export in pending_exports(book.journal)] == [TASK]


@pytest.mark.parametrize("way", ["not found", "links gone"])
def test_an_earlier_task_that_is_of_no_use_any_more_is_replaced(panel: Panel, book: Book, way: str) -> None:
    panel.create(created(), created(SECOND))
    if way == "not found":
        panel.status(running(), refused(404, "task not found"), completed())
        panel.file()
    else:
        panel.status(running(), completed())
        panel.file(httpx.Response(410), httpx.Response(410), file_answer())
    with pytest.raises(WaitTimeout):
        book.export(timeout=0)
    result = book.export()
    check(result)
    assert result.task_id == SECOND
    assert len(set(ids_sent(panel))) == 2
    assert book.stages == ["done"]


def test_but_a_new_task_that_is_lost_is_an_error(panel: Panel, book: Book) -> None:
    panel.create()
    panel.status(completed())
    panel.file(httpx.Response(410))
    with pytest.raises(Exception, match="no longer has the file"):
        book.export()
    assert len(ids_sent(panel)) == 1
    assert book.stages == ["failed"]


def test_a_failed_task_is_over_and_the_next_export_begins_anew(panel: Panel, book: Book) -> None:
    panel.create(created(), created(SECOND))
    failed = running(50, status="failed")
    panel.status(failed, completed())
    panel.file()
    with pytest.raises(TaskFailed):
        book.export()
    assert book.stages == ["failed"]
    assert book.resume() == []
    [outcome] = book.resume(*book.ids)
    assert isinstance(outcome.error, JournalError)
    assert "task-failed" in str(outcome.error)
    check(book.export())
    assert len(set(ids_sent(panel))) == 2


def test_resuming_what_the_panel_forgot_says_so_and_ends_it(panel: Panel, book: Book) -> None:
    panel.create()
    panel.status(running(), refused(404, "task not found"))
    with pytest.raises(WaitTimeout):
        book.export(timeout=0)
    [outcome] = book.resume()
    assert isinstance(outcome.error, TaskNotFound)
    assert book.stages == ["failed"]


def test_what_is_done_stays_done(panel: Panel, book: Book) -> None:
    panel.whole()
    result = book.export()
    before = len(panel.requests)
    [again] = book.resume(*book.ids)
    assert again == ExportOutcome(Database(1), result)
    assert book.resume() == []
    assert len(panel.requests) == before


def test_a_taken_name_is_not_the_end_of_it(panel: Panel, book: Book) -> None:
    panel.whole()
    check(book.export())
    panel.router.reset()
    panel.whole()
    with pytest.raises(TargetExists):
        book.export()
    assert book.stages[-1] == "created"
    [outcome] = book.resume()
    assert isinstance(outcome.error, TargetExists)
    check(book.export(overwrite=True))
    assert len(set(ids_sent(panel))) == 1, "the second export was attached to"


def test_two_processes_with_one_record_end_with_one_result(panel: Panel, book: Book) -> None:
    """The other one publishes first, and says in the record that it is done."""
    panel.create()
    panel.status()

    def meanwhile(_: httpx.Request) -> httpx.Response:
        # Not in this thread, where an event loop may run.
        with ThreadPoolExecutor(1) as pool:
            check(pool.submit(Book(Mode(), book.folder).export).result())
        return file_answer()

    panel.file(meanwhile, file_answer())
    check(book.export())
    assert len(set(ids_sent(panel))) == 1
    assert book.stages == ["done"]
    assert [path.name for path in (book.folder / "exports").iterdir()] == [LINK.rpartition("/")[2]]


def test_resuming_into_another_folder(panel: Panel, book: Book, tmp_path: Path) -> None:
    panel.create()
    panel.status(running(), completed())
    panel.file()
    with pytest.raises(WaitTimeout):
        book.export(timeout=0)
    [outcome] = book.run(lambda client: client.resume_all(to=tmp_path / "elsewhere"))
    assert [file.path.parent for file in outcome.unwrap().files] == [tmp_path / "elsewhere"]
    assert book.stages == ["done"]


def test_one_that_fails_does_not_stop_the_others(panel: Panel, book: Book, tmp_path: Path) -> None:
    panel.create(created(), created(SECOND))
    panel.status(running(), running(), refused(404, "task not found"), completed())
    panel.file()
    with pytest.raises(WaitTimeout):
        book.export(timeout=0)
    with pytest.raises(WaitTimeout):
        book.run(lambda client: client.export(Segment(7), to=tmp_path / "exports", timeout=0))
    assert len(book.run(lambda client: client.pending())) == 2
    first, second = book.resume()
    assert isinstance(first.error, TaskNotFound)
    check(second.unwrap())
    assert (first.source, second.source) == (Database(1), Segment(7))


def two_unfinished(panel: Panel, book: Book, tmp_path: Path) -> tuple[str, str]:
    """The ids of their records; the first one's task is completed when it is asked for next."""
    panel.create(created(), created(SECOND))
    panel.status(running(), running(), completed())
    with pytest.raises(WaitTimeout):
        book.export(timeout=0)
    [first] = book.ids
    with pytest.raises(WaitTimeout):
        book.run(lambda client: client.export(Segment(7), to=tmp_path / "exports", timeout=0))
    [second] = {*book.ids} - {first}
    return first, second


@pytest.mark.parametrize("named", [False, True])
def test_one_that_is_gone_meanwhile_is_passed_over_unless_it_was_named(
    panel: Panel, book: Book, tmp_path: Path, named: bool
) -> None:
    first, second = two_unfinished(panel, book, tmp_path)

    def meanwhile(_: httpx.Request) -> httpx.Response:
        forget_export(book.journal, second)
        return file_answer()

    panel.file(meanwhile)
    outcome, *others = book.resume(*([first, second] if named else []))
    check(outcome.unwrap())
    assert [type(other.error) for other in others] == [JournalError] * named


def test_a_record_that_is_damaged_meanwhile_hides_no_outcome(panel: Panel, book: Book, tmp_path: Path) -> None:
    _, second = two_unfinished(panel, book, tmp_path)

    def meanwhile(_: httpx.Request) -> httpx.Response:
        (book.journal / f"{second}.json").write_bytes(b"{}")
        return file_answer()

    panel.file(meanwhile)
    outcome, other = book.resume()
    check(outcome.unwrap())
    assert isinstance(other.error, JournalError)


def test_the_exports_of_another_panel_are_not_ours(panel: Panel, book: Book) -> None:
    panel.create()
    panel.status(running())
    with pytest.raises(WaitTimeout):
        book.export(timeout=0)
    other = "https://other.example.com"
    assert book.run(lambda client: client.pending(), base_url=other) == ()
    assert book.resume(base_url=other) == []
    with pytest.raises(JournalError, match=r"is one of https://panel\.example\.com, not of https://other"):
        book.resume(*book.ids, base_url=other)
    assert len(pending_exports(book.journal)) == 1


def test_an_id_that_is_not_there(book: Book) -> None:
    with pytest.raises(JournalError, match="has no record"):
        book.resume("0123456789abcdef-1")


@pytest.mark.parametrize("step", [lambda client: client.pending(), lambda client: client.resume_all()])
def test_without_a_journal_there_is_nothing_to_ask(style_mode: Mode, step: Callable[[Any], Any]) -> None:
    with pytest.raises(UsageError, match="has no journal"):
        style_mode.speak(step)


@pytest.mark.parametrize("journal", ["", 7, "a\0b"])
def test_a_journal_is_a_folders_name(style_mode: Mode, journal: Any) -> None:
    with pytest.raises(UsageError, match="the folder of the journal"):
        style_mode.speak(lambda client: client.pending(), journal=journal)


def test_a_journal_that_can_not_be_written_stops_all_before_anything_is_sent(
    panel: Panel, book: Book, tmp_path: Path
) -> None:
    panel.whole()
    (tmp_path / "taken").write_text("precious")
    with pytest.raises(JournalError):
        book.export(journal=tmp_path / "taken")
    assert panel.requests == []


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Says from which change of a record on the disk has no room for the journal, until all is said once more."""
    real = _files.replace

    def fill(first: int) -> None:
        changes = itertools.count(1)

        def replace(path: Path, content: bytes, **options: Any) -> None:
            if path.parent.name == "journal" and next(changes) >= first:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            real(path, content, **options)

        monkeypatch.setattr(_files, "replace", replace)

    return fill


NO_MORE = 10**6


def test_a_task_that_a_full_disk_does_not_let_be_noted_is_told(
    panel: Panel, book: Book, full: Callable[[int], None]
) -> None:
    panel.whole()
    full(1)
    with pytest.raises(NoSpace) as caught:
        book.export()
    assert (caught.value.task_id, caught.value.operation) == (TASK, "create")
    assert caught.value.request_id == ids_sent(panel)[0]
    assert TASK in (caught.value.continuation_token or "")
    full(NO_MORE)
    check(book.export())
    assert len(set(ids_sent(panel))) == 1


def test_an_end_that_a_full_disk_does_not_let_be_noted_is_told_with_its_task(
    panel: Panel, book: Book, full: Callable[[int], None]
) -> None:
    panel.whole()
    full(3)
    with pytest.raises(NoSpace) as caught:
        book.export()
    assert caught.value.task_id == TASK
    assert book.stages == ["verified"]
    full(NO_MORE)
    check(book.resume()[0].unwrap())


def test_a_full_disk_does_not_hide_why_it_failed(panel: Panel, book: Book, full: Callable[[int], None]) -> None:
    panel.create()
    panel.status(running(50, status="failed"))
    full(2)
    with pytest.raises(TaskFailed) as caught:
        book.export()
    assert "no space left" in caught.value.hints[-1]
    assert book.stages == ["created"]


def test_nor_does_a_journal_that_is_gone(panel: Panel, book: Book) -> None:
    def remove(_: httpx.Request) -> httpx.Response:
        for path in book.journal.iterdir():
            path.unlink()
        return book.mode.answer(refused(401, "token"))

    panel.create(remove)
    with pytest.raises(AuthenticationError) as caught:
        book.export()
    assert "has no record" in caught.value.hints[-1]


def test_nor_that_a_name_is_taken(panel: Panel, book: Book) -> None:
    panel.whole()
    check(book.export())

    def forget(_: httpx.Request) -> httpx.Response:
        for path in book.journal.iterdir():
            path.unlink()
        return book.mode.answer(completed())

    panel.status(forget)
    with pytest.raises(TargetExists):
        book.export()


def test_the_token_is_in_no_record(panel: Panel, book: Book) -> None:
    panel.create()
    panel.status(running())
    with pytest.raises(WaitTimeout):
        book.export(timeout=0)
    assert all(TOKEN not in path.read_text() for path in book.journal.iterdir())
