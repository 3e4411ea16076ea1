"""The blocking driver: performs the effects of a flow, one after another, until the flow returns."""

from __future__ import annotations

import threading
from typing import Any, Protocol, TypeVar

import httpx

from profile_export import _calls
from profile_export import _effects as do
from profile_export._credentials import CredentialLine
from profile_export._file_work import with_files
from profile_export._hands import Hands
from profile_export._limiter import Limiter
from profile_export._local import Local, download_headers, head_of
from profile_export._parts import PartFiles
from profile_export._receiver import Receiver, Rest
from profile_export._shares import Share, Shares, impatient
from profile_export._stop import Stop, Stopped
from profile_export._transfer import is_redirect
from profile_export.errors import UsageError
from profile_export_api import Client
from profile_export_api.api.profiles import create_export
from profile_export_api.api.tasks import get_task_status

T = TypeVar("T")


class Crew(Protocol):
    """Runs flows beside their caller, as long as the driver is open."""

    def stop(self) -> None:
        """Stops them, and waits until they have ended."""


class SyncDriver:
    """Runs flows over one httpx client. Safe to use from several threads: runs share nothing but that client."""

    def __init__(self, http: httpx.Client, line: CredentialLine, local: Local) -> None:
        self._http = http
        self._line = line
        self._local = local
        self._api = Client(base_url=line.panel.base_url).set_httpx_client(http)
        self._thread = threading.local()
        http.event_hooks = {"request": [self._watched]}
        self.crews: set[Crew] = set()

    @property
    def limiter(self) -> Limiter:
        """What all runs share."""
        return self._local.limiter

    def close(self) -> None:
        """Ends what runs beside its caller, and closes the connections."""
        for crew in tuple(self.crews):
            crew.stop()
        self._http.close()

    def _watched(self, request: httpx.Request) -> None:
        """Lets the stop of this thread's run know the connection."""
        stop: Stop | None = getattr(self._thread, "stop", None)
        if stop is not None:
            request.extensions["trace"] = stop.trace

    def run(self, flow: do.Flow[T], *, export: str = "", stop: Stop | None = None) -> T:
        """Performs the flow; an effect's error is raised in the flow, which may handle it.

        `export` is what its events tell as the export that they are about, where it is not to ask for a request id.

        Raises:
            Stopped: `stop` was set.
        """
        if self._http.is_closed:
            raise UsageError("this client is closed")
        self._thread.stop = stop
        try:
            return self._run(flow, export, stop or Stop())
        finally:
            self._thread.stop = None
            if stop is not None:
                stop.forget()

    def _run(self, flow: do.Flow[T], export: str, stop: Stop) -> T:
        with self._local.run(export) as local, PartFiles() as parts:
            try:
                effect = next(flow)
                while True:
                    stop.check()
                    try:
                        answer = self._perform(effect, parts, local, stop)
                    except Exception as error:  # noqa: BLE001 - every error belongs to the flow
                        # An end that was asked for breaks connections, which is no failure.
                        stop.check()
                        local.note(error)
                        effect = flow.throw(_calls.bare(error))
                    else:
                        effect = flow.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result

    def _perform(self, effect: do.Effect[Any], parts: PartFiles, local: Local, stop: Stop) -> Any:
        match effect:
            case do.CreateTask():
                return self._create(effect)
            case do.GetStatus():
                return self._status(effect)
            case do.Fetch():
                return self._fetch(effect, parts, local, stop)
            case do.Sleep(seconds):
                return self._local.clock.sleep(seconds, stop.sleep)
            case do.FileEffect():
                return with_files(effect, parts, self._local.journal)
            case do.MomentEffect():
                return local.moment(effect)
            case _:
                raise TypeError(f"no such effect: {effect!r}")

    def _create(self, effect: do.CreateTask) -> str:
        with _calls.answering("create"):
            body = _calls.create_body(effect)
            answer = create_export.sync_detailed(client=self._api, body=body, request_id=effect.request_id)
            return _calls.created_task(answer)

    def _status(self, effect: do.GetStatus) -> Any:
        with _calls.answering("status", effect.task_id):
            answer = get_task_status.sync_detailed(client=self._api, body=_calls.status_body(effect.task_id))
            return _calls.snapshot(effect.task_id, answer)

    def _fetch(self, effect: do.Fetch, parts: PartFiles, local: Local, stop: Stop) -> do.Fetched | do.Redirected:
        with stop.inner() as inner, Hands(inner) as hands:
            shares = Shares(effect, parts)
            shares.on_fatal(inner.set)
            progress = local.progress(effect)
            before, self._thread.stop = getattr(self._thread, "stop", None), inner
            try:
                answer = self._fetch_first(effect, parts, local, shares, hands)
                if isinstance(answer, do.Redirected):
                    return answer
                if shares.failure is None:
                    self._help(effect, shares, inner)
                hands.wait(lambda: shares.missing and not shares.fatal, lambda: progress(shares.received))
            finally:
                self._thread.stop = before
        stop.check()
        return shares.finish(answer)

    def _fetch_first(
        self, effect: do.Fetch, parts: PartFiles, local: Local, shares: Shares, hands: Hands
    ) -> do.Redirected | Receiver | Rest | None:
        """The connection that asks for all of it, or for all of the rest."""
        receiver: Receiver | Rest | None = None
        try:
            with self._http.stream("GET", effect.url, headers=download_headers(parts, effect)) as response:
                head = head_of(response)
                if is_redirect(head):
                    return do.Redirected(head.location or "")
                receiver = local.receiver(effect, response, self._line, parts)
                for chunk in response.iter_raw():
                    hands.stop.check()
                    receiver.feed(chunk)
                    for _ in range(shares.open(response)):
                        hands.start(lambda: self._help(effect, shares, hands.stop))
                    if receiver.full:
                        break
        except Stopped:
            # By a failure that is everybody's, if not from outside.
            if not shares.fatal:
                raise
        except Exception as error:  # noqa: BLE001 - raised by `finish`, when all have ended
            shares.note_first(error)
        return receiver

    def _help(self, effect: do.Fetch, shares: Shares, stop: Stop) -> None:
        """Fetches ranges as long as there are some."""
        self._thread.stop = stop
        try:
            while not stop.is_set() and (share := shares.take()) is not None:
                self._fetch_share(effect, share, stop)
        except Stopped:
            pass
        except Exception as error:  # noqa: BLE001 - raised by `finish`, when all have ended
            if not stop.is_set():
                shares.note(error)
        finally:
            stop.forget()

    def _fetch_share(self, effect: do.Fetch, share: Share, stop: Stop) -> None:
        timeout = impatient(self._http.timeout)
        request = self._http.build_request("GET", effect.url, headers=share.headers(), timeout=timeout)
        response = self._http.send(request, stream=True)
        try:
            if share.accept(response):
                for chunk in response.iter_raw():
                    stop.check()
                    if not share.feed(chunk):
                        break
        finally:
            response.close()
            share.close()
