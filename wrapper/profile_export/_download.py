"""The flow that downloads: all files are fetched and verified together, and only then get their names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs

from profile_export import _retry, _transfer
from profile_export._continuation import Continuation
from profile_export._effects import (
    Draw,
    Emit,
    Exists,
    Fetch,
    Fetched,
    Flow,
    MakeDirectory,
    PrepareDirectory,
    Publish,
    Redirected,
    Reject,
    Sleep,
)
from profile_export._requests import Settings, about_task, status
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
)
from profile_export.events import FilePublished, RetryScheduled
from profile_export.types import DownloadedExport, DownloadedFile


@attrs.frozen
class Destination:
    """Where the files go."""

    directory: Path
    overwrite: bool = False


def download(done: Completion, to: Destination, settings: Settings) -> Flow[DownloadedExport]:
    """Fetches all files, verifies them together, and only then gives them their names."""
    continuation = Continuation(done.task_id, done.file_format)
    try:
        return (yield from about_task(_download(done, to, settings), continuation, settings))
    except ExportError as error:
        error.add_context(operation="download")
        raise


def _download(done: Completion, to: Destination, settings: Settings) -> Flow[DownloadedExport]:
    yield from PrepareDirectory(to.directory)
    plans = _transfer.plan_files(done.urls, to.directory, settings.panel, settings.download)
    if not to.overwrite:
        yield from _check_free(plans)
    if not plans:
        yield from MakeDirectory(to.directory)
    fetched: list[Fetched] = []
    for index, plan in enumerate(plans):
        fetched.append((yield from _fetch_by_any_link(done, plan, index, settings)))
    rows = [_transfer.rows_of(facts, settings.download) for facts in fetched]
    problem = _transfer.rows_problem(rows, done.total, settings.download)
    if problem is not None:
        yield from _reject(plans, problem)
    files: list[DownloadedFile] = []
    for plan, facts, count in zip(plans, fetched, rows, strict=True):
        yield from Publish(plan.target, to.overwrite)
        yield from Emit(FilePublished(target=plan.target, size=facts.size))
        files.append(DownloadedFile(plan.target, facts.size, count, facts.sha256))
    known = [count for count in rows if count is not None]
    counted = sum(known) if len(known) == len(rows) else None
    return DownloadedExport(done.task_id, tuple(files), done.total, counted, done.warnings)


def _check_free(plans: Sequence[_transfer.FilePlan]) -> Flow[None]:
    for plan in plans:
        if (yield from Exists(plan.target)):
            raise TargetExists.at(plan.target)


def _fetch_by_any_link(done: Completion, plan: _transfer.FilePlan, index: int, settings: Settings) -> Flow[Fetched]:
    """One file; when its link is refused, by the link that the panel gives now. How long links live is unknown."""
    try:
        return (yield from _fetch(plan, done.file_format, settings))
    except (LinkExpired, AuthenticationError):
        snapshot = yield from status(done.task_id, settings)
    fresh = completion(snapshot)
    if len(fresh.urls) != len(done.urls):
        raise ContractError(f"the task had {len(done.urls)} files, and now has {len(fresh.urls)}")
    url = _transfer.resolve_link(fresh.urls[index], settings.panel, settings.download.link_prefix)
    return (yield from _fetch(attrs.evolve(plan, url=url), done.file_format, settings))


def _fetch(plan: _transfer.FilePlan, file_format: str, settings: Settings) -> Flow[Fetched]:
    """One file into its part file; after every failure that may be repeated, the rest or all of it again."""
    failures = 0
    while True:
        try:
            return (yield from _follow(plan, file_format, settings))
        except (TransportError, ApiError, IncompleteDownload, RemoteChanged) as error:
            failures += 1
            draw = yield from Draw()
            delay = _retry.retry_delay(settings.retry, "download", error, failures=failures, draw=draw, time_left=None)
            if delay is None and isinstance(error, TransportError):
                raise _broken_off(plan, failures, error) from error
            if delay is None:
                raise
            yield from Emit(RetryScheduled(operation="download", attempt=failures + 1, delay=delay, reason=str(error)))
        yield from Sleep(delay)


def _broken_off(plan: _transfer.FilePlan, failures: int, error: TransportError) -> IncompleteDownload:
    times = "time" if failures == 1 else "times"
    return IncompleteDownload(f"{plan.target.name} broke off {failures} {times}: {error}", hints=error.hints)


def _follow(plan: _transfer.FilePlan, file_format: str, settings: Settings) -> Flow[Fetched]:
    """One attempt, along redirects that stay with the panel."""
    url = plan.url
    for _ in range(_transfer.MOST_REDIRECTS + 1):
        answer = yield from Fetch(url, plan.target, file_format)
        if isinstance(answer, Fetched):
            return answer
        url = _redirected(url, answer, settings)
    raise ContractError(f"the download was redirected more than {_transfer.MOST_REDIRECTS} times")


def _redirected(url: str, answer: Redirected, settings: Settings) -> str:
    return _transfer.resolve_redirect(url, answer.location, settings.panel, settings.download.link_prefix)


def _reject(plans: Sequence[_transfer.FilePlan], problem: str) -> Flow[None]:
    kept: list[str] = []
    for plan in plans:
        kept.append(str((yield from Reject(plan.target))))  # noqa: PERF401 - can't yield in one
    raise IntegrityError(
        problem,
        hints=(
            f"kept for inspection: {', '.join(kept)}",
            "if this panel's csv files have no header row: DownloadPolicy(csv_header=False)",
        ),
    )
