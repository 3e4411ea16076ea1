"""Downloads that break in the middle, at panels that treat ranges in every right and wrong way."""

from __future__ import annotations

from typing import Final

from contract_tests.faults.acts import connections
from contract_tests.faults.catalogue.endings import download
from contract_tests.faults.fault import COMPLETE, Fault
from contract_tests.faults.panel import Manners
from contract_tests.faults.wire import Wire

BROKEN: Final = connections.breaks("half the body", Wire.reset)


def broken(name: str, what: str, manners: Manners, *, every: str, first: str = COMPLETE, attempts: int = 3) -> Fault:
    """The connection is reset in the middle of the file, and this is how the panel treats the request for the rest."""
    ends = download(every, first=first)
    return Fault(
        name, f"reset in the middle, then {what}", BROKEN, ends, attempts=attempts, in_xml=True, manners=manners
    )


RANGES: Final = (
    broken("range-ignored", "ranges are ignored", Manners(ranges="ignored"), every="incomplete-download"),
    broken("weak-etag", "the ETag is weak", Manners(etag="weak"), every="incomplete-download"),
    broken("no-etag", "there is no ETag", Manners(etag="none"), every="incomplete-download"),
    broken("etag-changes", "the file is another one", Manners(etag="changing"), every="incomplete-download"),
    broken(
        "if-range-ignored",
        "the file is another one, and its rest is sent all the same",
        Manners(etag="changing", if_range="ignored"),
        every="incomplete-download",
    ),
    broken(
        "range-wrong-start",
        "the rest begins elsewhere",
        Manners(ranges="wrong-start"),
        every="remote-changed",
        first="remote-changed",
        attempts=2,
    ),
    broken(
        "range-wrong-total",
        "the rest tells another length",
        Manners(ranges="wrong-total"),
        every="remote-changed",
        first="remote-changed",
        attempts=2,
    ),
    broken(
        "range-without-range",
        "the rest doesn't say where it begins",
        Manners(ranges="no-content-range"),
        every="remote-changed",
        first="remote-changed",
        attempts=2,
    ),
)
