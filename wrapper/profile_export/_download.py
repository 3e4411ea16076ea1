"""The flow that downloads: all files are fetched and verified together, and only then get their names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import attrs

from profile_export import _retry, _transfer
from profile_export._claims import Claim, Claims
from profile_export._continuation import Continuation
from profile_export._effects import (
    AtOnce,
    Draw,
    Emit,
    Fetch,
    Fetched,
    Flow,
    Here,
    IsPublished,
    MakeDirectory,
    Modified,
    PrepareDirectory,
    Publish,
    Received,
    Redirected,
    Reject,
    Sleep,
)
from profile_export._entry import Entry
from profile_export._requests import Settings, about_task, keep_quiet, status
from profile_export._wait import Completion, completion
from profile_export.errors import (
    ApiError,
    AuthenticationError,
    ContractError,
    ExportError,
    IncompleteDownload,
    IntegrityError,
    LinkExpired,
    RemoteChanged,
    TargetExists,
    TransportError,
    UsageError,
)
from profile_export.events import DownloadFinished, FilePublished, RetryScheduled
from profile_export.targets import OutputStream, Target
from profile_export.types import DownloadedExport, DownloadedFile

# Said of stores and streams.
_NOT_KEPT: Final = "nothing was kept: export to a folder to look at the files"
# Seconds. Object stores tell whole ones, some file systems every other one, and all of them may be a little behind the
# clock. Rather is an old file spared than a new one replaced.
CLOCK_GRAIN: Final = 2.0


@attrs.frozen
class Destination:
    """Where the files go.

    Attributes:
        directory: The folder.
        overwrite: Whether files of the same name are replaced.
        claim: Of several exports that go there at once, each has its own to its names.
        only_before: With `overwrite`, only files that were there at this moment of the wall clock are replaced.
        call_began: When the call of several exports began that this is about.
    """

    directory: Target
    overwrite: bool = False
    claim: Claim = attrs.field(factory=lambda: Claims().of_one(), repr=False, eq=False)
    only_before: float | None = None
    call_began: float | None = None


def download(
    done: Completion, to: Destination, settings: Settings, entry: Entry | None = None
) -> Flow[DownloadedExport]:
    """Fetches all files, verifies them together, and only then gives them their names."""
    continuation = Continuation(done.task_id, done.file_format)
    try:
        return (yield from about_task(_download(done, to, settings, entry), continuation, settings))
    except ExportError as error:
        error.add_context(operation="download")
        raise


def _download(done: Completion, to: Destination, settings: Settings, entry: Entry | None) -> Flow[DownloadedExport]:
    yield from PrepareDirectory(to.directory)
    plans = _transfer.plan_files(done.urls, to.directory, settings.panel, settings.download)
    _check_room(plans, to, done)
    yield from claim(to, [plan.target for plan in plans], entry)
    there = yield from _published_before(plans, done, entry)
    yield from check_free(to, [plan.target for plan in plans if plan.target not in there], entry)
    if not plans:
        yield from MakeDirectory(to.directory)
    new = yield from _files(
        [_file(done, plans, index, to, settings) for index, plan in enumerate(plans) if plan.target not in there],
        to,
        settings,
    )
    all_files = {**there, **{file.place: file for file in new}}
    files = [all_files[plan.target] for plan in plans]
    problem = _transfer.rows_problem([file.rows for file in files], done.total, settings.download)
    if problem is not None:
        yield from _reject(new, problem)
    known = [file.rows for file in files if file.rows is not None]
    counted = sum(known) if len(known) == len(files) else None
    result = DownloadedExport(done.task_id, tuple(files), done.total, counted, done.warnings)
    if entry is not None:
        yield from entry.verified(result)
    yield from publish(new, to)
    return result


def claim(to: Destination, targets: Sequence[Target], entry: Entry | None) -> Flow[None]:
    """Takes the names of the files, against the other exports of the same call.

    Raises:
        TargetExists: Another one has a name; this one never replaces its file, even when it is resumed.
    """
    try:
        to.claim.take(targets)
    except TargetExists as error:
        if entry is not None:
            yield from entry.spares(error)
        raise


def check_free(to: Destination, targets: Sequence[Target], entry: Entry | None) -> Flow[None]:
    """Makes sure that what has the names of the files is none of what may not be replaced.

    Raises:
        TargetExists: It is.
    """
    if to.overwrite and to.only_before is None:
        return
    for target in targets:
        modified = yield from Modified(target)
        if modified is None:
            continue
        if not to.overwrite:
            raise TargetExists.at(target)
        if to.only_before is not None and modified > to.only_before - CLOCK_GRAIN:
            error = _of_another(target)
            if entry is not None:
                yield from entry.spares(error)
            raise error


def _of_another(target: Target) -> TargetExists:
    return TargetExists(
        f"{target} was written after this export had begun: it is none of the files that were to be replaced",
        hints=("resume the export into another folder; or start it once more, with overwriting, to replace the file",),
    )


def publish(files: Sequence[DownloadedFile], to: Destination) -> Flow[None]:
    """Gives verified files their names, one after another."""
    for file in files:
        yield from Publish(file.place, to.overwrite)
        yield from Emit(FilePublished(target=file.place, size=file.size))


def _check_room(plans: Sequence[_transfer.FilePlan], to: Destination, done: Completion) -> None:
    if isinstance(to.directory, OutputStream) and len(plans) > 1:
        raise UsageError(
            f"the export has {len(plans)} files, and a stream takes one",
            hints=(f"download the task {done.task_id} into a folder; no byte was written",),
        )


def _published_before(
    plans: Sequence[_transfer.FilePlan], done: Completion, entry: Entry | None
) -> Flow[dict[Target, DownloadedFile]]:
    """The files that an earlier run had verified, and could give their names before it ended."""
    there: dict[Target, DownloadedFile] = {}
    # A record has no open store; the plans may have.
    targets = {plan.target: plan.target for plan in plans}
    before = entry.published_before if entry is not None else None
    for file in before.files if before is not None else ():
        target = targets.get(file.place)
        if target is not None and (yield from IsPublished(target, done.task_id, file.size, file.sha256)):
            there[target] = file
    return there


def _files(flows: Sequence[Flow[DownloadedFile]], to: Destination, settings: Settings) -> Flow[list[DownloadedFile]]:
    connections = settings.download.connections
    # Elsewhere than in a folder, each file under way takes memory and threads of its own.
    if connections > 1 and len(flows) > 1 and isinstance(to.directory, Path):
        return (yield from AtOnce(tuple(flows), connections))
    files: list[DownloadedFile] = []
    for flow in flows:
        files += [(yield from flow)]
    return files


def _file(
    done: Completion, plans: Sequence[_transfer.FilePlan], index: int, to: Destination, settings: Settings
) -> Flow[DownloadedFile]:
    plan = plans[index]
    facts = yield from _fetch_by_any_link(done, plans, index, to, settings)
    yield from Emit(DownloadFinished(target=plan.target, size=facts.size))
    rows = _transfer.rows_of(facts, settings.download)
    return DownloadedFile(plan.target, facts.size, rows, facts.sha256, facts.resumed_from)


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


def _fetch_by_any_link(
    done: Completion, plans: Sequence[_transfer.FilePlan], index: int, to: Destination, settings: Settings
) -> Flow[Fetched]:
    """One file; when its link is refused, by the link that the panel gives now. How long links live is unknown.

    It may be less than the file takes. So every link that brought something may be followed by a fresh one; one that
    never worked is the end.
    """
    plan, attempts, asked = plans[index], _Attempts(), False
    while True:
        try:
            return (yield from _fetch(plan, done, settings, attempts))
        except (LinkExpired, AuthenticationError):
            attempts.note((yield from Received(plan.target)))
            if asked and (not attempts.useful or attempts.failures >= settings.download.attempts):
                raise
        asked = True
        attempts.by_fresh_link()
        plan = attrs.evolve(plan, url=(yield from _fresh_link(done, plans, index, to, settings)))


def _fresh_link(
    done: Completion, plans: Sequence[_transfer.FilePlan], index: int, to: Destination, settings: Settings
) -> Flow[str]:
    fresh = completion((yield from status(done.task_id, settings)))
    if len(fresh.urls) != len(plans):
        raise ContractError(f"the task had {len(plans)} files, and now has {len(fresh.urls)}")
    return _same_file(plans, _transfer.plan_files(fresh.urls, to.directory, settings.panel, settings.download), index)


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
            yield from Emit(RetryScheduled(operation="download", attempt=failures + 1, delay=delay, reason=str(error)))
        yield from Sleep(delay)


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


def _reject(files: Sequence[DownloadedFile], problem: str) -> Flow[None]:
    kept: list[str] = []
    for file in files:
        place = yield from Reject(file.place)
        kept.append("" if place is None else str(place))
    looked_at = f"kept for inspection: {', '.join(kept)}" if all(kept) else _NOT_KEPT
    raise IntegrityError(
        problem,
        hints=(
            looked_at,
            "if this panel's csv files have no header row: DownloadPolicy(csv_header=False)",
        ),
    )
