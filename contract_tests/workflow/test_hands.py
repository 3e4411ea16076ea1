"""Threads that help one run: none is left behind, whatever moment the run is interrupted at."""

from __future__ import annotations

import contextlib
import threading

import pytest

from profile_export._hands import Hands
from profile_export._stop import Stop, Stopped


def test_a_ctrl_c_right_behind_a_start_leaves_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    start, ended = threading.Thread.start, threading.Event()

    def interrupted(thread: threading.Thread) -> None:
        start(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    stop = Stop()

    def work() -> None:
        with contextlib.suppress(Stopped):
            stop.sleep(30)
        ended.set()

    with pytest.raises(KeyboardInterrupt), Hands(stop) as hands:
        hands.start(work)
    assert ended.is_set()


def test_a_ctrl_c_right_before_a_start_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: threading.Thread) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt), Hands(Stop()) as hands:
        hands.start(lambda: None)


def test_a_system_without_threads_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    with Hands(Stop()) as hands:
        assert not hands.start(lambda: None)
        hands.wait(lambda: True, lambda: None)
