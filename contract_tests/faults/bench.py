"""Runs one export against the fault server, and checks what must hold however it ends."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import resource
import ssl
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import attrs

from contract_tests.faults.fault import COMPLETE, Case, exit_code
from contract_tests.faults.panel import FILE_NAME, TOKEN, Panel, content
from contract_tests.faults.server import FaultServer, ForeignHost, Plan
from profile_export import AsyncExportClient, Database, ExportClient
from profile_export.errors import ExportError
from profile_export.policy import PollPolicy, RetryPolicy
from profile_export.types import WireFormat

# No case needs more than two seconds; the rest is for a machine that is busy with something else.
BUDGET: Final = 15.0
POLL: Final = PollPolicy(min_delay=0.01, max_delay=0.02, not_found_grace=0.05, unknown_status_patience=0.05)
# Nothing here speaks TLS; a context of its own spares every client the reading of the system's authorities.
NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

Flavour: TypeAlias = Literal["blocking", "asynchronous"]

# Faults whose file never was the usual one.
OTHER_BYTES = frozenset({"endless-file", "endless-blanks", "trickle"})


@attrs.frozen
class Outcome:
    """How an export ended.

    Attributes:
        end: "complete" or the error's slug.
        error: The error.
        seconds: How long it took.
        hung: Whether the server had to be stopped to end it.
        called_away: Whether anything connected to the foreign address.
        url: The panel's address.
        requests: Requests of each step.
    """

    end: str
    error: ExportError | None
    seconds: float
    hung: bool
    called_away: bool
    url: str
    requests: dict[str, int]


def run(case: Case, folder: Path, *, flavour: Flavour = "blocking", wire_format: WireFormat = "json") -> Outcome:
    """One export under one fault; when it isn't over within the budget, stopping the server ends it."""
    with (
        ForeignHost() as foreign,
        FaultServer(
            Plan(case.fault, case.step, case.times),
            panel=Panel(case.fault.manners),
            host=case.fault.host,
            foreign=foreign.address,
        ) as server,
    ):
        stopped = threading.Event()

        def stop() -> None:
            stopped.set()
            server.stop()

        watchdog = threading.Timer(BUDGET, stop)
        watchdog.start()
        began = time.monotonic()
        error: ExportError | None = None
        if not case.fault.listens:
            server.refuse()
        try:
            with _room(case.fault.room):
                _export(case, server.url, folder, flavour, wire_format)
        except ExportError as failure:
            error = failure
        finally:
            seconds = time.monotonic() - began
            watchdog.cancel()
            watchdog.join()
        end = COMPLETE if error is None else error.slug
        return Outcome(
            end,
            error,
            seconds,
            stopped.is_set(),
            foreign.called(),
            server.url,
            {str(step): number for step, number in server.requests.items()},
        )


@contextlib.contextmanager
def _room(limit: int | None) -> Iterator[None]:
    """Lets files of this process grow to `limit` bytes only, which ends like a full disk."""
    if limit is None:
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _export(case: Case, url: str, folder: Path, flavour: Flavour, wire_format: WireFormat) -> None:
    fault = case.fault
    options: dict[str, Any] = {
        "token": TOKEN,
        "wire_format": wire_format,
        "verify": NO_TLS,
        "poll": POLL,
        "retry": RetryPolicy(attempts=fault.attempts, first_delay=0.01, max_delay=0.02, request_timeout=fault.patience),
    }
    if flavour == "blocking":
        with ExportClient(url, **options) as client:
            client.export(Database(1), to=folder, timeout=fault.wait)
        return

    async def export() -> None:
        async with AsyncExportClient(url, **options) as client:
            await client.export(Database(1), to=folder, timeout=fault.wait)

    asyncio.run(export())


def check(case: Case, outcome: Outcome, folder: Path) -> None:
    """The promises of every ending.

    Raises:
        AssertionError: One of them is broken.
    """
    assert not outcome.hung, f"not over after {BUDGET:g} seconds"
    assert outcome.end == case.end, repr(outcome.error)
    assert not outcome.called_away, "the client connected to a foreign host"
    left = {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}
    if outcome.error is None:
        # Where the file changes under its reader, one version of it, whole.
        versions = range(10) if case.fault.manners.etag == "changing" else [0]
        assert left in [{FILE_NAME: content(version)} for version in versions]
        return
    assert outcome.error.exit_code == exit_code(case.end)
    kept = {name for name in left if name.endswith(".rejected")} if case.end == "integrity" else set()
    parts = {name for name in left if name.endswith(".part")}
    assert set(left) == kept | parts | {f"{name}.json" for name in parts}, "an export that failed left files"
    if case.fault.name not in OTHER_BYTES:
        for name in parts:
            assert any(content(version).startswith(left[name]) for version in range(10)), "wrong bytes were kept"
    for text in _texts(outcome.error):
        assert TOKEN not in text


def _texts(error: ExportError) -> Iterator[str]:
    """Everything that an error says, and the errors behind it."""
    seen: dict[int, BaseException] = {}
    ahead: list[BaseException | None] = [error]
    while ahead:
        current = ahead.pop()
        if current is None or id(current) in seen:
            continue
        seen[id(current)] = current
        ahead += [current.__cause__, current.__context__]
        assert current.__cause__ is not current, "an error is its own cause"
        yield from (str(current), repr(current), repr(vars(current)))
    yield "".join(traceback.format_exception(error))
    yield repr(vars(pickle.loads(pickle.dumps(error))))
