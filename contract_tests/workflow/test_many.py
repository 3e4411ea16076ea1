"""Several exports of one call: their sources are taken one by one, and no name is given twice."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from profile_export import Database, ExportError, ExportOutcome, IntegrityError, Segment, TargetExists, UsageError
from profile_export._claims import Claims
from profile_export._effects import Flow
from profile_export._limiter import Limiter
from profile_export._many import Batch, Begun
from profile_export.types import DownloadedExport, Source

RESULT = DownloadedExport("task", (), 0, 0)


def flow() -> Flow[DownloadedExport]:
    yield from ()
    return RESULT


def batch(sources: Iterator[Source], concurrency: int = 2) -> Batch:
    return Batch(sources, lambda _: flow(), Limiter(), concurrency)


def test_sources_are_taken_one_at_a_time_and_only_when_there_is_room() -> None:
    taken: list[int] = []

    def sources() -> Iterator[Source]:
        for number in range(1_000_000):
            taken.append(number)
            yield Database(number)

    exports = batch(sources())
    assert taken == []
    assert isinstance(exports.next(0), Begun)
    assert taken == [0]
    assert isinstance(exports.next(1), Begun)
    assert exports.next(2) is None
    assert taken == [0, 1]
    exports.limiter.leave()
    assert isinstance(exports.next(1), Begun)


def test_a_source_that_comes_twice_fails_the_second_time_and_takes_no_place() -> None:
    exports = batch(iter([Database(1), Database(1), Segment(1)]))
    assert isinstance(exports.next(0), Begun)
    again = exports.next(1)
    assert isinstance(again, ExportOutcome)
    assert isinstance(again.error, UsageError)
    assert "database:1" in str(again.error)
    other = exports.next(1)
    assert isinstance(other, Begun)
    assert other.source == Segment(1)


def test_an_iterator_that_breaks_is_told_at_the_end() -> None:
    def sources() -> Iterator[Source]:
        yield Database(1)
        raise LookupError("the list of segments is gone")

    exports = batch(sources())
    assert isinstance(exports.next(0), Begun)
    assert exports.next(1) is None
    assert exports.next(0) is None
    with pytest.raises(LookupError, match="gone"):
        exports.end()
    assert exports.limiter.enter(1, 2), "no place was lost"


def test_an_interruption_of_the_iterator_takes_no_place() -> None:
    def sources() -> Iterator[Source]:
        raise KeyboardInterrupt
        yield Database(1)

    exports = batch(sources(), 1)
    with pytest.raises(KeyboardInterrupt):
        exports.next(0)
    assert exports.limiter.enter(1, 2)


def test_an_outcome_gives_its_result_or_raises_its_error() -> None:
    assert ExportOutcome(Database(1), result=RESULT).unwrap() is RESULT
    error = IntegrityError("short")
    failed = ExportOutcome(Database(1), error=error)
    with pytest.raises(IntegrityError):
        failed.unwrap()
    assert str(pickle.loads(pickle.dumps(failed)).error) == "short"
    with pytest.raises(ValueError, match="neither a result nor an error"):
        ExportOutcome(Database(1)).unwrap()


def test_a_bug_is_an_outcome_that_keeps_its_cause_and_repeats_nothing() -> None:
    cause = KeyError("the token, perhaps")
    error = Begun(Database(1), flow()).failed(cause).error
    assert type(error) is ExportError
    assert error.__cause__ is cause
    assert "token" not in f"{error}{error!r}{error.hints}"


def test_names_are_claimed_all_or_none_whatever_their_case() -> None:
    claims, folder = Claims(), Path("/exports")
    first, second = claims.of_one(), claims.of_one()
    first.take([folder / "a.csv", folder / "b.csv"])
    with pytest.raises(TargetExists, match=r"A\.CSV"):
        second.take([folder / "c.csv", folder / "A.CSV"])
    second.take([folder / "c.csv"])
    first.take([folder / "a.csv"])  # an export that begins anew has its names already


def test_of_many_at_once_one_has_the_name() -> None:
    claims, won = Claims(), list[bool]()

    def claim() -> None:
        try:
            claims.of_one().take([Path("/exports/a.csv")])
        except TargetExists:
            won.append(False)
        else:
            won.append(True)

    threads = [threading.Thread(target=claim) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (won.count(True), len(won)) == (1, 20)
