"""Names for small files while they are written, which tell whose they are: a process that is killed leaves its own."""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import re
import secrets
import time
from functools import lru_cache
from pathlib import Path
from typing import Final

from profile_export import _ownership
from profile_export._ownership import Owner

# Seconds between two looks of a process at one folder. Each takes time for every name there (measured: 7 ms for ten
# thousand), and ten thousand exports into one folder are a hundred million names.
LOOK_EVERY: Final = 60.0
# How many of them are remembered: a program that runs for months may have a folder for each export.
MOST_FOLDERS: Final = 1000
PREFIX: Final = ".profile-export-"
NAME: Final = re.compile(rf"{re.escape(PREFIX)}([0-9a-f]{{8}})-([0-9a-f]{{8}})-(\d{{1,20}})-(\d{{0,20}})-[0-9a-f]{{8}}")

# When this process has looked at which folder; the process is named because a fork has it all, but is another one.
_looked: Final[dict[tuple[Owner, Path], float]] = {}


def new_name() -> str:
    """A name that nobody has had yet, and that tells this process."""
    me = _ownership.this_process()
    return f"{PREFIX}{_short(me.host)}-{_short(me.boot)}-{me.pid}-{me.began}-{secrets.token_hex(4)}"


def sweep(folder: Path) -> None:
    """Removes those of processes that are surely gone, once a minute at most; what can't be removed stays."""
    me, now = _ownership.this_process(), time.monotonic()
    if now < _looked.get((me, folder), -math.inf) + LOOK_EVERY:
        return
    if len(_looked) >= MOST_FOLDERS:
        _looked.clear()
    _looked[me, folder] = now
    with contextlib.suppress(OSError):
        # Plain names: a folder may hold a hundred thousand exports.
        for name in os.listdir(folder):  # noqa: PTH208 - a path for each would cost most of the time
            match = NAME.fullmatch(name) if name.startswith(PREFIX) else None
            if match is None:
                continue
            path = folder / name
            owner = Owner(_long(match[1], me.host), _long(match[2], me.boot), int(match[3]), match[4])
            with contextlib.suppress(OSError):
                # One of this process may be in the hands of another thread.
                if owner != me and _ownership.is_gone(owner, path, idle=time.time() - path.lstat().st_mtime):
                    path.unlink()


@lru_cache(maxsize=8)
def _short(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:8]


def _long(short: str, mine: str) -> str:
    """This machine's own text where `short` is of it, or else one that differs from it."""
    return mine if short == _short(mine) else short
