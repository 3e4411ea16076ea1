"""The asynchronous driver: the blocking one's twin for asyncio and trio, with files in threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import anyio
import attrs
import httpx

from profile_export import _calls
from profile_export import _effects as do
from profile_export._closed import refuse_closed, using
from profile_export._credentials import CredentialLine
from profile_export._file_clients import FileClients
from profile_export._file_work import with_files
from profile_export._limiter import Limiter
from profile_export._local import Local
from profile_export._threads import FileWork, in_piece_of
from profile_export._together import Together
from profile_export_api import Client
from profile_export_api.api.profiles import create_export
from profile_export_api.api.tasks import get_task_status

T = TypeVar("T")


class Crew(Protocol):
    """Runs flows beside their caller, as long as the driver is open."""

    def halt(self) -> None:
        """Stops them."""

    async def stop(self) -> None:
        """Stops them, and waits until they have ended."""


@attrs.frozen
class _Run:
    """What the effects of one run share; `places` are the connections that several files at once have for ranges."""

    work: FileWork
    local: Local
    places: threading.Semaphore | None = None


class AsyncDriver:
    """Runs flows over one httpx client, each in the task that asked for it; files come over clients of their own."""

    def __init__(self, http: httpx.AsyncClient, files: FileClients, line: CredentialLine, local: Local) -> None:
        self._http = http
        self._files = files
        self._local = local
        self._api = Client(base_url=line.panel.base_url).set_async_httpx_client(http)
        self.crews: set[Crew] = set()

    @property
    def limiter(self) -> Limiter:
        """What all runs share."""
        return self._local.limiter

    async def aclose(self) -> None:
        """Ends what runs beside its caller, and closes the connections."""
        crews = tuple(self.crews)
        for crew in crews:
            crew.halt()
        # A sink in a thread that closes the client is waited for by a run, which may just have been cancelled.
        within = in_piece_of(self)
        if not within:
            for crew in crews:
                await crew.stop()
        self._files.close()
        with anyio.CancelScope(shield=within):
            await self._http.aclose()

    async def run(self, flow: do.Flow[T], *, export: str = "") -> T:
        """Performs the flow; an effect's error is raised in the flow, which may handle it.

        `export` is what its events tell as the export that they are about, where it is not to ask for a request id.
        """
        refuse_closed(self._http)
        with self._local.run(export) as local:
            async with FileWork(local.parts(), self) as work:
                return await self._drive(flow, _Run(work, local))

    async def _drive(self, flow: do.Flow[T], run: _Run) -> T:
        try:
            effect = next(flow)
            while True:
                try:
                    answer = await self._perform(effect, run)
                except Exception as error:  # noqa: BLE001 - every error belongs to the flow
                    run.local.note(error)
                    effect = flow.throw(_calls.bare(error))
                else:
                    effect = flow.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _perform(self, effect: do.Effect[Any], run: _Run) -> Any:
        match effect:
            case do.CreateTask():
                return await self._create(effect)
            case do.GetStatus():
                return await self._status(effect)
            case do.Fetch():
                return await self._files.fetch(effect, run.work, run.local, run.places)
            case do.AtOnce():
                return await self._at_once(effect, run)
            case do.Sleep(seconds):
                return await self._local.clock.asleep(seconds)
            case do.FileEffect():
                return await run.work.run(with_files, effect, run.work.parts, self._local.journal)
            case do.MomentEffect():
                return run.local.moment(effect)
            case _:
                raise TypeError(f"no such effect: {effect!r}")

    async def _create(self, effect: do.CreateTask) -> str:
        # What fails in a create may be done all the same, which a client that was closed meanwhile must not hide.
        refuse_closed(self._http)
        with _calls.answering("create"):
            body = _calls.create_body(effect)
            answer = await create_export.asyncio_detailed(client=self._api, body=body, request_id=effect.request_id)
            return _calls.created_task(answer)

    async def _status(self, effect: do.GetStatus) -> Any:
        with using(self._http), _calls.answering("status", effect.task_id):
            body = _calls.status_body(effect.task_id)
            answer = await get_task_status.asyncio_detailed(client=self._api, body=body)
            return _calls.snapshot(effect.task_id, answer)

    async def _at_once(self, effect: do.AtOnce, run: _Run) -> list[Any]:
        together = Together(effect)
        async with anyio.create_task_group() as group:
            beside = attrs.evolve(run, places=together.places)
            for _ in range(together.workers):
                group.start_soon(self._work, together, beside, group.cancel_scope.cancel)
        return together.finish()

    async def _work(self, together: Together, run: _Run, stop_all: Callable[[], None]) -> None:
        """Runs flows as long as there are some."""
        try:
            while (taken := together.take()) is not None:
                number, flow = taken
                together.done(number, await self._drive(flow, run))
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:  # noqa: BLE001 - raised by `finish`, when all have ended
            together.fail(error)
            stop_all()
        finally:
            together.leave()
