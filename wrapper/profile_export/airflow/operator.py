"""The operator: one export as one task, whose worker slot is free while the panel works."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import BaseOperator

from profile_export import (
    CreateOutcomeUnknown,
    DownloadedExport,
    DownloadPolicy,
    ExportClient,
    ExportError,
    ExportTask,
    LinkExpired,
    TaskFailed,
    TaskNotFound,
    TaskSnapshot,
    UsageError,
    parse_source,
)
from profile_export.airflow._memory import Memory, memory_of
from profile_export.airflow.hook import DEFAULT_CONNECTION, ProfileExportHook
from profile_export.airflow.trigger import ProfileExportTrigger, time_left

try:
    from airflow.sdk.exceptions import AirflowFailException
except ImportError:
    # In Airflow 3.1 it is not yet there.
    from airflow.exceptions import AirflowFailException  # type: ignore[no-redef]

if TYPE_CHECKING:
    from airflow.sdk import Context

# After these a task in the panel is of no use any more, and the next try has to make another one.
BEYOND_USE: Final = frozenset(kind.slug for kind in (LinkExpired, TaskFailed, TaskNotFound))
# When a trigger fires before Airflow's scheduler has heard that the worker is done with deferring, the scheduler takes
# the resumed task for one that was lost, and kills it (seen with Airflow 3.3 on a busy machine): not sooner than this.
SETTLING: Final = 10.0


class ProfileExportOperator(BaseOperator):
    """Exports a database or a segment into a folder, complete and verified.

    The worker creates the task and looks at it once; a trigger waits for it; a worker downloads and verifies its files.
    The task is remembered over retries, so that a retry goes on with it. What comes back (and goes to XCom) is plain:
    `task_id`, `total`, `rows`, `warnings`, and `files` with `path`, `size`, `rows` and `sha256` each.

    Args:
        source: What to export: "database:1" or "segment:7".
        to: The folder for the files, which the workers share when they are several; it is made if it is missing.
        where: Profile fields that narrow the selection, such as `{"occupation": "doctor"}`.
        file_format: "csv", or another format that the panel knows.
        timeout: Seconds that the panel may take in one try; None waits for ever.
        overwrite: Replace files of the same name. Wanted where a task shall be run again for the same folder.
        deferrable: False keeps the worker slot during the wait, where there is no triggerer.
        download: What downloaded files must prove; see `profile_export.DownloadPolicy`.
        profile_export_conn_id: The connection of the panel, of the type `profile_export`.
    """

    template_fields: Collection[str] = ("source", "to", "where", "file_format", "profile_export_conn_id")
    template_fields_renderers = {"where": "json"}  # noqa: RUF012 - declared so by Airflow
    ui_color = "#d9ead3"

    def __init__(
        self,
        *,
        source: str,
        to: str,
        where: Mapping[str, Any] | None = None,
        file_format: str = "csv",
        timeout: float | None = 3600.0,
        overwrite: bool = False,
        deferrable: bool = True,
        download: DownloadPolicy | None = None,
        profile_export_conn_id: str = DEFAULT_CONNECTION,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.source = source
        self.to = to
        self.where = where
        self.file_format = file_format
        self.timeout = timeout
        self.overwrite = overwrite
        self.deferrable = deferrable
        self.download = download
        self.profile_export_conn_id = profile_export_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Creates the task, or finds the one of an earlier try, and waits for it.

        Raises:
            AirflowFailException: Nobody knows whether the panel made the task; Airflow makes no other try then.
        """
        deadline = None if self.timeout is None else time.time() + self.timeout
        memory = memory_of(context)
        with self._client() as client:
            task, snapshot = self._earlier(client, memory) or self._new(client, memory)
            # An export that has ended already is not deferred at all; see SETTLING.
            if self.deferrable and not (snapshot.completed or snapshot.failed):
                self._defer(task, deadline)
            return self._fetch(task, deadline, memory)

    def finish(self, context: Context, event: Mapping[str, Any]) -> dict[str, Any]:
        """Downloads what the trigger has waited for; `event` is the trigger's."""
        memory = memory_of(context)
        problem = event["error"]
        if problem is not None:
            if problem["slug"] in BEYOND_USE:
                memory.forget()
            raise ExportError(f"{problem['message']} ({problem['slug']})", hints=tuple(problem["hints"]))
        with self._client() as client:
            return self._fetch(client.resume(event["continuation"]), event["deadline"], memory)

    def _client(self) -> ExportClient:
        return ProfileExportHook(self.profile_export_conn_id).get_conn(download=self.download)

    def _earlier(self, client: ExportClient, memory: Memory) -> tuple[ExportTask, TaskSnapshot] | None:
        """The task of an earlier try, if there is one that may still end well."""
        continuation = memory.recall()
        if continuation is None:
            return None
        try:
            task = client.resume(continuation)
            snapshot = task.status()
        except (TaskNotFound, UsageError) as error:
            self.log.warning("The task of an earlier try can't be gone on with: %s", error)
            return None
        if snapshot.failed:
            self.log.warning("The task of an earlier try, %s, ended as %r", task.task_id, snapshot.status)
            return None
        self.log.info("Going on with the task of an earlier try, %s: %d percent", task.task_id, snapshot.progress)
        return task, snapshot

    def _new(self, client: ExportClient, memory: Memory) -> tuple[ExportTask, TaskSnapshot]:
        try:
            task = client.create_export(parse_source(self.source), where=self.where, file_format=self.file_format)
        except CreateOutcomeUnknown as error:
            # The next try would ask under another Request-ID, and the panel could make a second task.
            raise AirflowFailException(without_retry(error)) from error
        memory.keep(task.continuation_token())
        # The first state of a wait, not `status()`: a panel may need a moment until it knows a new task.
        return task, next(iter(task.watch(timeout=self.timeout)))

    def _defer(self, task: ExportTask, deadline: float | None) -> None:
        trigger = ProfileExportTrigger(
            profile_export_conn_id=self.profile_export_conn_id,
            continuation=task.continuation_token(),
            deadline=deadline,
            earliest=time.time() + SETTLING,
        )
        self.defer(trigger=trigger, method_name=self.finish.__name__)

    def _fetch(self, task: ExportTask, deadline: float | None, memory: Memory) -> dict[str, Any]:
        try:
            completed = task.wait(timeout=time_left(deadline))
            result = completed.download(self.to, overwrite=self.overwrite)
        except ExportError as error:
            if error.slug in BEYOND_USE:
                memory.forget()
            raise
        # A task that is cleared after its success shall export anew.
        memory.forget()
        return summary(result)


def without_retry(error: CreateOutcomeUnknown) -> str:
    """What the log says of an error after which Airflow must not try again by itself."""
    hints = "".join(f"; {hint}" for hint in error.hints)
    return f"{error} ({error.slug}); it is not tried again by itself{hints}"


def summary(result: DownloadedExport) -> dict[str, Any]:
    """A downloaded export as plain JSON, for XCom."""
    return {
        "task_id": result.task_id,
        "total": result.total,
        "rows": result.rows,
        "warnings": list(result.warnings),
        "files": [
            {"path": str(file.place), "size": file.size, "rows": file.rows, "sha256": file.sha256}
            for file in result.files
        ],
    }
