"""Events of one run come to its sink one at a time and in order, and nobody waits for a sink that another one is in."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from profile_export._local import Local
from profile_export._telling import Telling
from profile_export.events import DownloadFinished, DownloadProgress, Event

FILE = Path("a.csv")


def finished(size: int) -> Event:
    return DownloadFinished(target=FILE, size=size)


def test_who_comes_while_another_one_tells_does_not_wait() -> None:
    """As an event loop must not, while a sink in a thread waits for that loop."""
    inside, go_on = threading.Event(), threading.Event()
    seen: list[tuple[Event, str]] = []

    def sink(event: Event) -> None:
        seen.append((event, threading.current_thread().name))
        if event == finished(1):
            inside.set()
            assert go_on.wait(10)

    local = Local(sink)
    thread = threading.Thread(target=local.emit, args=(finished(1),), name="worker")
    thread.start()
    assert inside.wait(10)
    for event in (DownloadProgress(target=FILE, received=1), finished(2), finished(3)):
        local.emit(event)
    assert seen == [(finished(1), "worker")]
    go_on.set()
    thread.join()
    # What is under way says nothing that the next event doesn't.
    assert seen == [(finished(1), "worker"), (finished(2), "worker"), (finished(3), "worker")]
    local.emit(finished(4))
    assert seen[-1] == (finished(4), threading.current_thread().name)


def test_an_interrupted_sink_leaves_nobody_out() -> None:
    telling, seen = Telling(), list[Event]()

    def interrupted(_: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        telling.tell(finished(1), interrupted)
    telling.tell(finished(2), seen.append)
    assert seen == [finished(2)]


def test_many_threads_tell_all_their_events_in_order() -> None:
    seen: list[Event] = []
    busy = threading.Lock()

    def sink(event: Event) -> None:
        assert busy.acquire(blocking=False), "two at once"
        seen.append(event)
        busy.release()

    telling = Telling()

    def tell(first: int) -> None:
        for number in range(first, first + 200):
            telling.tell(finished(number), sink)

    threads = [threading.Thread(target=tell, args=(1000 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sizes = [event.size for event in seen if isinstance(event, DownloadFinished)]
    assert sorted(sizes) == [1000 * number + event for number in range(4) for event in range(200)]
    for number in range(4):
        own = [size for size in sizes if size // 1000 == number]
        assert own == sorted(own)
