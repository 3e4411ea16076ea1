"""The flow that fetches one file: by whichever link the panel gives, along redirects, again after failures."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from profile_export import _retry, _transfer
from profile_export._effects import Draw, Emit, Fetch, Fetched, Flow, Here, Received, Redirected, Sleep
from profile_export._requests import Settings, keep_quiet, status
from profile_export._wait import Completion, completion
from profile_export.errors import (
    ApiError,
    AuthenticationError,
    ContractError,
    ExportError,
    IncompleteDownload,
    LinkExpired,
    RemoteChanged,
    TransportError,
)
from profile_export.events import DownloadRestarted, RetryScheduled
from profile_export.targets import Target


@attrs.frozen
class Wanted:
    """One of the files of a finished task.

    Attributes:
        done: The task.
        plans: All of its files, by which a fresh link is told from those of others.
        index: Which of them it is.
        directory: Where they go.
    """

    done: Completion
    plans: Sequence[_transfer.FilePlan]
    index: int
    directory: Target

    @property
    def plan(self) -> _transfer.FilePlan:
        """From where it comes at first, and to where."""
        return self.plans[self.index]


@attrs.define
class _Attempts:
    """What the requests for one file have come to, by whichever of its links.

    Two budgets: attempts that bring nothing new, in a row, and all attempts. A slow link that breaks off every minute
    ends well, and one that drips a byte at a time ends.

    Attributes:
        failures: All that failed.
        in_vain: Those since something new came, the one that brought it included.
        useful: Whether one has brought something new by the link that is used now.
    """

    failures: int = 0
    in_vain: int = 0
    useful: bool = False
    _reached: Here = attrs.field(factory=Here)

    def note(self, here: Here) -> None:
        """One has failed, and left this."""
        new = self._is_new(here)
        self.failures += 1
        self.in_vain = 1 if new else self.in_vain + 1
        self.useful = self.useful or new
        if new or (here.size and here.etag != self._reached.etag):
            self._reached = here

    def _is_new(self, here: Here) -> bool:
        # A file that becomes another one at every attempt is never whole: its first bytes are nothing new. From then
        # on, more of them are, though more may have been here of the one before.
        same = not self._reached.size or here.etag == self._reached.etag
        return same and here.size > self._reached.size

    def by_fresh_link(self) -> None:
        """What follows is asked for under another link."""
        self.in_vain, self.useful = 0, False


def fetch(wanted: Wanted, settings: Settings) -> Flow[Fetched]:
    """The file; when its link is refused, by the link that the panel gives now. How long links live is unknown.

    It may be less than the file takes. So every link that brought something may be followed by a fresh one; one that
    never worked is the end.
    """
    plan, attempts, asked = wanted.plan, _Attempts(), False
    while True:
        try:
            return (yield from _fetch(plan, wanted.done, settings, attempts))
        except (LinkExpired, AuthenticationError) as error:
            if isinstance(error, LinkExpired):
                # The other one is noted already, like all that the API answers.
                attempts.note((yield from Received(plan.target)))
            if asked and (not attempts.useful or attempts.failures >= settings.download.attempts):
                raise
        asked = True
        attempts.by_fresh_link()
        plan = attrs.evolve(plan, url=(yield from _fresh_link(wanted, settings)))


def _fresh_link(wanted: Wanted, settings: Settings) -> Flow[str]:
    fresh = completion((yield from status(wanted.done.task_id, settings)))
    if len(fresh.urls) != len(wanted.plans):
        raise ContractError(f"the task had {len(wanted.plans)} files, and now has {len(fresh.urls)}")
    plans = _transfer.plan_files(fresh.urls, wanted.directory, settings.panel, settings.download)
    return _same_file(wanted.plans, plans, wanted.index)


def _same_file(plans: Sequence[_transfer.FilePlan], fresh: Sequence[_transfer.FilePlan], index: int) -> str:
    """The link that a file has now: by its name where all names are known, as no order of the links is promised.

    Panels may also give files other names at every look, a time among them: then their order is all there is to go by.
    """
    known = [plan.target for plan in plans]
    now = [plan.target for plan in fresh]
    if set(now) == set(known):
        return fresh[now.index(known[index])].url
    if any(target in known and known.index(target) != place for place, target in enumerate(now)):
        raise ContractError(
            "the task's files have other names now, and another order: nothing tells which is which",
            hints=("download the task once more: all its links are of one answer then",),
        )
    return fresh[index].url


def _fetch(plan: _transfer.FilePlan, done: Completion, settings: Settings, attempts: _Attempts) -> Flow[Fetched]:
    """One file into its part file; after every failure that may be repeated, the rest or all of it again."""
    connections = settings.download.connections
    while True:
        yield from keep_quiet()
        try:
            return (yield from _follow(plan, done, settings, connections))
        except (TransportError, ApiError, IncompleteDownload, RemoteChanged) as error:
            if isinstance(error, RemoteChanged):
                # Panels of several machines may give each of them tags of its own: one answer is of one version.
                connections = 1
            attempts.note((yield from Received(plan.target)))
            draw, failures, in_vain = (yield from Draw()), attempts.failures, attempts.in_vain
            delay = _retry.retry_delay(settings.retry, "download", error, failures=in_vain, draw=draw, time_left=None)
            if failures >= settings.download.attempts:
                delay = None
            if delay is None and isinstance(error, TransportError):
                raise _broken_off(plan, failures, error) from error
            if delay is None:
                raise
            yield from _tell(plan, error, failures, delay)
        yield from Sleep(delay)


def _tell(plan: _transfer.FilePlan, error: ExportError, failures: int, delay: float) -> Flow[None]:
    if isinstance(error, RemoteChanged):
        # What is here of the former version counts no more.
        yield from Emit(DownloadRestarted(target=plan.target))
    yield from Emit(RetryScheduled(operation="download", attempt=failures + 1, delay=delay, reason=str(error)))


def _broken_off(plan: _transfer.FilePlan, failures: int, error: TransportError) -> IncompleteDownload:
    times = "time" if failures == 1 else "times"
    return IncompleteDownload(f"{plan.target.name} broke off {failures} {times}: {error}", hints=error.hints)


def _follow(plan: _transfer.FilePlan, done: Completion, settings: Settings, connections: int) -> Flow[Fetched]:
    """One attempt, along redirects that stay with the panel."""
    url = plan.url
    for _ in range(_transfer.MOST_REDIRECTS + 1):
        answer = yield from Fetch(url, plan.target, done.file_format, done.task_id, connections)
        if isinstance(answer, Fetched):
            return answer
        url = _redirected(url, answer, settings)
    raise ContractError(f"the download was redirected more than {_transfer.MOST_REDIRECTS} times")


def _redirected(url: str, answer: Redirected, settings: Settings) -> str:
    return _transfer.resolve_redirect(url, answer.location, settings.panel, settings.download.link_prefix)
