"""The blocking client: checks arguments, starts a flow, and hands it to the driver."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import attrs

from profile_export import _arguments, _resume, _sync_many, _wait, _workflow
from profile_export._arguments import DEFAULT_TIMEOUT
from profile_export._claims import Claims
from profile_export._completed import Completed
from profile_export._continuation import Continuation, read_token, write_token
from profile_export._effects import Flow
from profile_export._local import Local
from profile_export._many import Batch
from profile_export._requests import Settings
from profile_export._sync import SyncDriver
from profile_export._transport import Verify, make_client
from profile_export._version import USER_AGENT
from profile_export.errors import ExportError
from profile_export.events import EventSink
from profile_export.journal import shown
from profile_export.policy import DownloadPolicy, PollPolicy, RetryPolicy
from profile_export.targets import To
from profile_export.types import (
    AuthMode,
    DownloadedExport,
    ExportOutcome,
    PendingExport,
    Source,
    TaskSnapshot,
    WireFormat,
)

if TYPE_CHECKING:
    import httpx


class ExportClient:
    """Exports profiles from one panel. Safe to share between threads; close it, or use it as a context manager.

    Args:
        base_url: The panel's address, such as `https://panel.example.com`. The token travels with every request, so
            use https.
        token: The API token.
        panel_url: Where download links lead, when that is another address than `base_url`.
        wire_format: "json" or "xml"; what the panel is asked in. Results are the same.
        auth: "body" sends the token as the API document says: in the request's body, and in the query of a download.
            "bearer" sends it in the `Authorization` header, as newer pages of the same documentation say.
        journal: A folder that remembers every `export` and `export_many`, so that a crash loses and repeats none: see
            `pending` and `resume_all`. It is made when it is first needed, and holds no token.
        poll: How often a task's status is asked for.
        retry: How failed requests are repeated.
        download: What downloaded files must prove.
        on_event: Called with every event of `profile_export.events`; what it raises changes nothing.
        transport: Takes the place of the network, for tests and special networks.
        verify: How the panel's certificate is checked: True, False, the path of a file of authorities, or an
            `ssl.SSLContext`.

    Raises:
        UsageError: An argument can't be used.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str,
        panel_url: str | None = None,
        wire_format: WireFormat = "json",
        auth: AuthMode = "body",
        journal: str | os.PathLike[str] | None = None,
        poll: PollPolicy | None = None,
        retry: RetryPolicy | None = None,
        download: DownloadPolicy | None = None,
        on_event: EventSink | None = None,
        transport: httpx.BaseTransport | None = None,
        verify: Verify = True,
    ) -> None:
        line = _arguments.credential_line(base_url, token, panel_url, wire_format, auth)
        retry = retry or RetryPolicy()
        download = download or DownloadPolicy()
        records = _arguments.journal(journal, download)
        self._settings = Settings(line.panel, poll or PollPolicy(), retry, download, journal=records is not None)
        self._http = make_client(line, transport, timeout=retry.request_timeout, verify=verify, agent=USER_AGENT)
        local = Local(on_event, journal=records, verify_content=download.verify_content)
        self._driver = SyncDriver(self._http, line, local)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._settings.panel.api)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stops downloads and the exports of `export_many`, and closes the connections. Tasks live on in the panel."""
        self._driver.close()

    def create_export(
        self, source: Source, *, where: Mapping[str, Any] | None = None, file_format: str = "csv"
    ) -> ExportTask:
        """Step 1: creates the task.

        Args:
            source: `Database(1)` or `Segment(7)`.
            where: Profile fields that narrow the selection, such as `{"occupation": "doctor"}`.
            file_format: "csv", or another format that the panel knows.

        Raises:
            UsageError: An argument can't be sent.
            ApiError: The panel refused; `AuthenticationError` when it was about the token.
            CreateOutcomeUnknown: Nobody knows whether the task exists.
            TransportError: The panel can't be reached.
            ContractError: The answer doesn't fit the contract.
        """
        request = _arguments.export_request(source, where, file_format)
        task_id, request_id, created_at = self._driver.run(_workflow.create_only(request, self._settings))
        return ExportTask(
            self._driver, self._settings, task_id, file_format, request_id=request_id, created_at=created_at
        )

    def task(self, task_id: str, *, file_format: str = "") -> ExportTask:
        """A task that exists already, by its id. Nothing is sent.

        Args:
            task_id: As the panel gave it.
            file_format: What the task was created with; without it, rows are counted in files named `.csv`.
        """
        return ExportTask(self._driver, self._settings, _arguments.task_id(task_id), file_format)

    def resume(self, continuation_token: str) -> ExportTask:
        """A task by its continuation token, in any process, on any day. Nothing is sent.

        Args:
            continuation_token: As `ExportTask.continuation_token` or an error gave it, for the same panel.

        Raises:
            UsageError: It is another text, of an unknown version, or of another panel.
        """
        known = read_token(self._settings.panel.api, continuation_token)
        return ExportTask(self._driver, self._settings, known.task_id, known.file_format)

    def status(self, task_id: str) -> TaskSnapshot:
        """Step 2, once: the task's state now.

        Raises:
            TaskNotFound: The panel doesn't know the task.
            ApiError: The panel refused.
            TransportError: The panel can't be reached.
            ContractError: The answer doesn't fit the contract.
        """
        return self.task(task_id).status()

    def wait(self, task_id: str, *, timeout: float | None = DEFAULT_TIMEOUT) -> CompletedExport:
        """Step 2, until the task has ended; see `ExportTask.wait`."""
        return self.task(task_id).wait(timeout=timeout)

    def watch(self, task_id: str, *, timeout: float | None = DEFAULT_TIMEOUT) -> Iterator[TaskSnapshot]:
        """The same wait as a stream; see `ExportTask.watch`."""
        return self.task(task_id).watch(timeout=timeout)

    def download(
        self,
        task_id: str,
        to: To,
        *,
        file_format: str = "",
        timeout: float | None = DEFAULT_TIMEOUT,
        overwrite: bool = False,
    ) -> DownloadedExport:
        """Steps 2 and 3 for a task that exists: waits until it has ended, then downloads and verifies its files.

        Args:
            task_id: As the panel gave it.
            to: Where the files go, as for `export`; it is proved writable before the wait.
            file_format: What the task was created with; without it, rows are counted in files named `.csv`.
            timeout: Seconds that the task may take; None waits for ever.
            overwrite: Replace files of the same name.

        Raises:
            ExportError: As for `ExportTask.wait` and `CompletedExport.download`.
        """
        limit, place = _arguments.timeout(timeout), _arguments.destination(to, overwrite)
        wait = _wait.Wait(_arguments.task_id(task_id), self._settings, limit, file_format)
        return self._driver.run(_workflow.fetch(wait, place, self._settings), export=task_id)

    def export(
        self,
        source: Source,
        *,
        to: To,
        where: Mapping[str, Any] | None = None,
        file_format: str = "csv",
        timeout: float | None = DEFAULT_TIMEOUT,
        overwrite: bool = False,
    ) -> DownloadedExport:
        """All three steps: creates the task, waits for it, downloads and verifies its files.

        With a journal, an equal export that is under way, or that broke off within the last day, is gone on with
        instead of creating another one.

        Args:
            source: `Database(1)` or `Segment(7)`.
            to: A folder, which is made if it is missing. Or, with the extra `[cloud]`, a folder of an object store: a
                URL (`s3://`, `gs://`, `az://`, `memory://`) or a store object of obstore. Or a file that is open for
                bytes, which takes an export of one file as it comes; only the call's end tells whether it is right.
            where: Profile fields that narrow the selection, such as `{"occupation": "doctor"}`.
            file_format: "csv", or another format that the panel knows. Rows are counted for csv only.
            timeout: Seconds that the task may take; None waits for ever.
            overwrite: Replace files of the same name.

        Raises:
            ExportError: See the steps: `create_export`, `ExportTask.wait`, `CompletedExport.download`.
        """
        request = _arguments.export_request(source, where, file_format)
        place = _arguments.destination(to, overwrite)
        return self._driver.run(_workflow.export(request, place, self._settings, _arguments.timeout(timeout)))

    def pending(self) -> tuple[PendingExport, ...]:
        """The exports of this panel that the journal knows as not finished, oldest first.

        Raises:
            UsageError: This client has no journal.
            JournalError: It can't be read.
        """
        records = self._driver.run(_resume.pending(self._settings))
        return tuple(shown(record) for record in records)

    def resume_all(
        self,
        *,
        to: To | None = None,
        ids: Iterable[str] | None = None,
        timeout: float | None = DEFAULT_TIMEOUT,
    ) -> list[ExportOutcome]:
        """Finishes the exports that the journal knows as not finished, oldest first, one after another.

        An export of which nobody knows whether it was created is created with its first `Request-ID`, by which the
        platform recognises it for a day; later, or with `RetryPolicy(create="never")`, it is a `CreateOutcomeUnknown`.

        An export that was to replace files (`overwrite=True`) replaces those that were there before it began, or before
        the `export_many` that it was part of. One that was written later may be another export's: it ends as
        `TargetExists`.

        Args:
            to: Another place for the files than each export's own.
            ids: Only these, by their `PendingExport.id`; one that is done already gives its result once more.
            timeout: Seconds that each task may take; None waits for ever.

        Returns:
            How each ended; failures are values here.

        Raises:
            UsageError: This client has no journal, or an argument can't be used.
            JournalError: The journal can't be read, or knows no export of such an id.
        """
        limit = _arguments.timeout(timeout)
        place = None if to is None else _arguments.destination(to, overwrite=False, many=True)
        outcomes: list[ExportOutcome] = []
        claims = Claims()
        named = None if ids is None else tuple(ids)
        for record in self._driver.run(_resume.chosen(self._settings, named)):
            target = place or _resume.own_place(record, claims)
            flow = _resume.resume(record, target, self._settings, limit)
            try:
                if not self._driver.run(_resume.is_left(record, named)):
                    continue
                outcomes.append(ExportOutcome(record.source, self._driver.run(flow, export=record.request_id)))
            except ExportError as error:
                outcomes.append(ExportOutcome(record.source, error=error))
        return outcomes

    def export_many(
        self,
        sources: Iterable[Source],
        *,
        to: To,
        where: Mapping[str, Any] | None = None,
        file_format: str = "csv",
        timeout: float | None = DEFAULT_TIMEOUT,
        overwrite: bool = False,
        concurrency: int = 8,
    ) -> Generator[ExportOutcome]:
        """All three steps for several sources at once; gives an outcome for each, as they finish.

        An export that fails is an outcome, too, and stops no other. Sources are taken one at a time, as there is room,
        so they may be a generator without an end. New exports begin only when the next outcome is asked for. Leaving
        the loop early stops what still runs; the tasks go on in the panel.

        Args:
            sources: What to export, such as `[Database(1), Segment(7)]`. One that comes twice fails the second time.
            to: The folder for the files of all, on a disk or in an object store. Where the panel gives two exports the
                same file name, the second fails with TargetExists, whatever `overwrite` says.
            where: Profile fields that narrow the selection of each, such as `{"occupation": "doctor"}`.
            file_format: "csv", or another format that the panel knows. Rows are counted for csv only.
            timeout: Seconds that each task may take; None waits for ever.
            overwrite: Replace files of the same name that were there before.
            concurrency: How many exports may run at once. Calls that share a client share it, too.

        Raises:
            UsageError: An argument can't be used; nothing was sent. Or the client was closed meanwhile.
        """
        file_format, where = _arguments.selection(where, file_format)
        place, limit = _arguments.destination(to, overwrite, many=True), _arguments.timeout(timeout)
        claims, began = Claims(), time.time()

        def begin(source: Source) -> Flow[DownloadedExport]:
            request = _arguments.export_request(source, where, file_format)
            own = attrs.evolve(place, claim=claims.of_one(), call_began=began)
            return _workflow.export(request, own, self._settings, limit)

        batch = Batch(_arguments.sources(sources), begin, self._driver.limiter, _arguments.concurrency(concurrency))
        return _sync_many.outcomes(self._driver, batch)


@attrs.frozen
class ExportTask:
    """A task in the panel.

    Attributes:
        task_id: Its id, opaque; keep it to come back to the task later.
        file_format: What it was created with, or "" where that is not known.
        request_id: The `Request-ID` that this client created it with, or "".
        created_at: When this client created it, on a clock of its own, or None. The panel may not know it yet then.
    """

    _driver: SyncDriver = attrs.field(repr=False, eq=False)
    _settings: Settings = attrs.field(repr=False, eq=False)
    task_id: str
    file_format: str = ""
    request_id: str = attrs.field(default="", repr=False, eq=False, kw_only=True)
    created_at: float | None = attrs.field(default=None, repr=False, eq=False, kw_only=True)

    def continuation_token(self) -> str:
        """The task as portable text for `ExportClient.resume`: versioned, bound to the panel, without a secret."""
        return write_token(self._settings.panel.api, Continuation(self.task_id, self.file_format))

    def status(self) -> TaskSnapshot:
        """The task's state now; see `ExportClient.status`.

        For a moment after its creation, a panel that doesn't know the task yet is asked again.
        """
        asking = _wait.status_of(self.task_id, self.created_at, self._settings)
        return self._driver.run(asking, export=self._export)

    def wait(self, *, timeout: float | None = DEFAULT_TIMEOUT) -> CompletedExport:
        """Asks for the status until the task has ended.

        Args:
            timeout: Seconds; None waits for ever.

        Raises:
            TaskFailed: It ended badly.
            WaitTimeout: It was not finished in time; it goes on in the panel.
            TaskNotFound: The panel doesn't know it.
            UnknownTaskState: It is finished under a word that nobody documents.
            ApiError, TransportError, ContractError: As for `ExportClient.status`.
        """
        waiting = self._waiting(timeout)
        done = self._driver.run(waiting.finish(), export=self._export)
        return CompletedExport(self._driver, self._settings, done, self._export)

    def watch(self, *, timeout: float | None = DEFAULT_TIMEOUT) -> Iterator[TaskSnapshot]:
        """The same wait as a stream: gives every state that the panel tells, the final one included.

        Raises:
            TaskFailed: After the final state, when it ended badly.
            ExportError: As for `wait`.
        """
        waiting = self._waiting(timeout)
        return self._snapshots(waiting)

    @property
    def _export(self) -> str:
        """What all events about this task share."""
        return self.request_id or self.task_id

    def _waiting(self, timeout: float | None) -> _wait.Wait:
        limit = _arguments.timeout(timeout)
        return _wait.Wait(self.task_id, self._settings, limit, self.file_format, self.created_at)

    def _snapshots(self, waiting: _wait.Wait) -> Iterator[TaskSnapshot]:
        while True:
            snapshot = self._driver.run(waiting.step(), export=self._export)
            yield snapshot
            if waiting.ended(snapshot):
                _wait.completion(snapshot)
                return


@attrs.frozen(repr=False)
class CompletedExport(Completed):
    """A task that ended well, ready to be downloaded."""

    _driver: SyncDriver = attrs.field(eq=False)
    _settings: Settings = attrs.field(eq=False)
    _done: _wait.Completion
    _export: str = attrs.field(eq=False)

    def download(self, to: To, *, overwrite: bool = False) -> DownloadedExport:
        """Step 3: downloads and verifies all files; none gets its name before all are whole.

        Args:
            to: The folder for the files; it is made if it is missing.
            overwrite: Replace files of the same name.

        Raises:
            UnsafeLink: A link leads away from the panel.
            LinkExpired: The panel no longer has a file.
            IncompleteDownload: A file broke off, again and again.
            IntegrityError: What arrived is not what was announced; it is kept under names ending in `.rejected`.
            TargetExists, NoSpace, DownloadError: The files can't be written.
            ApiError, TransportError, ContractError: As for `ExportClient.status`.
        """
        place = _arguments.destination(to, overwrite)
        return self._driver.run(_workflow.save(self._done, place, self._settings), export=self._export)
