"""The flow that downloads: all files are fetched and verified together, and only then get their names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import attrs

from profile_export import _transfer
from profile_export._claims import Claim, Claims
from profile_export._continuation import Continuation
from profile_export._effects import (
    AtOnce,
    Emit,
    Flow,
    IsPublished,
    MakeDirectory,
    Modified,
    PrepareDirectory,
    Publish,
    Reject,
)
from profile_export._entry import Entry
from profile_export._one_file import Wanted, fetch
from profile_export._requests import Settings, about_task
from profile_export._wait import Completion
from profile_export.errors import (
    ExportError,
    IntegrityError,
    TargetExists,
    UsageError,
)
from profile_export.events import DownloadFinished, FilePublished
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
    yield from publish(new, to, entry)
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


def publish(files: Sequence[DownloadedFile], to: Destination, entry: Entry | None) -> Flow[None]:
    """Gives verified files their names, one after another.

    Raises:
        TargetExists: One of these has gone to another export while this one was downloaded.
    """
    if to.overwrite:
        yield from check_free(to, [file.place for file in files], entry)
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
    # By their names: who had verified them may have sent them elsewhere, and a record has no open store.
    targets = {plan.target.name: plan.target for plan in plans}
    before = entry.published_before if entry is not None else None
    for file in before.files if before is not None else ():
        target = targets.get(file.place.name)
        if target is not None and (yield from IsPublished(target, done.task_id, file.size, file.sha256)):
            there[target] = attrs.evolve(file, path=target)
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
    target = plans[index].target
    facts = yield from fetch(Wanted(done, plans, index, to.directory), settings)
    yield from Emit(DownloadFinished(target=target, size=facts.size))
    rows = _transfer.rows_of(facts, settings.download)
    return DownloadedFile(target, facts.size, rows, facts.sha256, facts.resumed_from)


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
