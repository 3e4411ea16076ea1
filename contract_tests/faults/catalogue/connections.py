"""Faults of the connection: it breaks, stalls, crawls, or never ends."""

from __future__ import annotations

from typing import Final

from contract_tests.faults.acts import answers, connections
from contract_tests.faults.catalogue.endings import (
    ALIEN,
    HARMLESS,
    LOST,
    SHORT,
    STALLED,
    calls,
    download,
    ends,
    only,
    status,
)
from contract_tests.faults.fault import COMPLETE, Ends, Fault
from contract_tests.faults.wire import Wire

CONNECTIONS: Final = (
    Fault(
        "refused",
        "no connection is accepted",
        connections.vanishes,
        {"create": Ends("connect-failed", None)},
        listens=False,
    ),
    Fault(
        "vanishes",
        "the panel goes down, for good",
        connections.vanishes,
        ends("create-outcome-unknown", "connect-failed", "incomplete-download", first=None),
        twins=True,
    ),
    Fault("reset", "reset before the answer", connections.breaks("nothing", Wire.reset), LOST, twins=True),
    Fault("reset-in-head", "reset in the middle of the headers", connections.breaks("half the head", Wire.reset), LOST),
    Fault(
        "reset-in-body",
        "reset in the middle of the body",
        connections.breaks("half the body", Wire.reset),
        LOST,
        twins=True,
    ),
    Fault("closed", "closed without an answer", connections.breaks("nothing", Wire.close), LOST),
    Fault("cut", "cut off, with Content-Length", connections.breaks("half the body", Wire.close), LOST, twins=True),
    Fault(
        "cut-without-length",
        "cut off, without Content-Length",
        connections.breaks("half the body", Wire.close, length=None),
        ends("contract", "contract", "integrity", first=None),
        twins=True,
    ),
    Fault("cut-chunked", "cut off between chunks", connections.chunks_break(b""), LOST),
    Fault("bad-chunk-size", "a chunk size that is no number", connections.chunks_break(b"zebra\r\n"), LOST),
    Fault(
        "stall",
        "stalls before the answer",
        connections.breaks("nothing", Wire.wait_until_gone),
        STALLED,
        patience=SHORT,
        attempts=2,
        twins=True,
    ),
    Fault(
        "stall-in-head",
        "stalls in the middle of the headers",
        connections.breaks("half the head", Wire.wait_until_gone),
        only(STALLED, "status"),
        patience=SHORT,
        attempts=2,
    ),
    Fault(
        "stall-in-body",
        "stalls in the middle of the body",
        connections.breaks("half the body", Wire.wait_until_gone),
        STALLED,
        patience=SHORT,
        attempts=2,
        twins=True,
    ),
    Fault(
        "slow",
        "arrives slowly, in all longer than the request timeout",
        connections.crawls(8, 0.05),
        download(COMPLETE),
        patience=SHORT,
    ),
    Fault(
        "trickle",
        "a byte now and then, for ever",
        connections.trickles(0.05),
        STALLED,
        patience=SHORT,
        twins=True,
    ),
    Fault("byte-by-byte", "arrives byte by byte", connections.byte_by_byte, HARMLESS, twins=True),
    Fault("ipv6", "an address of IPv6", answers.changed(), {"create": Ends(COMPLETE, None)}, host="::1"),
    Fault("dies-idle", "the connection is closed between requests", connections.dies_idle, HARMLESS, twins=True),
    Fault(
        "dies-when-reused",
        "the connection is reset when it is used again",
        connections.dies_when_reused(Wire.reset),
        {"status": Ends(COMPLETE, None), "download": Ends(COMPLETE, None)},
        twins=True,
    ),
    Fault(
        "endless",
        "a body without length that never ends",
        connections.endless_body(connections.SPACES),
        calls("contract"),
        twins=True,
    ),
    Fault(
        "endless-chunks",
        "chunks that never end",
        connections.endless_body(connections.SPACES, chunked=True),
        status("contract"),
    ),
    Fault(
        "endless-file",
        "a file without length that never ends, on a disk that does",
        connections.endless_body(connections.LINES),
        download("no-space"),
        room=8 * 2**20,
        twins=True,
    ),
    Fault(
        "endless-blanks",
        "blanks that never end in place of the file",
        connections.endless_body(connections.SPACES),
        download("no-space"),
        room=8 * 2**20,
    ),
    Fault(
        "endless-page",
        "a web page that never ends",
        connections.endless_body(connections.TAGS, ("Content-Type", "text/html")),
        {**ALIEN, **download("integrity")},
    ),
    Fault(
        "endless-refusal",
        "HTTP 404 with a page that never ends",
        connections.endless_body(connections.TAGS, ("Content-Type", "text/html"), status=404),
        download("link-expired"),
    ),
    Fault("endless-headers", "headers that never end", connections.endless_headers, LOST),
    Fault("endless-header", "one header that never ends", connections.endless_header, only(LOST, "status", "download")),
)
