"""The end of an asynchronous run's file work: it has ended when the call has, however often that is cancelled."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from types import TracebackType

import pytest

from profile_export._parts import PartFiles
from profile_export._threads import FileWork


class SlowDisk(PartFiles):
    """Puts its part files away when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.let, self.ended = threading.Event(), threading.Event(), 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.begun.set()
        self.let.wait(10)
        super().__exit__(kind, error, trace)
        self.ended += 1


@pytest.mark.parametrize("times", [0, 1, 3])
def test_the_end_is_waited_for_through_every_cancellation(times: int, tmp_path: Path) -> None:
    parts = SlowDisk()

    async def work() -> None:
        async with FileWork(parts) as files:
            parts.begin(tmp_path / "a.csv", count_rows=True, announced=None)
            await files.run(lambda: None)

    async def main() -> None:
        task = asyncio.create_task(work())
        await asyncio.to_thread(parts.begun.wait, 10)
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0.01)
        assert not task.done()
        parts.let.set()
        await asyncio.wait([task])
        assert task.cancelled() == (times > 0)
        assert parts.ended == 1

    asyncio.run(main())
