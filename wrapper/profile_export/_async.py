"""The asynchronous driver: the blocking one's twin for asyncio and trio, with files in threads."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

import httpx

from profile_export import _calls
from profile_export import _effects as do
from profile_export._credentials import CredentialLine
from profile_export._file_clients import FileClients
from profile_export._file_work import with_files
from profile_export._limiter import Limiter
from profile_export._local import Local
from profile_export._threads import FileWork
from profile_export.errors import UsageError
from profile_export_api import Client
from profile_export_api.api.profiles import create_export
from profile_export_api.api.tasks import get_task_status

T = TypeVar("T")


class Crew(Protocol):
    """Runs flows beside their caller, as long as the driver is open."""

    async def stop(self) -> None:
        """Stops them, and waits until they have ended."""


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
        for crew in tuple(self.crews):
            await crew.stop()
        self._files.close()
        await self._http.aclose()

    async def run(self, flow: do.Flow[T], *, export: str = "") -> T:
        """Performs the flow; an effect's error is raised in the flow, which may handle it.

        `export` is what its events tell as the export that they are about, where it is not to ask for a request id.
        """
        if self._http.is_closed:
            raise UsageError("this client is closed")
        with self._local.run(export) as local:
            async with FileWork(local.parts()) as work:
                return await self._run(flow, work, local)

    async def _run(self, flow: do.Flow[T], work: FileWork, local: Local) -> T:
        try:
            effect = next(flow)
            while True:
                try:
                    answer = await self._perform(effect, work, local)
                except Exception as error:  # noqa: BLE001 - every error belongs to the flow
                    local.note(error)
                    effect = flow.throw(_calls.bare(error))
                else:
                    effect = flow.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _perform(self, effect: do.Effect[Any], work: FileWork, local: Local) -> Any:
        match effect:
            case do.CreateTask():
                return await self._create(effect)
            case do.GetStatus():
                return await self._status(effect)
            case do.Fetch():
                return await self._files.fetch(effect, work, local)
            case do.Sleep(seconds):
                return await self._local.clock.asleep(seconds)
            case do.FileEffect():
                return await work.run(with_files, effect, work.parts, self._local.journal)
            case do.MomentEffect():
                return local.moment(effect)
            case _:
                raise TypeError(f"no such effect: {effect!r}")

    async def _create(self, effect: do.CreateTask) -> str:
        with _calls.answering("create"):
            body = _calls.create_body(effect)
            answer = await create_export.asyncio_detailed(client=self._api, body=body, request_id=effect.request_id)
            return _calls.created_task(answer)

    async def _status(self, effect: do.GetStatus) -> Any:
        with _calls.answering("status", effect.task_id):
            body = _calls.status_body(effect.task_id)
            answer = await get_task_status.asyncio_detailed(client=self._api, body=body)
            return _calls.snapshot(effect.task_id, answer)
