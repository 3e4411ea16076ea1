"""Several exports in one call, blocking and asynchronous, on asyncio and on trio."""

from __future__ import annotations

import asyncio
import itertools
import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import aclosing, closing, suppress
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from contract_tests.wire.paper import Paper, databases, envelope, every_style, file_of, other_threads, run
from profile_export import (
    ApiError,
    Database,
    DownloadStarted,
    Event,
    ExportFailed,
    ExportFinished,
    ExportOutcome,
    ExportStarted,
    RetryPolicy,
    ServerError,
    Source,
    TargetExists,
    TaskCreated,
    UsageError,
)


def by_id(outcomes: list[ExportOutcome]) -> dict[int, ExportOutcome]:
    return {outcome.source.id: outcome for outcome in outcomes}


def refuse(operation: str) -> httpx.Response | None:
    return envelope(None, error=402) if operation == "create" else None


def break_down(operation: str) -> httpx.Response | None:
    raise LookupError(f"a bug while {operation}")


@every_style
def test_every_source_has_its_own_file(style: str, tmp_path: Path) -> None:
    panel = Paper(polls=3)
    outcomes = by_id(panel.export(style, databases(*range(1, 31)), tmp_path))
    assert sorted(outcomes) == list(range(1, 31))
    for number, outcome in outcomes.items():
        [file] = outcome.unwrap().files
        assert file.path == tmp_path / f"{number}_database_export.csv"
        assert file.path.read_bytes() == file_of(number)
    assert len(list(tmp_path.iterdir())) == 30
    assert other_threads() == set()


@every_style
def test_a_failure_is_a_value_and_stops_no_other(style: str, tmp_path: Path) -> None:
    panel = Paper(hooks={2: refuse, 3: break_down})
    outcomes = by_id(panel.export(style, databases(1, 2, 3, 4), tmp_path))
    assert {number: outcome.error is None for number, outcome in outcomes.items()} == {
        1: True,
        2: False,
        3: False,
        4: True,
    }
    assert isinstance(outcomes[2].error, ApiError)
    assert (outcomes[2].error.code, outcomes[2].result) == (402, None)
    assert isinstance(outcomes[3].error and outcomes[3].error.__cause__, LookupError)


@every_style
@pytest.mark.parametrize("concurrency", [1, 3])
def test_sources_without_an_end_are_taken_as_there_is_room(style: str, tmp_path: Path, concurrency: int) -> None:
    panel, taken = Paper(polls=2), list[int]()

    def sources() -> Iterator[Source]:
        for number in itertools.count(1):
            taken.append(number)
            yield Database(number)

    outcomes = panel.export(style, sources(), tmp_path, concurrency=concurrency, stop_after=7)
    assert len(outcomes) == 7
    assert panel.most <= concurrency
    assert len(taken) <= 7 + concurrency
    assert len(panel.created) <= len(taken)
    assert other_threads() == set()


@every_style
def test_an_iterator_of_the_caller_s_that_breaks_costs_no_result(style: str, tmp_path: Path) -> None:
    panel, got = Paper(polls=2), list[ExportOutcome]()

    def sources() -> Iterator[Source]:
        yield from databases(1, 2, 3)
        raise LookupError("no more segments")

    def keep(event: Event) -> None:
        if isinstance(event, ExportFinished):
            got.append(event)  # type: ignore[arg-type]

    with pytest.raises(LookupError, match="no more segments"):
        panel.export(style, sources(), tmp_path, on_event=keep)
    assert len(got) == len(list(tmp_path.iterdir())) == 3


BAD: dict[str, dict[str, Any]] = {
    "one source": {"sources": Database(1)},
    "a text": {"sources": "database:1"},
    "nothing": {"sources": None},
    "a mapping": {"sources": {Database(1): "a"}},
    "no room": {"concurrency": 0},
    "half a room": {"concurrency": 1.5},
    "true": {"concurrency": True},
    "no folder": {"to": ""},
    "a filter": {"where": ["doctor"]},
    "a format": {"file_format": ""},
    "a timeout": {"timeout": -1},
}


@every_style
@pytest.mark.parametrize("name", BAD)
def test_arguments_are_looked_at_before_anything_is_sent(style: str, tmp_path: Path, name: str) -> None:
    panel, taken = Paper(), list[int]()

    def databases_noted() -> Iterator[Source]:
        for number in range(3):
            taken.append(number)
            yield Database(number)

    client = panel.client(style)
    with pytest.raises(UsageError):
        client.export_many(**{"sources": databases_noted(), "to": tmp_path, **BAD[name]})
    assert (panel.times, taken) == ([], [])


@every_style
def test_a_source_that_comes_twice_is_asked_for_once(style: str, tmp_path: Path) -> None:
    panel = Paper()
    outcomes = panel.export(style, [Database(1), Database(1), "database:2"], tmp_path)  # type: ignore[list-item]
    errors = [outcome.error for outcome in outcomes if outcome.error]
    assert [type(error) for error in errors] == [UsageError, UsageError]
    assert panel.created == [1]


@every_style
@pytest.mark.parametrize("overwrite", [False, True])
def test_two_exports_of_one_file_name_lose_nothing(style: str, tmp_path: Path, overwrite: bool) -> None:
    panel = Paper(name=lambda number: "EXPORT.csv" if number % 2 else "export.csv")
    outcomes = panel.export(style, databases(1, 2, 3), tmp_path, overwrite=overwrite)
    done = [outcome for outcome in outcomes if outcome.result]
    assert [type(outcome.error) for outcome in outcomes if outcome.error] == [TargetExists, TargetExists]
    assert len(done) == 1
    [path] = tmp_path.iterdir()
    assert path.read_bytes() == file_of(done[0].source.id)


def exported(
    panel: Paper,
    style: str,
    to: Path,
    journal: Path,
    sources: Iterable[Source] = (Database(1), Database(2)),
    *,
    concurrency: int = 8,
) -> list[ExportOutcome]:
    """How exports into one folder end, which were to replace what was there before."""
    options = {"to": to, "overwrite": True, "concurrency": concurrency}
    if style == "sync":
        with panel.client(style, journal=journal) as client:
            return list(client.export_many(sources, **options))

    async def main() -> list[ExportOutcome]:
        async with (
            panel.client(style, journal=journal) as client,
            aclosing(client.export_many(sources, **options)) as outcomes,
        ):
            return [outcome async for outcome in outcomes]

    found: list[ExportOutcome] = run(style, main)
    return found


def resumed(panel: Paper, style: str, journal: Path) -> list[ExportOutcome]:
    """How each unfinished export of the journal ends."""
    if style == "sync":
        with panel.client(style, journal=journal) as client:
            return list(client.resume_all())

    async def main() -> list[ExportOutcome]:
        async with panel.client(style, journal=journal) as client:
            return list(await client.resume_all())

    found: list[ExportOutcome] = run(style, main)
    return found


@every_style
def test_exports_of_one_file_name_lose_nothing_when_they_are_resumed(style: str, tmp_path: Path) -> None:
    """Whoever comes second never takes the file of the first, though both were to replace what was there before."""
    to, journal = tmp_path / "exports", tmp_path / "journal"
    broken = {number: lambda step: httpx.Response(502) if step == "status" else None for number in (1, 2)}
    panel = Paper(name=lambda _: "export.csv", hooks=broken)
    failed = exported(panel, style, to, journal)
    assert [type(outcome.error) for outcome in failed] == [ServerError, ServerError]
    panel.hooks.clear()
    first, second = resumed(panel, style, journal)
    assert isinstance(second.error, TargetExists)
    for _ in range(2):
        assert (to / "export.csv").read_bytes() == file_of(first.source.id)
        [again] = resumed(panel, style, journal)
        assert isinstance(again.error, TargetExists)


def test_one_file_name_in_two_folders_is_two_names(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    panel = Paper(name=lambda _: "export.csv")
    for number in (1, 2):
        panel.hooks[number] = lambda step: httpx.Response(502) if step == "status" else None
        with panel.client("sync", journal=journal) as client, suppress(ServerError):
            client.export(Database(number), to=tmp_path / f"to-{number}")
    panel.hooks.clear()
    assert [outcome.error for outcome in resumed(panel, "sync", journal)] == [None, None]
    assert [(tmp_path / f"to-{number}" / "export.csv").read_bytes() for number in (1, 2)] == [file_of(1), file_of(2)]


@every_style
def test_what_one_call_refused_is_not_replaced_by_the_next(style: str, tmp_path: Path) -> None:
    to, journal = tmp_path / "exports", tmp_path / "journal"
    panel = Paper(name=lambda _: "export.csv")
    outcomes = exported(panel, style, to, journal)
    [done] = [outcome for outcome in outcomes if outcome.result]
    [again] = resumed(panel, style, journal)
    assert isinstance(again.error, TargetExists)
    assert (to / "export.csv").read_bytes() == file_of(done.source.id)


def fail_at_status(operation: str) -> httpx.Response | None:
    return httpx.Response(502) if operation == "status" else None


def left_over(panel: Paper, style: str, to: Path, journal: Path, *sources: Source) -> None:
    """The export of database 2 is left unfinished, and the others are done."""
    panel.hooks[2] = fail_at_status
    outcomes = by_id(exported(panel, style, to, journal, sources))
    panel.hooks.clear()
    assert [number for number, outcome in outcomes.items() if outcome.error] == [2]


@every_style
def test_what_is_resumed_later_spares_the_file_of_another_export(style: str, tmp_path: Path) -> None:
    to, journal = tmp_path / "exports", tmp_path / "journal"
    panel = Paper(name=lambda _: "export.csv")
    left_over(panel, style, to, journal, *databases(1, 2))
    panel.times.clear()
    [refused] = resumed(panel, style, journal)
    assert isinstance(refused.error, TargetExists)
    assert "another folder" in refused.error.hints[0]
    assert (to / "export.csv").read_bytes() == file_of(1)
    assert ("download", 2) not in [(operation, source) for operation, source, _ in panel.times]
    # However old it may look from now on.
    os.utime(to / "export.csv", (0, 0))
    [refused] = resumed(panel, style, journal)
    assert isinstance(refused.error, TargetExists)
    assert (to / "export.csv").read_bytes() == file_of(1)
    (to / "export.csv").unlink()
    [done] = resumed(panel, style, journal)
    assert done.unwrap().files[0].path.read_bytes() == file_of(2)


@every_style
def test_so_does_one_that_began_after_the_other_had_ended(
    style: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are of one call: none of its files is one of before."""
    to, journal = tmp_path / "exports", tmp_path / "journal"
    panel = Paper(name=lambda _: "export.csv", hooks={2: fail_at_status})

    def sources() -> Iterator[Source]:
        yield Database(1)
        now = time.time
        monkeypatch.setattr(time, "time", lambda: now() + 60)
        yield Database(2)

    done, failed = exported(panel, style, to, journal, sources(), concurrency=1)
    assert (done.error, type(failed.error)) == (None, ServerError)
    panel.hooks.clear()
    [refused] = resumed(panel, style, journal)
    assert isinstance(refused.error, TargetExists)
    assert (to / "export.csv").read_bytes() == file_of(1)


@every_style
def test_what_is_resumed_later_replaces_files_of_before(style: str, tmp_path: Path) -> None:
    to, journal = tmp_path / "exports", tmp_path / "journal"
    to.mkdir()
    (to / "2_database_export.csv").write_bytes(b"old")
    hour_ago = time.time() - 3600
    os.utime(to / "2_database_export.csv", (hour_ago, hour_ago))
    panel = Paper()
    left_over(panel, style, to, journal, Database(2))
    [done] = resumed(panel, style, journal)
    assert done.unwrap().files[0].path.read_bytes() == file_of(2)


@every_style
def test_who_asks_for_the_export_once_more_decides_anew(style: str, tmp_path: Path) -> None:
    to, journal = tmp_path / "exports", tmp_path / "journal"
    panel = Paper(name=lambda _: "export.csv")
    left_over(panel, style, to, journal, *databases(1, 2))
    [done] = exported(panel, style, to, journal, databases(2))
    assert done.unwrap().files[0].path.read_bytes() == file_of(2)
    assert sorted(panel.created) == [1, 2], "it went on with the task that was there"


@every_style
def test_overwriting_is_about_files_of_before(style: str, tmp_path: Path) -> None:
    old = tmp_path / "1_database_export.csv"
    old.write_bytes(b"old")
    [refused] = Paper().export(style, databases(1), tmp_path)
    assert isinstance(refused.error, TargetExists)
    assert old.read_bytes() == b"old"
    [done] = Paper().export(style, databases(1), tmp_path, overwrite=True)
    assert done.unwrap().files[0].path.read_bytes() == file_of(1)


def test_calls_that_share_a_client_share_its_limit(tmp_path: Path) -> None:
    panel = Paper(polls=4, latency=0.002)
    with panel.client("sync") as client:

        def consume(first: int) -> None:
            for outcome in client.export_many(databases(*range(first, first + 12)), to=tmp_path, concurrency=4):
                outcome.unwrap()

        threads = [threading.Thread(target=consume, args=(first,)) for first in (1, 101)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    # Four for both, and one that a call may always have.
    assert 4 <= panel.most <= 5
    assert len(panel.created) == 24


@every_style
def test_one_refusal_quietens_all_exports_of_the_client(style: str, tmp_path: Path) -> None:
    refused: list[int] = []

    def once(operation: str) -> httpx.Response | None:
        if operation == "status" and not refused:
            refused.append(1)
            return envelope(None, 429, 429, **{"Retry-After": "1"})
        return None

    panel = Paper(polls=4, hooks={1: once})
    outcomes = panel.export(style, databases(*range(1, 9)), tmp_path)
    assert all(outcome.result for outcome in outcomes)
    [moment] = [when for operation, number, when in panel.times if (operation, number) == ("status", 1)][:1]
    # What was under way in that moment may still arrive.
    after = [when for *_, when in panel.times if moment + 0.2 < when]
    assert min(after) - moment >= 0.95
    assert len(after) >= 8


@every_style
def test_events_tell_the_exports_apart(style: str, tmp_path: Path) -> None:
    events: list[Event] = []
    panel = Paper(hooks={2: refuse})
    panel.export(style, databases(1, 2, 3), tmp_path, on_event=events.append)
    started = {event.export: event.source for event in events if isinstance(event, ExportStarted)}
    assert sorted(str(source) for source in started.values()) == ["database:1", "database:2", "database:3"]
    assert {started[event.export] for event in events if isinstance(event, ExportFinished)} == {
        "database:1",
        "database:3",
    }
    assert [started[event.export] for event in events if isinstance(event, ExportFailed)] == ["database:2"]
    assert {event.export for event in events} == set(started)


def test_closing_the_client_ends_the_call(tmp_path: Path) -> None:
    panel = Paper(polls=1_000_000)
    client = panel.client("sync")
    outcomes = client.export_many(databases(1, 2, 3), to=tmp_path)
    closer = threading.Timer(0.05, client.close)
    closer.start()
    with pytest.raises(UsageError, match="closed"):
        next(outcomes)
    closer.join()
    assert other_threads() == set()
    with pytest.raises(UsageError, match="closed"):
        next(client.export_many(databases(1), to=tmp_path)).unwrap()


def test_closing_the_client_while_an_export_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Paper(polls=1_000_000).client("sync")
    start, starting = threading.Thread.start, threading.Event()

    def slowly(thread: threading.Thread) -> None:
        if thread.name.startswith("export"):
            starting.set()
            time.sleep(0.05)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", slowly)
    failures: list[RuntimeError] = []

    def close() -> None:
        starting.wait(10)
        try:
            client.close()
        except RuntimeError as error:
            failures.append(error)

    closer = threading.Thread(target=close)
    closer.start()
    with pytest.raises(UsageError, match="closed"):
        next(client.export_many(databases(1, 2, 3), to=tmp_path))
    closer.join()
    assert failures == []
    assert client._http.is_closed
    assert other_threads() == set()


@pytest.mark.timeout(20)
def test_a_sink_may_close_the_client(tmp_path: Path) -> None:
    """All runs are in the midst of telling something, and none waits for another one."""
    panel = Paper(hooks={1: refuse, 2: refuse, 3: refuse})
    closed = threading.Barrier(3)
    client: Any = None

    def close(event: Event) -> None:
        if isinstance(event, ExportFailed):
            closed.wait(10)
            client.close()

    client = panel.client("sync", on_event=close)
    with suppress(UsageError):
        list(client.export_many(databases(1, 2, 3), to=tmp_path))
    assert client._http.is_closed
    assert other_threads() == set()


@pytest.mark.timeout(20)
@pytest.mark.parametrize("style", ["asyncio", "trio"])
def test_a_sink_in_a_thread_may_close_the_asynchronous_client(
    style: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread waits for the event loop, where nothing waits for the thread, and the closing is not cut short."""
    told: list[str] = []
    client: Any = None

    async def close_slowly(_: httpx.MockTransport) -> None:
        await anyio.sleep(0.01)
        told.append("connections closed")

    monkeypatch.setattr(httpx.MockTransport, "aclose", close_slowly)

    def close(event: Event) -> None:
        if isinstance(event, DownloadStarted):
            anyio.from_thread.run(client.aclose)
            told.append("client closed")

    async def main() -> None:
        nonlocal client
        client = Paper().client(style, on_event=close)
        async with aclosing(client.export_many(databases(1), to=tmp_path)) as outcomes:
            with pytest.raises(UsageError, match="closed"):
                await anext(outcomes)
        assert client._driver.crews == set()

    run(style, main)
    assert told == ["connections closed", "client closed"]


def test_a_task_that_a_sink_began_waits_for_the_exports_when_it_closes_the_client(tmp_path: Path) -> None:
    """Nothing waits for that task, though it was begun in the midst of a run."""
    ends: list[str] = []
    client: Any = None
    closer: Any = None

    async def close() -> None:
        await client.aclose()
        ends.append("client")

    def begin(event: Event) -> None:
        nonlocal closer
        if isinstance(event, TaskCreated):
            closer = asyncio.get_running_loop().create_task(close())
        if isinstance(event, ExportFailed):
            ends.append("export")

    async def main() -> None:
        nonlocal client
        client = Paper(polls=1_000_000).client("asyncio", on_event=begin)
        async with aclosing(client.export_many(databases(1), to=tmp_path)) as outcomes:
            with pytest.raises(UsageError, match="closed"):
                await anext(outcomes)
        await closer

    run("asyncio", main)
    assert ends == ["export", "client"]


@every_style
@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_what_ends_the_program_in_an_export_is_the_caller_s(
    style: str, tmp_path: Path, end: type[BaseException]
) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, TaskCreated):
            raise end

    with pytest.raises(end):
        Paper(polls=1_000_000).export(style, databases(1, 2), tmp_path, on_event=interrupt)
    assert other_threads() == set()


@pytest.mark.parametrize("style", ["asyncio", "trio"])
def test_closing_the_asynchronous_client_ends_the_call(style: str, tmp_path: Path) -> None:
    panel = Paper(polls=1_000_000)

    async def main() -> None:
        client = panel.client(style)

        async def consume() -> None:
            async with aclosing(client.export_many(databases(1, 2, 3), to=tmp_path)) as outcomes:
                with pytest.raises(UsageError, match="closed"):
                    await anext(outcomes)

        async with anyio.create_task_group() as group:
            group.start_soon(consume)
            await anyio.sleep(0.05)
            await client.aclose()
        assert client._driver.crews == set()

    run(style, main)


@pytest.mark.parametrize("style", ["asyncio", "trio"])
def test_a_loop_that_is_left_leaves_the_caller_s_own_scopes_alone(style: str, tmp_path: Path) -> None:
    panel = Paper(polls=2)

    async def main() -> None:
        async with panel.client(style) as client:
            with anyio.fail_after(30):
                outcomes = client.export_many((Database(n) for n in itertools.count(1)), to=tmp_path, concurrency=2)
                async for outcome in outcomes:
                    outcome.unwrap()
                    break
                await outcomes.aclose()
                made = len(panel.created)
                await anyio.sleep(0.02)
                assert len(panel.created) == made
            with anyio.move_on_after(0.05) as scope:
                async for outcome in client.export_many(
                    (Database(n) for n in itertools.count(1000)), to=tmp_path, concurrency=2
                ):
                    outcome.unwrap()
            assert scope.cancelled_caught
            assert client._driver.limiter.enter(1, 2), "all places are free again"

    run(style, main)


def test_a_loop_that_is_left_stops_its_threads(tmp_path: Path) -> None:
    panel = Paper(polls=2)
    with panel.client("sync") as client:
        for outcome in client.export_many((Database(n) for n in itertools.count(1)), to=tmp_path, concurrency=3):
            outcome.unwrap()
            break
        assert other_threads() == set()
        made = len(panel.created)
        with closing(client.export_many(databases(500), to=tmp_path)) as outcomes:
            assert next(outcomes).result
        assert len(panel.created) == made + 1


def test_a_retry_of_one_does_not_hold_up_the_others(tmp_path: Path) -> None:
    def busy(operation: str) -> httpx.Response | None:
        return envelope(None, 503) if operation == "create" else None

    panel = Paper(hooks={1: busy})
    with panel.client("sync", retry=RetryPolicy(attempts=2, first_delay=2.0)) as client:
        order = [outcome.source.id for outcome in client.export_many(databases(1, 2, 3), to=tmp_path)]
    assert order[-1] == 1
    assert sorted(order) == [1, 2, 3]
