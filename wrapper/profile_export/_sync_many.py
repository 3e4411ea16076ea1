"""Several exports at once in the blocking client: each in a thread of its own, all stopped together."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Generator
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from profile_export._many import Batch, Begun
from profile_export._stop import Stop, Stopped
from profile_export._sync import SyncDriver
from profile_export.errors import UsageError
from profile_export.types import ExportOutcome


def outcomes(driver: SyncDriver, batch: Batch) -> Generator[ExportOutcome]:
    """What becomes of the exports, as they finish. Closing it stops those that run, and waits until they have ended."""
    with Crew(driver, batch) as crew:
        while True:
            while (export := batch.next(crew.size)) is not None:
                if isinstance(export, Begun):
                    crew.start(export)
                else:
                    yield export
            if not crew.size:
                break
            yield crew.next()
    batch.end()


class Crew:
    """The threads of one call, which end with it, with its client, and with the program."""

    def __init__(self, driver: SyncDriver, batch: Batch) -> None:
        self._driver = driver
        self._limiter = batch.limiter
        self._stop = Stop()
        # A thread is joined only once it runs. Whoever is interrupted while he starts one may stop all himself.
        self._starting = threading.RLock()
        self._threads: set[threading.Thread] = set()
        self._done: SimpleQueue[tuple[threading.Thread, ExportOutcome | BaseException]] = SimpleQueue()

    @property
    def size(self) -> int:
        """How many exports were started, and not given out."""
        return len(self._threads)

    def start(self, export: Begun) -> None:
        """Runs an export beside the others."""
        # A thread that is no daemon would be waited for before the program's last will is heard, see `__enter__`.
        thread = threading.Thread(target=self._run, args=(export,), name=f"export {export.source}", daemon=True)
        with self._starting:
            if self._stop.is_set():
                self._limiter.leave()
                raise _closed()
            self._threads.add(thread)
            try:
                thread.start()
            except BaseException:
                # One that was interrupted while it began runs all the same, and is waited for.
                if thread.ident is None:
                    self._threads.discard(thread)
                    self._limiter.leave()
                raise

    def next(self) -> ExportOutcome:
        """The next outcome, waited for."""
        thread, outcome = self._done.get()
        thread.join()
        self._threads.discard(thread)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def _run(self, export: Begun) -> None:
        outcome: ExportOutcome | BaseException
        try:
            outcome = export.done(self._driver.run(export.flow, stop=self._stop))
        except Exception as error:  # noqa: BLE001 - an outcome like others
            outcome = export.failed(error)
        except Stopped:
            outcome = _closed()
        except BaseException as error:  # noqa: BLE001 - whoever waits for the outcome must not wait for ever
            outcome = error
        finally:
            self._limiter.leave()
        self._done.put((threading.current_thread(), outcome))

    def halt(self) -> None:
        """Stops all exports."""
        self._stop.set()

    def stop(self) -> None:
        """Stops all exports, and waits until they have ended."""
        self.halt()
        with self._starting:
            running = [thread for thread in self._threads if thread.ident is not None]
        for thread in running:
            if thread is not threading.current_thread():
                thread.join()

    def __enter__(self) -> Self:
        atexit.register(self.stop)
        self._driver.crews.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._driver.crews.discard(self)
        atexit.unregister(self.stop)


def _closed() -> UsageError:
    return UsageError("this client was closed while it exported")
