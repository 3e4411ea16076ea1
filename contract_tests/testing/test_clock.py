"""The clock that nobody waits for: alone, in an event loop, and under clients."""

from __future__ import annotations

import threading
import time

import anyio
import pytest

from profile_export import _clock
from profile_export._local import Local
from profile_export.testing import VirtualClock


def test_time_passes_in_sleeps_only() -> None:
    clock = VirtualClock(100.0)
    began = time.monotonic()
    clock.sleep(3600)
    assert (clock.now(), clock.slept) == (3700.0, [3600])
    clock.advance(300)
    assert (clock.now(), clock.slept) == (4000.0, [3600])
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("seconds", [-1.0, float("nan")])
def test_time_is_not_set_back(seconds: float) -> None:
    with pytest.raises(ValueError, match="can't be set back"):
        VirtualClock().advance(seconds)


def test_who_sleeps_the_shortest_wakes_first() -> None:
    clock = VirtualClock()
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, *naps: float) -> None:
        for seconds in naps:
            await clock.asleep(seconds)
            woken.append((name, clock.now()))

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(sleeper, "long", 100.0)
            group.start_soon(sleeper, "short", 30.0, 30.0, 30.0, 30.0)
            group.start_soon(sleeper, "middle", 45.0)

    anyio.run(main)
    assert woken == [("short", 30), ("middle", 45), ("short", 60), ("short", 90), ("long", 100), ("short", 120)]


def test_a_cancelled_sleeper_holds_nobody_up() -> None:
    clock = VirtualClock()

    async def main() -> None:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await clock.asleep(1.0)
        await clock.asleep(50.0)

    anyio.run(main)
    assert clock.now() == 50.0


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_systems_clock_really_waits(backend: str) -> None:
    clock = _clock.SystemClock()
    began = time.monotonic()
    clock.sleep(0.01, time.sleep)
    anyio.run(clock.asleep, 0.01, backend=backend)
    assert time.monotonic() - began >= 0.02
    assert abs(clock.now() - time.monotonic()) < 1


def test_what_is_made_within_lives_on_the_clock_in_every_thread_and_afterwards() -> None:
    made: list[Local] = []
    outer, inner = VirtualClock(), VirtualClock()
    with outer:
        with inner:
            thread = threading.Thread(target=lambda: made.append(Local()))
            thread.start()
            thread.join()
        made.append(Local())
    assert [local.clock for local in made] == [inner, outer]
    assert isinstance(Local().clock, _clock.SystemClock)


def test_work_in_a_thread_takes_no_time() -> None:
    clock = VirtualClock()

    async def works() -> float:
        await anyio.to_thread.run_sync(time.sleep, 0.05)
        return clock.now()

    async def sleeps() -> None:
        for _ in range(10):
            await clock.asleep(100)

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(sleeps)
            assert await works() == 0.0

    anyio.run(main)
    assert clock.now() == 1000.0
