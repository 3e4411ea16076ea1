"""Takes one export through its three steps, and holds it against the rules about tasks, links and files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import define, field

from profile_export.types import is_integer
from scripts.verification.conversation import Conversation
from scripts.verification.files import Contents
from scripts.verification.line import BudgetSpent, Stopped, TokenRefused
from scripts.verification.overlay import FINAL_WORDS
from scripts.verification.values import Exchange, Format, Source

FAILURES: Final = frozenset({"failed", "failure", "error", "canceled", "cancelled", "aborted", "expired"})
"""Words that plainly mean that a task failed; no document lists them."""

REFUSED_TOKEN: Final = (401, 403)
TARIFF_LIMIT: Final = 402

SOONEST: Final = 0.5
LATEST: Final = 1800.0
PATIENCE: Final = 4
"""Looks at a task with 100 % and links until its unknown word counts as its last one."""


class Broken(Exception):
    """A finding has cut this export short; the verification goes on with the next step."""


@define
class Export:
    """One export and all that was seen of it."""

    source: Source
    format: Format
    where: Mapping[str, Any]
    file_format: str
    created: Exchange
    task_id: str
    began: float
    progress: int = 0
    looked: float = 0.0
    """How old the task was when it had that progress."""
    looks: int = 0
    took: float = 0.0
    odd: int = 0
    completed: Exchange | None = None
    state: dict[str, Any] = field(factory=dict)
    contents: Contents = field(factory=Contents)
    downloads: list[Exchange] = field(factory=list)
    gaps: list[str] = field(factory=list)

    @property
    def result(self) -> dict[str, Any]:
        """What the finished task made."""
        found: dict[str, Any] = self.state["result"]
        return found

    @property
    def links(self) -> list[str]:
        """Links of the files."""
        urls = self.result["urls"]
        return urls if isinstance(urls, list) else []


def create(
    talk: Conversation, source: Source, fmt: Format, where: Mapping[str, Any], file_format: str | None
) -> Export:
    """Step 1.

    Raises:
        TokenRefused: The panel says so.
        Stopped: The account may not export.
        Broken: There is no task to go on with.
    """
    members: dict[str, Any] = {"source_type": source.type, "source_id": source.id}
    members |= {"file_format": file_format} if file_format else {}
    members |= {"custom_request": dict(where)} if where else {}
    what = f"export {source}" + (" with a filter" if where else "")
    exchange = talk.post("create", fmt, members, what, fresh=True)
    envelope = exchange.envelope
    code = envelope.error if envelope is not None else exchange.answer.status
    if code in REFUSED_TOKEN:
        raise TokenRefused(f"the token was refused: error {code} to a request to export {source}")
    if code == TARIFF_LIMIT:
        raise Stopped("the account's tariff doesn't allow the export: error 402")
    _must_succeed(talk, exchange)
    data = envelope.data if envelope is not None else None
    task_id = data.get("task_id") if isinstance(data, dict) else None
    if not isinstance(task_id, str) or not task_id:
        raise Broken
    return Export(source, fmt, where, file_format or "csv", exchange, task_id, talk.line.clock())


def look(talk: Conversation, export: Export, fmt: Format | None = None) -> bool:
    """Step 2, once. Says whether the task is finished.

    Raises:
        Stopped: The task failed.
        Broken: There is no state to go on with.
    """
    exchange = talk.post("status", fmt or export.format, {"task_id": export.task_id}, f"state of {export.source}")
    works = _succeeded(exchange)
    talk.ledger.note("the_task_id_works_in_status", exchange, works, f"the new task's id got {_told(exchange)}")
    _must_succeed(talk, exchange)
    envelope = exchange.envelope
    state = envelope.data if envelope is not None else None
    if not isinstance(state, dict) or not is_integer(state.get("progress")):
        raise Broken
    export.looks += 1
    export.looked = talk.line.clock() - export.began
    progress, word = int(state["progress"]), state.get("status")
    if export.looks > 1:
        fell = f"{export.progress}, then {progress}"
        talk.ledger.note("progress_never_falls", exchange, progress >= export.progress, fell)
    export.progress = max(progress, export.progress)
    _judge_word(talk, export, exchange, state, word)
    if export.completed is not None:
        same = word in FINAL_WORDS and _documented(state) == _documented(export.state)
        message = f"{_documented(export.state)}, then {_documented(state)}"
        talk.ledger.note("finished_stays_finished", exchange, same, message)
        if exchange.format != export.completed.format:
            talk.ledger.note("json_and_xml_tell_the_same", exchange, same, message)
    if word in FINAL_WORDS:
        _judge_completed(talk, export, exchange, state)
        if export.completed is None:
            export.completed, export.state = exchange, state
            export.took = export.looked
    return export.completed is not None


def wait(
    talk: Conversation, export: Export, timeout: float, reserve: int, *, usual: float, say: Callable[[str], None]
) -> None:
    """Step 2, until the task is finished; `reserve` requests of the budget are left for what follows.

    `usual` is how long the longest task before this one took: looking much earlier would be a wasted request.
    """
    while export.completed is None:
        elapsed = talk.line.clock() - export.began
        if elapsed > timeout:
            raise Stopped(f"the task of {export.source} wasn't finished after {timeout:.0f} s (--task-timeout)")
        if talk.line.budget.left <= reserve:
            raise BudgetSpent(f"the task of {export.source} took more looks than the budget has (--max-requests)")
        pause = max(_next_look(export), usual) - elapsed
        if export.looks and pause > 0:
            say(f"the task of {export.source} is at {export.progress} %: the next look is in {pause:.1f} s")
            talk.line.sleep(pause)
        look(talk, export)


def download(talk: Conversation, export: Export, reserve: int, *, twice: bool = False) -> None:
    """Step 3: every link, as far as the budget goes; the first one twice."""
    export.contents = Contents(where=export.where)
    for number, link in enumerate(export.links):
        if not isinstance(link, str) or not talk.follows(link):
            continue
        if number and talk.line.budget.left <= reserve:
            export.gaps.append(f"{len(export.links) - number} of {len(export.links)} files of {export.source}")
            break
        exchange = talk.get(link, f"file {number + 1} of {export.source}")
        export.downloads.append(exchange)
        if _note_success(talk, exchange):
            _judge_file(talk, export, exchange)
        else:
            _close(exchange)
    if twice and export.downloads and _succeeded(export.downloads[0]):
        again = talk.get(export.downloads[0].request.path, f"file 1 of {export.source}, again")
        same = _succeeded(again) and again.answer.digest == export.downloads[0].answer.digest
        talk.ledger.note("links_work_twice", again, same, f"the second time: {_told(again)}, {again.answer.size} bytes")
        _close(again)


def _judge_file(talk: Conversation, export: Export, exchange: Exchange) -> None:
    wanted = "application/json" if export.file_format == "json" else "text/csv"
    problem = export.contents.read(exchange.answer)
    if not problem and exchange.answer.media_type != wanted:
        problem = f"asked was {export.file_format}, and {exchange.answer.media_type!r} came"
    talk.ledger.note("files_are_what_they_say", exchange, not problem, problem)
    if problem:
        export.contents.countable = False


def _judge_word(talk: Conversation, export: Export, exchange: Exchange, state: dict[str, Any], word: object) -> None:
    result = state.get("result")
    has_links = isinstance(result, dict) and bool(result.get("urls"))
    if word in FINAL_WORDS:
        talk.ledger.note("tasks_end_with_a_documented_word", exchange, holds=True, message="")
    elif str(word).lower() in FAILURES and not has_links:
        raise Stopped(f"the task of {export.source} failed on the panel: {word}")
    elif state["progress"] == 100 and has_links:
        # A panel may still be busy for a moment; for how long isn't documented.
        export.odd += 1
        if export.odd >= PATIENCE:
            message = f"100 % and links, and still called {word!r}"
            talk.ledger.note("tasks_end_with_a_documented_word", exchange, holds=False, message=message)
            raise Broken


def _judge_completed(talk: Conversation, export: Export, exchange: Exchange, state: dict[str, Any]) -> None:
    result = state.get("result")
    members = result if isinstance(result, dict) else {}
    whole = state["progress"] == 100 and all(
        members.get(name) not in (None, "", []) for name in ("source_id", "total", "type", "urls")
    )
    talk.ledger.note(
        "completed_means_complete", exchange, whole, f"progress {state['progress']}, result {_short(result)}"
    )
    if not whole:
        raise Broken
    told, asked = (members["type"], members["source_id"]), (export.source.type, export.source.id)
    talk.ledger.note("the_result_echoes_the_request", exchange, told == asked, f"asked for {asked}, told {told}")
    urls = members["urls"] if isinstance(members["urls"], list) else [members["urls"]]
    strange = [url for url in urls if not isinstance(url, str) or not talk.follows(url)]
    talk.ledger.note("links_are_server_relative", exchange, not strange, f"{_short(strange)} is not followed")


def _must_succeed(talk: Conversation, exchange: Exchange) -> None:
    if not _note_success(talk, exchange):
        raise Broken


def _note_success(talk: Conversation, exchange: Exchange) -> bool:
    told = f"{exchange.what}: {_told(exchange)}"
    return talk.ledger.note("valid_requests_are_accepted", exchange, _succeeded(exchange), told)


def _succeeded(exchange: Exchange) -> bool:
    envelope = exchange.envelope
    if exchange.operation == "download":
        # The first bytes of an answer that is no file are an envelope's, or no answer's at all.
        return exchange.gave_something
    return envelope is not None and envelope.succeeded and exchange.answer.status == 200


def _told(exchange: Exchange) -> str:
    envelope = exchange.envelope
    told = "no envelope" if envelope is None else f"error {envelope.error!r}, {envelope.error_text!r}"
    if exchange.operation == "download" and envelope is None:
        told = exchange.answer.media_type or "no Content-Type"
    return f"HTTP {exchange.answer.status}, {told}"


def _documented(state: Mapping[str, Any]) -> dict[str, Any]:
    """The documented members of a state, links apart: they may be fresh, and extra members have no type in XML."""
    result = state.get("result")
    members = result if isinstance(result, dict) else {}
    urls = members.get("urls")
    return {
        "progress": state.get("progress"),
        "status": state.get("status"),
        **{name: members.get(name) for name in ("source_id", "total", "type")},
        "files": len(urls) if isinstance(urls, list) else urls,
        "failed": bool(members.get("errors")),
    }


def _next_look(export: Export) -> float:
    """The age to look at a task again: as old as its progress promises, or 1.75 times as old. So looks are few.

    The promise follows from the age at the last look, not from that of now: other requests came in between.
    """
    age = export.looked
    if 0 < export.progress < 100:
        done = export.progress + 0.5  # a panel that cuts off says 1 % of 1.9 %, too
        remains = age * (100 - done) / done
        return age + min(max(SOONEST, remains * 1.1, age / 4), LATEST)
    return age + min(max(SOONEST, age * 0.75), LATEST)


def _close(exchange: Exchange) -> None:
    if exchange.answer.content is not None:
        exchange.answer.content.close()


def _short(value: object) -> str:
    return str(value)[:200]
