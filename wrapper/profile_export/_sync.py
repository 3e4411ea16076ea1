"""The blocking driver: performs the effects of a flow, one after another, until the flow returns."""

from __future__ import annotations

import threading
from typing import Any, Protocol, TypeVar

import attrs
import httpx

from profile_export import _calls
from profile_export import _effects as do
from profile_export._closed import refuse_closed, using
from profile_export._credentials import CredentialLine
from profile_export._fetch import Fetcher
from profile_export._file_work import with_files
from profile_export._hands import Hands
from profile_export._limiter import Limiter
from profile_export._local import Local
from profile_export._parts import PartFiles
from profile_export._stop import Stop, Stopped
from profile_export._together import Together
from profile_export_api import Client
from profile_export_api.api.profiles import create_export
from profile_export_api.api.tasks import get_task_status

T = TypeVar("T")


class Crew(Protocol):
    """Runs flows beside their caller, as long as the driver is open."""

    def halt(self) -> None:
        """Stops them."""

    def stop(self) -> None:
        """Stops them, and waits until they have ended."""


@attrs.frozen
class _Run:
    """What the effects of one run share; `places` are the connections that several files at once have for ranges."""

    parts: PartFiles
    local: Local
    stop: Stop
    places: threading.Semaphore | None = None


class SyncDriver:
    """Runs flows over one httpx client. Safe to use from several threads: runs share nothing but that client."""

    def __init__(self, http: httpx.Client, line: CredentialLine, local: Local) -> None:
        self._http = http
        self._local = local
        self._api = Client(base_url=line.panel.base_url).set_httpx_client(http)
        self._closing = Stop()
        self._fetcher = Fetcher(http, line, self._closing)
        self.crews: set[Crew] = set()

    @property
    def limiter(self) -> Limiter:
        """What all runs share."""
        return self._local.limiter

    def close(self) -> None:
        """Ends what runs beside its caller, and closes the connections."""
        crews = tuple(self.crews)
        for crew in crews:
            crew.halt()
        # A sink that closes the client is in the midst of a run, whose threads may wait for this one.
        if not self._fetcher.is_watching:
            for crew in crews:
                crew.stop()
        # Whoever waits for a connection is not woken by its end.
        self._closing.set()
        self._http.close()

    def run(self, flow: do.Flow[T], *, export: str = "", stop: Stop | None = None) -> T:
        """Performs the flow; an effect's error is raised in the flow, which may handle it.

        `export` is what its events tell as the export that they are about, where it is not to ask for a request id.

        Raises:
            Stopped: `stop` was set.
        """
        refuse_closed(self._http)
        with self._fetcher.watched(stop):
            return self._run(flow, export, stop or Stop())

    def _run(self, flow: do.Flow[T], export: str, stop: Stop) -> T:
        with self._local.run(export) as local, local.parts() as parts:
            return self._drive(flow, _Run(parts, local, stop))

    def _drive(self, flow: do.Flow[T], run: _Run) -> T:
        try:
            effect = next(flow)
            while True:
                run.stop.check()
                try:
                    answer = self._perform(effect, run)
                except Exception as error:  # noqa: BLE001 - every error belongs to the flow
                    # An end that was asked for breaks connections, which is no failure.
                    run.stop.check()
                    run.local.note(error)
                    effect = flow.throw(_calls.bare(error))
                else:
                    effect = flow.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result

    def _perform(self, effect: do.Effect[Any], run: _Run) -> Any:
        match effect:
            case do.CreateTask():
                return self._create(effect)
            case do.GetStatus():
                return self._status(effect)
            case do.Fetch():
                return self._fetcher.fetch(effect, run.parts, run.local, run.places, run.stop)
            case do.AtOnce():
                return self._at_once(effect, run)
            case do.Sleep(seconds):
                return self._local.clock.sleep(seconds, run.stop.sleep)
            case do.FileEffect():
                return with_files(effect, run.parts, self._local.journal)
            case do.MomentEffect():
                return run.local.moment(effect)
            case _:
                raise TypeError(f"no such effect: {effect!r}")

    def _create(self, effect: do.CreateTask) -> str:
        # What fails in a create may be done all the same, which a client that was closed meanwhile must not hide.
        refuse_closed(self._http)
        with _calls.answering("create"):
            body = _calls.create_body(effect)
            answer = create_export.sync_detailed(client=self._api, body=body, request_id=effect.request_id)
            return _calls.created_task(answer)

    def _status(self, effect: do.GetStatus) -> Any:
        with using(self._http), _calls.answering("status", effect.task_id):
            answer = get_task_status.sync_detailed(client=self._api, body=_calls.status_body(effect.task_id))
            return _calls.snapshot(effect.task_id, answer)

    def _at_once(self, effect: do.AtOnce, run: _Run) -> list[Any]:
        together = Together(effect)
        with run.stop.inner() as inner, Hands(inner) as hands:
            beside = attrs.evolve(run, stop=inner, places=together.places)
            for _ in range(together.workers - 1):
                if not hands.start(lambda: self._work(together, beside)):
                    together.leave()
            self._work(together, beside)
            hands.wait(lambda: together.failure is None, lambda: None)
        run.stop.check()
        return together.finish()

    def _work(self, together: Together, run: _Run) -> None:
        """Runs flows as long as there are some."""
        try:
            with self._fetcher.watched(run.stop):
                while (taken := together.take()) is not None:
                    number, flow = taken
                    together.done(number, self._drive(flow, run))
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001 - raised by `finish`, when all have ended
            together.fail(error)
            run.stop.set()
        finally:
            together.leave()
