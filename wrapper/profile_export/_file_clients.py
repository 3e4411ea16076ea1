"""The blocking clients over which the asynchronous driver fetches files, in threads.

An event loop reads ahead into buffers of its own, whose bytes are joined, parsed and handed on piece by piece; a thread
that waits for its connection takes them from there (measured: about half the time and the work).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any, Final

import anyio
import httpx
from anyio.abc import ObjectReceiveStream, ObjectSendStream
from anyio.from_thread import BlockingPortal

from profile_export import _effects as do
from profile_export._bodies import unwind
from profile_export._closed import using
from profile_export._credentials import CredentialLine
from profile_export._fetch import Fetcher
from profile_export._local import Local
from profile_export._places import DOWNLOADS, STOP
from profile_export._stop import Stop
from profile_export._threads import FileWork, Outcome

# As many as a client has places for them: more would only wait for one, and can't be stopped there.
MOST_THREADS: Final = DOWNLOADS


class FileClients:
    """One client for all files; where the caller gave a transport that only an event loop can use, one for each."""

    def __init__(self, line: CredentialLine, http: httpx.Client | None, borrowed: httpx.AsyncClient) -> None:
        self._line = line
        self._http = http
        self._closing = Stop()
        self._fetcher = None if http is None else Fetcher(http, line, self._closing)
        self._borrowed = borrowed
        self._limiter: anyio.CapacityLimiter | None = None

    @property
    def _threads(self) -> anyio.CapacityLimiter:
        """Bounds the threads, which are others than those for short work: a slow file holds one for hours."""
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(MOST_THREADS)
        return self._limiter

    async def fetch(
        self, effect: do.Fetch, work: FileWork, local: Local, places: threading.Semaphore | None = None
    ) -> do.Fetched | do.Redirected:
        """Performs the effect, as `Fetcher` does; a cancelled caller stops it."""
        if self._fetcher is not None:
            return (await self._with(self._fetcher, effect, work, local, places)).get()
        outcome = Outcome[do.Fetched | do.Redirected]()
        async with BlockingPortal() as portal:
            with self._on_loop(portal) as http:
                fetcher = Fetcher(http, self._line, self._closing)
                try:
                    outcome = await self._with(fetcher, effect, work, local, places)
                except anyio.get_cancelled_exc_class():
                    raise
                except BaseException as error:  # noqa: BLE001 - a Ctrl-C, raised below
                    outcome = Outcome[do.Fetched | do.Redirected](error=error)
        # Not before: the portal would wrap what is raised.
        return outcome.get()

    async def _with(
        self, fetcher: Fetcher, effect: do.Fetch, work: FileWork, local: Local, places: threading.Semaphore | None
    ) -> Outcome[do.Fetched | do.Redirected]:
        return await work.run_stoppable(self._threads, fetcher.fetch, effect, work.parts, local, places)

    def _on_loop(self, portal: BlockingPortal) -> httpx.Client:
        there = self._borrowed
        transport = LoopTransport(there, portal)
        return httpx.Client(
            transport=transport, base_url=there.base_url, timeout=there.timeout, headers=there.headers, trust_env=False
        )

    def close(self) -> None:
        """Ends the downloads, and closes the connections."""
        # Whoever waits for a connection is not woken by its end.
        self._closing.set()
        if self._http is not None:
            self._http.close()


class LoopTransport(httpx.BaseTransport):
    """Lets a thread use the client of an event loop. An exchange is one task there, which ends with the portal."""

    def __init__(self, client: httpx.AsyncClient, portal: BlockingPortal) -> None:
        self._client = client
        self._portal = portal

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, whose body is handed over piece by piece."""
        send, receive = anyio.create_memory_object_stream[Any](0)
        end = self._portal.start_task_soon(self._exchange, request, send, receive)
        stream = _LoopStream(self._portal, receive, end, request.extensions[STOP])
        response = stream.next()
        return httpx.Response(
            response.status_code, headers=response.headers, stream=stream, extensions=response.extensions
        )

    async def _exchange(
        self, request: httpx.Request, send: ObjectSendStream[Any], receive: ObjectReceiveStream[Any]
    ) -> None:
        """Sends the response, and then its body."""
        async with send, receive:
            with using(self._client):
                response = await self._client.send(request, stream=True)
            chunks = response.aiter_raw()
            try:
                await send.send(response)
                with using(self._client):
                    async for chunk in chunks:
                        await send.send(chunk)
            except BaseException:
                await unwind(chunks)
                raise
            finally:
                with anyio.CancelScope(shield=True):
                    await response.aclose()


class _LoopStream(httpx.SyncByteStream):
    """What comes through the portal, until the exchange has ended well or badly, or is stopped."""

    def __init__(
        self, portal: BlockingPortal, receive: ObjectReceiveStream[Any], end: Future[None], stop: Stop
    ) -> None:
        self._portal = portal
        self._receive = receive
        self._end = end
        self._stop = stop

    def __iter__(self) -> Iterator[bytes]:
        while (chunk := self.next()) is not None:
            yield chunk

    def next(self) -> Any:
        """What comes next, or None."""
        with self._stop.waking(self.close):
            try:
                return self._portal.call(self._receive.receive)
            except (anyio.EndOfStream, anyio.ClosedResourceError):
                return self._result()

    def _result(self) -> None:
        try:
            self._end.result()
        except Exception:
            raise
        except BaseException:  # noqa: BLE001 - raised on the event loop as well, where it belongs
            # On trio, a connection that is cancelled while it is made is a group of cancellations.
            raise httpx.ReadError("the exchange was interrupted") from None

    def close(self) -> None:
        self._end.cancel()
