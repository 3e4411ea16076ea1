"""How an export ends before its end, and how it is gone on with."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final, Literal, TypeAlias

import attrs

from contract_tests.kills.disk import Bytes

Route: TypeAlias = Literal["resume_all", "export"]
ROUTES: Final[tuple[Route, ...]] = ("resume_all", "export")


@attrs.frozen
class Loss:
    """How a machine loses power: which unsynced names are left, and what of the unsynced bytes."""

    what: str
    names: Callable[[int], int]
    bytes_left: Bytes


def _none(_: int) -> int:
    return 0


def _all(states: int) -> int:
    return states - 1


LOSSES: Final = (
    Loss("names and bytes are lost", _none, "lost"),
    Loss("names are lost, bytes are not", _none, "kept"),
    Loss("names are there, bytes are zeroes", _all, "zeroes"),
    Loss("names are there, bytes are lost", _all, "lost"),
    Loss("everything is there", _all, "kept"),
)
# What a process that ends may take with it: nothing (kill -9), or what its machine had not yet written.
ENDS: Final[tuple[Loss | None, ...]] = (None, *LOSSES)

EVERYTHING: Final = os.environ.get("KILLS") == "all"


def chosen(dies_at: int, *, everything: bool = EVERYTHING) -> list[tuple[Loss | None, Route]]:
    """The ends that are tried at one moment: a kill, sometimes a loss of power, gone on with in both ways in turn.

    With `everything`, as `KILLS=all` in the environment asks for it, all of them.
    """
    if everything:
        return [(loss, route) for loss in ENDS for route in ROUTES]
    route, other = ROUTES if dies_at % 2 else ROUTES[::-1]
    losses = [(LOSSES[dies_at // 3 % len(LOSSES)], other)] if dies_at % 3 == 0 else []
    return [(None, route), *losses]
