"""How exports end under faults of one kind, for declarations that are about all three steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from contract_tests.faults.fault import COMPLETE, Ends
from contract_tests.faults.panel import Step

Everywhere = Mapping[Step, Ends]

# A client that must wait for nothing waits for so long.
SHORT: Final = 0.5


def ends(create: str, status: str, download: str, *, first: str | None = COMPLETE) -> Everywhere:
    return {"create": Ends(create, first), "status": Ends(status, first), "download": Ends(download, first)}


def calls(every: str) -> Everywhere:
    """Both calls of the API, alike."""
    return {"create": Ends(every, None), "status": Ends(every, None)}


def only(endings: Everywhere, *steps: Step) -> Everywhere:
    """Those of some steps, where the others would show nothing new."""
    return {step: endings[step] for step in steps}


def download(every: str, *, first: str | None = None) -> Everywhere:
    return {"download": Ends(every, first)}


def status(every: str, *, first: str | None = None) -> Everywhere:
    return {"status": Ends(every, first)}


LOST: Final = ends("create-outcome-unknown", "response-lost", "incomplete-download")
STALLED: Final = ends("create-outcome-unknown", "request-timeout", "incomplete-download")
FAILED: Final = ends("create-outcome-unknown", "server-error", "server-error")
LIMITED: Final = ends("rate-limited", "rate-limited", "rate-limited")
ALIEN: Final = ends("contract", "contract", "contract", first=None)
# A success that can't be read: the panel may have created the task.
UNREADABLE: Final = ends("create-outcome-unknown", "contract", "contract", first=None)
UNREADABLE_OR_SHORT: Final = ends("create-outcome-unknown", "contract", "integrity", first=None)
HARMLESS: Final = ends(COMPLETE, COMPLETE, COMPLETE, first=None)
