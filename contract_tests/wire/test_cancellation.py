"""An asynchronous run that is cancelled at any of its awaits leaves whole files or nothing, and nothing open."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import attrs
import httpx
import pytest

from contract_tests.wire.paper import Paper, databases, file_of, run
from profile_export import Database
from profile_export._part_file import PartFile

KEPT = (".part", ".part.json")
LOOPS = pytest.mark.parametrize("style", ["asyncio", "trio"])


@attrs.define
class Stepped(Awaitable[Any]):
    """A coroutine that has something done to it whenever it waits for the `at`th time."""

    coroutine: Coroutine[Any, Any, Any]
    at: int
    do: Callable[[], object]
    waits: int = 0

    def __await__(self) -> Generator[Any, Any, Any]:
        try:
            waiting = self.coroutine.send(None)
            while True:
                self.waits += 1
                if self.waits == self.at:
                    self.do()
                answer, thrown = None, None
                try:
                    answer = yield waiting
                except BaseException as error:  # noqa: BLE001 - every one belongs to the coroutine
                    thrown = error
                # Not from within the handler: what the coroutine raises would have the error as its context.
                waiting = self.coroutine.send(answer) if thrown is None else self.coroutine.throw(thrown)
        except StopIteration as end:
            return end.value


class Body(httpx.AsyncByteStream):
    """A file that comes in pieces, with a wait before each."""

    def __init__(self, content: bytes, opened: list[Body]) -> None:
        self.content = content
        self.closed = False
        opened.append(self)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.content), 3):
            await anyio.lowlevel.checkpoint()
            yield self.content[start : start + 3]

    async def aclose(self) -> None:
        self.closed = True


@attrs.define
class Slow(Paper):
    """The panel with files in pieces."""

    opened: list[Body] = attrs.field(factory=list)

    def transport(self, style: str) -> httpx.MockTransport:  # noqa: ARG002 - both loops
        async def answer(request: httpx.Request) -> httpx.Response:
            await anyio.lowlevel.checkpoint()
            response = self.answer(request)
            if request.method != "GET":
                return response
            headers = {"Content-Type": "text/csv", "Content-Length": str(len(response.content))}
            return httpx.Response(200, headers=headers, stream=Body(response.content, self.opened))

        return httpx.MockTransport(answer)


def open_files(folder: Path) -> list[str]:
    """The files below a folder that this process holds open."""
    found: list[str] = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            found.append(os.readlink(descriptor))  # noqa: PTH115 - those that are no files, too
        except OSError:
            continue
    return [name for name in found if name.startswith(str(folder))]


def assert_clean(folder: Path, panel: Slow, numbers: range) -> None:
    """Besides whole files, only what a later run may go on with is left: part files and their records."""
    left = {path.name: path.read_bytes() for path in folder.glob("*") if not path.name.endswith(KEPT)}
    whole = {f"{number}_database_export.csv": file_of(number) for number in numbers}
    assert left.items() <= whole.items()
    assert open_files(folder) == []
    assert all(body.closed for body in panel.opened)


def native(_scope: anyio.CancelScope) -> None:
    """asyncio's own cancellation, which anyio's shields don't stop."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


def scoped(scope: anyio.CancelScope) -> None:
    scope.cancel()


async def cancelled_at(step: int, folder: Path, style: str, cancel: Callable[[anyio.CancelScope], None]) -> bool:
    """Exports, cancelled at the `step`th await; whether it had so many."""
    panel = Slow(polls=2)
    async with panel.client(style) as client:
        with anyio.CancelScope() as scope:
            stepped = Stepped(client.export(Database(1), to=folder), step, lambda: cancel(scope))
            try:
                await stepped
            except asyncio.CancelledError:
                if cancel is not native:
                    raise
        assert_clean(folder, panel, range(1, 2))
        # The client is as good as new.
        result = await client.export(Database(2), to=folder)
        assert result.files[0].path.read_bytes() == file_of(2)
    assert_clean(folder, panel, range(1, 3))
    return stepped.waits >= step


@pytest.mark.parametrize(("style", "cancel"), [("asyncio", scoped), ("trio", scoped), ("asyncio", native)])
def test_cancelled_at_every_await(style: str, cancel: Callable[[anyio.CancelScope], None], tmp_path: Path) -> None:
    async def main() -> int:
        step = 1
        while await cancelled_at(step, tmp_path / str(step), style, cancel):
            step += 1
        return step

    assert run(style, main) > 15


@LOOPS
def test_many_exports_cancelled_at_every_await(style: str, tmp_path: Path) -> None:
    async def consume(client: Any, folder: Path) -> None:
        async for outcome in client.export_many(databases(1, 2, 3, 4, 5), to=folder, concurrency=2):
            outcome.unwrap()

    async def main() -> int:
        step = 1
        while True:
            panel, folder = Slow(), tmp_path / str(step)
            async with panel.client(style) as client:
                with anyio.CancelScope() as scope:
                    stepped = Stepped(consume(client, folder), step, scope.cancel)
                    await stepped
                assert client._driver.crews == set()
                assert client._driver.limiter._running == 0
                assert_clean(folder, panel, range(1, 6))
                made = len(panel.created)
                await anyio.sleep(0.002)
                assert len(panel.created) == made
            if stepped.waits < step:
                return step
            step += 1

    assert run(style, main) >= 5


@LOOPS
@pytest.mark.parametrize("after", [0.0, 0.001, 0.003, 0.005, 0.01, 0.02])
def test_many_exports_out_of_time(style: str, tmp_path: Path, after: float) -> None:
    async def main() -> None:
        panel = Slow(polls=3)
        async with panel.client(style) as client:
            with anyio.move_on_after(after):
                async for outcome in client.export_many(databases(*range(1, 200)), to=tmp_path):
                    outcome.unwrap()
        assert_clean(tmp_path, panel, range(1, 200))

    run(style, main)


def holds_bytes(folder: Path) -> bool:
    """Whether bytes of a download are there; quick, so that an event loop may ask."""
    return any(part.stat().st_size for part in folder.glob("*.part"))


@LOOPS
def test_the_end_of_file_work_does_not_hold_up_the_loop(
    style: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    waits, let, went_on = threading.Event(), threading.Event(), list[bool]()
    keep = PartFile.keep

    def slow_keep(part: PartFile) -> None:
        threads.append(threading.get_ident())
        waits.set()
        went_on.append(let.wait(20))
        keep(part)

    monkeypatch.setattr(PartFile, "keep", slow_keep)

    async def main() -> None:
        panel = Slow()

        async def watch() -> None:
            while not waits.is_set():  # noqa: ASYNC110 - a thread tells no loop
                await anyio.sleep(0.005)
            let.set()

        async with panel.client(style) as client, anyio.create_task_group() as watching:
            watching.start_soon(watch)
            async with anyio.create_task_group() as group:
                group.start_soon(lambda: client.export(Database(1), to=tmp_path))
                while not holds_bytes(tmp_path):
                    await anyio.lowlevel.checkpoint()
                group.cancel_scope.cancel()

    run(style, main)
    assert went_on
    assert all(went_on), "the loop stood still meanwhile"
    assert threading.get_ident() not in threads
    assert [path.name for path in tmp_path.iterdir() if not path.name.endswith(KEPT)] == []
