"""Who works on a part file, and whether that process is surely gone.

No locks: on network file systems they are not to be trusted, and they vanish with the process that a later one wants to
know about. A part file says who owns it instead, and whoever can't prove that the owner is gone leaves it alone.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import attrs

from profile_export.types import is_integer

# Seconds. A living owner touches its file more often, even where a panel asked for an hour of patience.
UNTOUCHED: Final = 7200.0

# Part files that this process works on, with their true paths; a process number alone can't tell one run of ours from
# another.
_busy: Final[dict[Path, str]] = {}
_guard: Final = threading.Lock()


@attrs.frozen
class Owner:
    """One process: its host, that host's run since it was started, its number, and when it began; "" where unknown.

    Behind the host's name stands its space of process numbers: containers of one name have each their own. Without a
    host it is nobody.
    """

    host: str
    boot: str
    pid: int
    began: str


def read_owner(value: object) -> Owner | None:
    """The owner as `attrs.asdict` wrote it, or None where it is none."""
    members = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    if members.keys() != {"host", "boot", "pid", "began"} or not is_integer(members["pid"]):
        return None
    return Owner(**members) if all(isinstance(members[name], str) for name in ("host", "boot", "began")) else None


def this_process() -> Owner:
    """This process."""
    return _this(os.getpid())


def nobody() -> Owner:
    """The owner of what a process left in good order, in this run of the machine."""
    return Owner("", boot(), 0, "")


@cache
def _this(pid: int) -> Owner:
    # Every small file is named after it, and after a fork the number is another one.
    return Owner(_host(), boot(), pid, _began(pid))


def _host() -> str:
    name = socket.gethostname()
    try:
        # The space of process numbers (Linux, man 7 pid_namespaces).
        return f"{name} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return name


@cache
def boot() -> str:
    """What tells this run of the machine from an earlier one, or "" where the system doesn't say.

    What was written but not synced before a loss of power is gone or zeroes; within one run it is all there.
    """
    return _read("/proc/sys/kernel/random/boot_id").strip()


def is_gone(owner: Owner, path: Path, *, idle: float) -> bool:
    """Whether nobody works on the part file at `path` any more, which nobody touched for `idle` seconds."""
    me = this_process()
    if not owner.host:
        return True
    if _machine(owner) != _machine(me):
        return idle > UNTOUCHED
    if owner.boot and me.boot and owner.boot != me.boot:
        return True
    if owner.host != me.host:
        # Another container: its numbers say nothing here.
        return idle > UNTOUCHED
    if owner.pid == me.pid and owner.began == me.began:
        true = _true(path)
        with _guard:
            return true not in _busy.values()
    return not _lives(owner, idle)


def _machine(owner: Owner) -> str:
    return owner.host.partition(" ")[0]


def _lives(owner: Owner, idle: float) -> bool:
    if sys.platform == "win32":
        # A signal 0 would be Ctrl-C there.
        return idle <= UNTOUCHED
    try:
        os.kill(owner.pid, 0)
    except (ProcessLookupError, OverflowError, ValueError):
        return False
    except OSError:
        pass
    state, began = _stat(owner.pid)
    # Another process has the number now.
    another = owner.began and began and owner.began != began
    # A zombie has ended; its parent has not asked yet.
    return not another and state != "Z"


def hold(path: Path) -> None:
    """Notes that this process works on the part file."""
    true = _true(path)
    with _guard:
        _busy[path] = true


def let_go(path: Path) -> None:
    """Notes that it no longer does."""
    with _guard:
        _busy.pop(path, None)


def _true(path: Path) -> str:
    """The path without symbolic links in the folder's name: two runs may know one folder by two."""
    return os.path.join(os.path.realpath(path.parent), path.name)  # noqa: PTH118 - no exception for a circle of links


def _began(pid: int) -> str:
    """When a process began, in ticks since the start of the machine."""
    return _stat(pid)[1]


def _stat(pid: int) -> tuple[str, str]:
    """A process' state, and when it began: fields 3 and 22 of its line (Linux, man 5 proc); "" elsewhere."""
    # The command's name comes before, in parentheses, and may hold blanks and parentheses itself.
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return (fields[0], fields[19]) if len(fields) > 19 else ("", "")


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
