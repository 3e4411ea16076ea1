"""Whose part file it is: an owner is gone only when that is proved."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from profile_export import _ownership
from profile_export._ownership import UNTOUCHED, Owner, hold, is_gone, let_go, read_owner, this_process

PART = Path("/exports/a.csv.01234567.part")


@pytest.fixture
def dead() -> Owner:
    """A process of this machine that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return attrs.evolve(this_process(), pid=child.pid, began="1")


def gone(owner: Owner, idle: float = 0.0) -> bool:
    return is_gone(owner, PART, idle=idle)


def test_an_ended_process_is_gone(dead: Owner) -> None:
    assert gone(dead)
    assert gone(attrs.evolve(dead, boot="", began=""))


def test_a_living_process_is_not() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        living = attrs.evolve(this_process(), pid=child.pid, began=_ownership._began(child.pid))
        assert not gone(living, idle=10 * UNTOUCHED)
        assert gone(attrs.evolve(living, began="1")), "another process has its number now"
    finally:
        child.communicate()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells")
def test_a_zombie_is_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", "open(0).read()"], stdin=subprocess.PIPE) as child:
        living = attrs.evolve(this_process(), pid=child.pid, began=_ownership._began(child.pid))
        assert not gone(living)
        assert child.stdin is not None
        child.stdin.close()
        # It has ended, and nobody has asked for its exit code.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert gone(living)


@pytest.mark.skipif(not Path("/proc/self/ns/pid").exists(), reason="only Linux has them")
def test_a_container_of_the_same_name_is_another_machine(monkeypatch: pytest.MonkeyPatch, dead: Owner) -> None:
    monkeypatch.setattr(Path, "readlink", lambda _: Path("pid:[1]"))
    theirs = _ownership._host()
    assert theirs != this_process().host
    assert not gone(attrs.evolve(dead, host=theirs), UNTOUCHED)
    assert gone(attrs.evolve(dead, host=theirs), UNTOUCHED + 1)
    assert gone(attrs.evolve(dead, host=theirs, boot="another")), "it ended with its machine"


def test_what_was_left_in_good_order_is_nobody_s() -> None:
    assert gone(_ownership.nobody())
    assert read_owner(attrs.asdict(_ownership.nobody())) == _ownership.nobody()


def test_a_folder_may_have_two_names(tmp_path: Path) -> None:
    folder, link = tmp_path / "folder", tmp_path / "link"
    folder.mkdir()
    link.symlink_to(folder)
    hold(folder / "part")
    try:
        assert not is_gone(this_process(), link / "part", idle=0)
    finally:
        let_go(folder / "part")
    assert is_gone(this_process(), link / "part", idle=0)


def test_this_process_is_gone_from_what_it_no_longer_works_on() -> None:
    me = this_process()
    assert gone(me)
    hold(PART)
    assert not gone(me)
    let_go(PART)
    assert gone(me)


def test_an_earlier_run_of_the_machine_is_gone() -> None:
    assert gone(attrs.evolve(this_process(), boot="another"))


@pytest.mark.parametrize(("idle", "expected"), [(0.0, False), (UNTOUCHED, False), (UNTOUCHED + 1, True)])
def test_another_machine_is_gone_after_two_hours(dead: Owner, idle: float, expected: bool) -> None:
    assert gone(attrs.evolve(dead, host="elsewhere"), idle) is expected


@pytest.mark.parametrize("pid", [-1, 0, 2**31, 2**70])
def test_a_number_that_no_process_has(pid: int) -> None:
    owner = attrs.evolve(this_process(), pid=pid, began="1")
    assert gone(owner) is (pid > 0)


def test_a_process_of_another_user_lives(monkeypatch: pytest.MonkeyPatch, dead: Owner) -> None:
    def refuse(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert not gone(dead)


def test_windows_has_no_question_without_harm(monkeypatch: pytest.MonkeyPatch, dead: Owner) -> None:
    def harm(*_: int) -> None:
        raise AssertionError("signal 0 is Ctrl-C there")

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "kill", harm)
    assert not gone(dead)
    assert gone(dead, idle=UNTOUCHED + 1)


def test_an_owner_is_read_as_it_was_written() -> None:
    assert read_owner(attrs.asdict(this_process())) == this_process()


@pytest.mark.parametrize("value", [None, [], {}, {"host": "a", "boot": "", "pid": "1", "began": ""}, {"pid": 1}])
def test_what_is_no_owner(value: object) -> None:
    assert read_owner(value) is None


def test_where_the_system_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ownership, "_read", lambda _: "")
    _ownership.boot.cache_clear()
    _ownership._this.cache_clear()
    try:
        assert (this_process().boot, this_process().began) == ("", "")
    finally:
        _ownership.boot.cache_clear()
        _ownership._this.cache_clear()


@pytest.mark.parametrize("name", ["plain", "a b", ") 1 2 3 ("])
def test_when_a_process_began_is_told_whatever_it_is_called(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    line = f"77 ({name}) S " + " ".join(str(field) for field in range(4, 53))
    monkeypatch.setattr(_ownership, "_read", lambda _: line)
    assert _ownership._began(77) == "22"
