"""The asynchronous driver: the blocking one's twin for asyncio and trio, with file work in threads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol, TypeVar

import anyio
import httpx
from anyio.abc import TaskGroup

from profile_export import _calls
from profile_export import _effects as do
from profile_export._credentials import CredentialLine
from profile_export._file_work import with_files
from profile_export._limiter import Limiter
from profile_export._local import Local, download_headers, head_of
from profile_export._parts import PartFiles
from profile_export._receiver import Receiver, Rest
from profile_export._shares import Share, Shares, impatient
from profile_export._threads import FileWork
from profile_export._transfer import is_redirect
from profile_export.errors import UsageError
from profile_export_api import Client
from profile_export_api.api.profiles import create_export
from profile_export_api.api.tasks import get_task_status

T = TypeVar("T")

# Seconds between two looks at how far the tasks of a download are; their ends are noticed at once.
LOOK_EVERY: Final = 0.1


class Crew(Protocol):
    """Runs flows beside their caller, as long as the driver is open."""

    async def stop(self) -> None:
        """Stops them, and waits until they have ended."""


class AsyncDriver:
    """Runs flows over one httpx client, each in the task that asked for it."""

    def __init__(self, http: httpx.AsyncClient, line: CredentialLine, local: Local) -> None:
        self._http = http
        self._line = line
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
        await self._http.aclose()

    async def run(self, flow: do.Flow[T], *, export: str = "") -> T:
        """Performs the flow; an effect's error is raised in the flow, which may handle it.

        `export` is what its events tell as the export that they are about, where it is not to ask for a request id.
        """
        if self._http.is_closed:
            raise UsageError("this client is closed")
        with self._local.run(export) as local:
            async with FileWork(PartFiles()) as work:
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
                return await self._fetch(effect, work, local)
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

    async def _fetch(self, effect: do.Fetch, work: FileWork, local: Local) -> do.Fetched | do.Redirected:
        answer: do.Redirected | Receiver | Rest | None = None
        shares = Shares(effect, work.parts)
        if effect.connections == 1:
            answer = await self._fetch_first(effect, work, local, shares, None)
            if shares.failure is None:
                await self._help(effect, work, shares)
        else:
            progress = local.progress(effect)
            async with anyio.create_task_group() as group:
                shares.on_fatal(group.cancel_scope.cancel)
                tasks = Tasks(group)
                answer = await self._fetch_first(effect, work, local, shares, tasks)
                if shares.failure is None:
                    await self._help(effect, work, shares)
                while tasks.busy and shares.missing:
                    await tasks.wait()
                    progress(shares.received)
                group.cancel_scope.cancel()
        if isinstance(answer, do.Redirected):
            return answer
        return await work.run(shares.finish, answer)

    async def _fetch_first(
        self, effect: do.Fetch, work: FileWork, local: Local, shares: Shares, tasks: Tasks | None
    ) -> do.Redirected | Receiver | Rest | None:
        """The connection that asks for all of it, or for all of the rest."""
        parts, receiver = work.parts, None
        try:
            headers = await work.run(download_headers, parts, effect)
            async with self._http.stream("GET", effect.url, headers=headers) as response:
                head = head_of(response)
                if is_redirect(head):
                    return do.Redirected(head.location or "")
                receiver = local.receiver(effect, response, self._line, parts)
                async for chunk in response.aiter_raw():
                    await work.run(receiver.feed, chunk)
                    helpers = shares.open(response)
                    if tasks is not None:
                        for _ in range(helpers):
                            tasks.start(self._help, effect, work, shares)
                    if receiver.full:
                        break
        except Exception as error:  # noqa: BLE001 - raised by `finish`, when all have ended
            shares.note_first(error)
        return receiver

    async def _help(self, effect: do.Fetch, work: FileWork, shares: Shares) -> None:
        """Fetches ranges as long as there are some."""
        try:
            while (share := shares.take()) is not None:
                await self._fetch_share(effect, work, share)
        except Exception as error:  # noqa: BLE001 - raised by `finish`, when all have ended
            shares.note(error)

    async def _fetch_share(self, effect: do.Fetch, work: FileWork, share: Share) -> None:
        timeout = impatient(self._http.timeout)
        request = self._http.build_request("GET", effect.url, headers=share.headers(), timeout=timeout)
        response = await self._http.send(request, stream=True)
        try:
            if share.accept(response):
                async for chunk in response.aiter_raw():
                    if not await work.run(share.feed, chunk):
                        break
        finally:
            with anyio.CancelScope(shield=True):
                await response.aclose()
            share.close()


class Tasks:
    """The tasks that help one download, in their group."""

    def __init__(self, group: TaskGroup) -> None:
        self._group = group
        self._changed = anyio.Event()
        self.busy = 0

    def start(self, work: Callable[..., Awaitable[None]], *arguments: Any) -> None:
        """Does `work`, which handles its own failures, beside the caller."""
        self.busy += 1
        self._group.start_soon(self._do, work, arguments)

    async def _do(self, work: Callable[..., Awaitable[None]], arguments: tuple[Any, ...]) -> None:
        try:
            await work(*arguments)
        finally:
            self.busy -= 1
            self._changed.set()
            self._changed = anyio.Event()

    async def wait(self) -> None:
        """Until one of them has ended, but no longer than a moment."""
        with anyio.move_on_after(LOOK_EVERY):
            await self._changed.wait()
