"""One attempt at a download, over one connection or several. It blocks: the asynchronous driver runs it in a thread.

Reading a big file is faster from a blocking connection, whose bytes no event loop has taken in before.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator
from functools import partial

import attrs
import httpx

from profile_export import _effects as do
from profile_export._closed import closed, using
from profile_export._credentials import CredentialLine
from profile_export._hands import Hands
from profile_export._local import Local, download_headers, head_of
from profile_export._parts import PartFiles
from profile_export._places import STOP
from profile_export._receiver import Receiver, Rest
from profile_export._shares import Share, Shares, impatient
from profile_export._stop import Stop, Stopped
from profile_export._transfer import is_redirect


@attrs.frozen
class _Attempt:
    """What the connections of one attempt share."""

    effect: do.Fetch
    parts: PartFiles
    local: Local
    shares: Shares
    hands: Hands

    @property
    def stop(self) -> Stop:
        """What ends them all."""
        return self.hands.stop


class Fetcher:
    """Fetches files over one httpx client, until `closing` is set. Safe to use from several threads."""

    def __init__(self, http: httpx.Client, line: CredentialLine, closing: Stop) -> None:
        self._http = http
        self._line = line
        self._closing = closing
        self._thread = threading.local()
        http.event_hooks = {"request": [self._watch]}

    @contextlib.contextmanager
    def watched(self, stop: Stop | None) -> Generator[None]:
        """Lets `stop` know the connections of this thread."""
        before, self._thread.stop = getattr(self._thread, "stop", None), stop
        try:
            yield
        finally:
            self._thread.stop = before
            if stop is not None:
                stop.forget()

    @property
    def is_watching(self) -> bool:
        """Whether this thread works for a run that can be stopped."""
        return getattr(self._thread, "stop", None) is not None

    def _watch(self, request: httpx.Request) -> None:
        stop: Stop | None = getattr(self._thread, "stop", None)
        if stop is not None:
            request.extensions["trace"], request.extensions[STOP] = stop.trace, stop

    def fetch(
        self, effect: do.Fetch, parts: PartFiles, local: Local, places: threading.Semaphore | None, stop: Stop
    ) -> do.Fetched | do.Redirected:
        """Performs the effect; `places` are the connections that ranges may take where several files come at once.

        Raises:
            ExportError: See `Receiver` and `Shares`.
            UsageError: The client is closed, or was meanwhile.
            Stopped: `stop` was set.
        """
        with using(self._http):
            return self._fetch(effect, parts, local, Shares(effect, parts, places), stop)

    def _fetch(
        self, effect: do.Fetch, parts: PartFiles, local: Local, shares: Shares, stop: Stop
    ) -> do.Fetched | do.Redirected:
        progress = local.progress(effect)

        def tell() -> None:
            progress(shares.received)

        with stop.inner() as inner, Hands(inner) as hands:
            attempt = _Attempt(effect, parts, local, shares, hands)
            shares.on_fatal(inner.set)
            with self.watched(inner), self._closing.waking(lambda: shares.note(closed())):
                answer = self._fetch_first(attempt)
                if isinstance(answer, do.Redirected):
                    return answer
                if shares.failure is None:
                    self._help(attempt, None, tell)
                hands.wait(lambda: shares.missing and not shares.fatal, tell)
        stop.check()
        return shares.finish(answer)

    def _fetch_first(self, attempt: _Attempt) -> do.Redirected | Receiver | Rest | None:
        """The connection that asks for all of it, or for all of the rest."""
        receiver: Receiver | Rest | None = None
        effect, parts, shares = attempt.effect, attempt.parts, attempt.shares
        try:
            with self._http.stream("GET", effect.url, headers=download_headers(parts, effect)) as response:
                head = head_of(response)
                if is_redirect(head):
                    return do.Redirected(head.location or "")
                receiver = attempt.local.receiver(effect, response, self._line, parts)
                for chunk in response.iter_raw():
                    attempt.stop.check()
                    receiver.feed(chunk)
                    self._get_help(attempt, response)
                    if receiver.full:
                        break
        except Stopped:
            # By a failure that is everybody's, if not from outside.
            if not shares.fatal:
                raise
        except Exception as error:  # noqa: BLE001 - raised by `finish`, when all have ended
            shares.note_first(error)
        return receiver

    def _get_help(self, attempt: _Attempt, response: httpx.Response) -> None:
        for share in attempt.shares.open(response):
            if not attempt.hands.start(partial(self._help_beside, attempt, share)):
                attempt.shares.leave()

    def _help_beside(self, attempt: _Attempt, share: Share) -> None:
        """Helps over a connection more."""
        try:
            # The thread that waits for all tells how far they are.
            self._help(attempt, share, lambda: None)
        finally:
            attempt.shares.leave()

    def _help(self, attempt: _Attempt, share: Share | None, tell: Callable[[], None]) -> None:
        """Fetches ranges as long as there are some; `tell` is called for every piece."""
        shares, stop = attempt.shares, attempt.stop
        try:
            with self.watched(stop):
                while not stop.is_set() and (share := share or shares.take()) is not None:
                    self._fetch_share(attempt, share, tell)
                    share = None
        except Stopped:
            pass
        except Exception as error:  # noqa: BLE001 - raised by `finish`, when all have ended
            if not stop.is_set():
                attempt.local.note(error)
                shares.note(error)

    def _fetch_share(self, attempt: _Attempt, share: Share, tell: Callable[[], None]) -> None:
        timeout = impatient(self._http.timeout)
        request = self._http.build_request("GET", attempt.effect.url, headers=share.headers(), timeout=timeout)
        response = self._http.send(request, stream=True)
        try:
            if share.accept(response):
                for chunk in response.iter_raw():
                    attempt.stop.check()
                    wanted = share.feed(chunk)
                    tell()
                    if not wanted:
                        break
                else:
                    share.ended()
        finally:
            response.close()
            share.close()
