"""Several exports at once in the asynchronous client: each in a task of its own, all cancelled together.

The tasks belong to a host, a task beside the caller's. Were they children of the iterator's own cancel scope, leaving
its loop early would leave that scope open in the middle of the caller's code (PEP 789 tells the harm).
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator
from contextvars import copy_context
from types import TracebackType
from typing import Any, Self

import anyio

from profile_export._async import AsyncDriver
from profile_export._many import Batch, Begun
from profile_export.errors import UsageError
from profile_export.types import ExportOutcome


async def outcomes(driver: AsyncDriver, batch: Batch) -> AsyncGenerator[ExportOutcome]:
    """What becomes of the exports, as they finish. Closing it cancels those that run, and waits until they ended."""
    async with Crew(driver, batch) as crew:
        while True:
            while (export := batch.next(crew.size)) is not None:
                if isinstance(export, Begun):
                    crew.start(export)
                else:
                    yield export
            if not crew.size:
                break
            yield await crew.next()
    batch.end()


class Crew:
    """The tasks of one call, which end with it and with its client."""

    def __init__(self, driver: AsyncDriver, batch: Batch) -> None:
        self._driver = driver
        self._limiter = batch.limiter
        self.size = 0
        self._scope, self._group = anyio.CancelScope(), anyio.create_task_group()
        self._ready, self._ended = anyio.Event(), anyio.Event()
        self._done, self._outcomes = anyio.create_memory_object_stream[ExportOutcome | BaseException](math.inf)

    def start(self, export: Begun) -> None:
        """Runs an export beside the others."""
        if self._ended.is_set():
            self._limiter.leave()
            raise _closed()
        self._group.start_soon(self._run, export, name=f"export {export.source}")
        self.size += 1

    async def next(self) -> ExportOutcome:
        """The next outcome, waited for."""
        try:
            outcome = await self._outcomes.receive()
        except anyio.EndOfStream:
            raise _closed() from None
        self.size -= 1
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async def _run(self, export: Begun) -> None:
        outcome: ExportOutcome | BaseException
        try:
            outcome = export.done(await self._driver.run(export.flow))
        except Exception as error:  # noqa: BLE001 - an outcome like others
            outcome = export.failed(error)
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:  # noqa: BLE001 - the caller's: nobody catches what ends the host
            outcome = error
        finally:
            self._limiter.leave()
        self._done.send_nowait(outcome)

    async def _host(self) -> None:
        try:
            with self._scope:
                async with self._group:
                    self._ready.set()
                    await anyio.sleep_forever()
        finally:
            self._done.close()
            self._ended.set()

    def halt(self) -> None:
        """Cancels all exports."""
        self._scope.cancel()

    async def stop(self) -> None:
        """Cancels all exports, and waits until they have ended."""
        self.halt()
        with anyio.CancelScope(shield=True):
            await self._ended.wait()

    async def __aenter__(self) -> Self:
        self._task = _spawn(self._host)
        self._driver.crews.add(self)
        try:
            await self._ready.wait()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        self._driver.crews.discard(self)
        self._outcomes.close()


def _spawn(host: Any) -> Any:
    """Runs `host` in a task of its own, which is nobody's child."""
    if anyio.get_cancelled_exc_class() is asyncio.CancelledError:
        return asyncio.get_running_loop().create_task(host())
    import trio  # noqa: PLC0415 - only where it runs already

    return trio.lowlevel.spawn_system_task(host, context=copy_context())


def _closed() -> UsageError:
    return UsageError("this client was closed while it exported")
