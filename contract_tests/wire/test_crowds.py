"""What an export costs beside many others, counted: the thousandth costs what the first did, and leaves as little."""

from __future__ import annotations

import asyncio
import gc
import itertools
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread

from contract_tests.wire.paper import Paper, databases, every_style, run
from profile_export import ExportOutcome, _threads

# Two proofs that the folder can be written to, whether the name is free, the bytes, their name. Each is a way to a
# thread and back, which costs as much as a small file itself.
HOPS = 5


@pytest.mark.parametrize("style", ["asyncio", "trio"])
@pytest.mark.parametrize("exports", [1, 30])
def test_an_export_goes_to_threads_for_its_files_and_for_nothing_else(
    style: str, exports: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hops = Counter[str]()

    class Counting:
        @staticmethod
        async def run_sync(work: Any, *arguments: Any, **options: Any) -> Any:
            hops[work.__name__] += 1
            return await to_thread.run_sync(work, *arguments, **options)

    monkeypatch.setattr(_threads, "to_thread", Counting)
    outcomes = Paper(polls=5).export(style, databases(*range(1, exports + 1)), tmp_path, concurrency=10)
    assert [outcome.error for outcome in outcomes] == [None] * exports
    assert sum(hops.values()) <= HOPS * exports
    assert hops["_leave"] == 0, "what is over leaves nothing, and needs no thread to do so"


# So that no two exports of a call take one name, and none is asked for twice, these are remembered.
REMEMBERED = {"profile_export._claims.Claim"}
CONCURRENCY = 4
# How far the exports under way are varies; of what piles up, there is one for each of the 35 between the looks.
MARGIN = 20
# After which exports it is looked at what is alive.
LOOKS = {14, 15, 49, 50}


@pytest.fixture
def only_new() -> Iterator[None]:
    """What is there already is not looked at, which is most of the time that a look takes."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("only_new")
@every_style
def test_what_is_alive_after_an_export_does_not_grow_with_those_before(style: str, tmp_path: Path) -> None:
    panel, sources = Paper(polls=2), databases(*range(1, 61))

    def block() -> list[Counter[str]]:
        with panel.client("sync") as client:
            exports = client.export_many(sources, to=tmp_path, concurrency=CONCURRENCY)
            return [alive(style) for number, outcome in enumerate(exports) if whole(outcome) and number in LOOKS]

    async def wait() -> list[Counter[str]]:
        async with panel.client(style) as client:
            exports = client.export_many(sources, to=tmp_path, concurrency=CONCURRENCY)
            numbers = itertools.count()
            return [alive(style) async for outcome in exports if whole(outcome) and next(numbers) in LOOKS]

    counts: list[Counter[str]] = block() if style == "sync" else run(style, wait)
    early, late = counts[0] | counts[1], counts[2] | counts[3]
    grown = {name: (early[name], late[name]) for name in late if late[name] > early[name] + MARGIN}
    assert grown.keys() <= REMEMBERED, grown


def whole(outcome: ExportOutcome) -> bool:
    return outcome.error is None


def alive(style: str) -> Counter[str]:
    """Objects of this package and of httpx, threads and tasks."""
    gc.collect()
    counts = Counter(name for item in gc.get_objects() if (name := kind(item)) is not None)
    counts["thread"] = threading.active_count()
    if style == "asyncio":
        counts["task"] = len(asyncio.all_tasks())
    return counts


def kind(item: object) -> str | None:
    module = getattr(type(item), "__module__", None)
    ours = isinstance(module, str) and module.split(".")[0] in {"profile_export", "profile_export_api", "httpx"}
    return f"{module}.{type(item).__qualname__}" if ours else None
