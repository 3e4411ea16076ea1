"""Export tasks: create them, tell their progress, and find what a repeated request has created."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable

from attrs import frozen

from profile_export.sandbox.export import FileFormat
from profile_export.sandbox.ids import new_id
from profile_export.sandbox.links import Links
from profile_export.sandbox.runner import Runner
from profile_export.sandbox.settings import SandboxSettings
from profile_export.sandbox.sources import SourceType
from profile_export.sandbox.store import Store

REQUEST_ID_SECONDS = 86_400
"""How long a repeated `Request-ID` gets the first answer again: a day, as on the platform."""

IN_PROGRESS = "in_progress"
"""This sandbox's own choice: no document says what a running task is called."""


@frozen
class NewTask:
    """A checked request for an export."""

    source_type: SourceType
    source_id: int
    file_format: FileFormat
    query: dict[str, object]


@frozen
class TaskView:
    """A task as it is seen at one moment."""

    status: str
    progress: int
    result: dict[str, object] | None


class Tasks:
    """All tasks of one data directory."""

    def __init__(self, settings: SandboxSettings, store: Store, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._store = store
        self._now = _wall_clock(clock)
        self._runner = Runner(settings, store, self._now)
        self.links = Links(settings, store, self._now)

    def close(self) -> None:
        """Stop the background work and wait for it."""
        self._runner.close()

    def source_exists(self, source_type: str, source_id: int) -> bool:
        """Whether there is such a database or segment."""
        if not -(2**63) <= source_id < 2**63:
            return False  # SQLite has no such numbers
        query = "SELECT 1 FROM sources WHERE type = ? AND id = ?"
        with self._store.connect() as db:
            return db.execute(query, (source_type, source_id)).fetchone() is not None

    def repeated(self, request_id: str) -> str | None:
        """The task that an earlier request with the same id created."""
        with self._store.connect() as db:
            return _task_of_request(db, request_id, self._now())

    def create(self, new: NewTask, request_id: str | None) -> tuple[str, bool]:
        """Create and start a task; return its id, and whether it is the one of an earlier request with the same id."""
        with self._store.change() as db:
            # Asked again inside the transaction: of two requests at the same moment only one may create.
            if request_id and (earlier := _task_of_request(db, request_id, self._now())):
                return earlier, True
            task_id = self._insert(db, new)
            if request_id:
                db.execute("INSERT OR REPLACE INTO requests VALUES (?, ?, ?)", (request_id, task_id, self._now()))
        self._runner.start(task_id)
        return task_id, False

    def view(self, task_id: str) -> TaskView | None:
        """What the status call tells about a task; None when there is no such task."""
        with self._store.connect() as db:
            task = db.execute("SELECT * FROM tasks WHERE task_id = ?", (task_id,)).fetchone()
        return None if task is None else self._view(task, links=True)

    def sources(self) -> list[sqlite3.Row]:
        """All databases and segments."""
        with self._store.connect() as db:
            return db.execute("SELECT * FROM sources ORDER BY type, id").fetchall()

    def newest_files(self, count: int) -> list[sqlite3.Row]:
        """The latest files with the task they belong to, newest first."""
        query = "SELECT files.* FROM files JOIN tasks USING (task_id) ORDER BY number DESC, position LIMIT ?"
        with self._store.connect() as db:
            return db.execute(query, (count,)).fetchall()

    def newest(self, count: int) -> list[tuple[sqlite3.Row, TaskView]]:
        """The latest tasks, newest first, for people to look at."""
        with self._store.connect() as db:
            tasks = db.execute("SELECT * FROM tasks ORDER BY number DESC LIMIT ?", (count,)).fetchall()
        return [(task, self._view(task, links=False)) for task in tasks]

    def _view(self, task: sqlite3.Row, *, links: bool) -> TaskView:
        if task["state"] == "failed":
            return TaskView("failed", task["progress"], self._result(task, []))
        elapsed = self._now() - task["created"]
        if task["state"] == "written" and elapsed >= self._settings.task_seconds:
            # Links are made for the API alone: looking at the status page must not change what it answers.
            urls = self.links.of_task(task["task_id"]) if links else []
            return TaskView(self._settings.final_status, 100, self._result(task, urls))
        return TaskView(IN_PROGRESS, self._progress(task, elapsed), None)

    def _insert(self, db: sqlite3.Connection, new: NewTask) -> str:
        (number,) = db.execute("SELECT coalesce(max(number), 0) + 1 FROM tasks").fetchone()
        task_id = f"task_{new_id(self._settings.ids, number)}"
        query = json.dumps(new.query)
        db.execute(
            "INSERT INTO tasks (number, task_id, source_type, source_id, file_format, query, created)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (number, task_id, new.source_type, new.source_id, new.file_format, query, self._now()),
        )
        return task_id

    def _progress(self, task: sqlite3.Row, elapsed: float) -> int:
        """The slower one of time and work, in percent; 100 is only for the end."""
        known: int = task["progress"]
        worked = 1.0 if task["state"] == "written" else self._runner.share_done(task["task_id"])
        waited = elapsed / self._settings.task_seconds if self._settings.task_seconds else 1.0
        progress = min(99, int(100 * min(worked, waited)))
        if progress <= known:
            return known
        # Remembered, so that it doesn't go back when the sandbox is restarted.
        with self._store.change() as db:
            db.execute("UPDATE tasks SET progress = max(progress, ?) WHERE number = ?", (progress, task["number"]))
        return progress

    def _result(self, task: sqlite3.Row, urls: list[str]) -> dict[str, object]:
        errors = {"errors": [task["problem"]] if task["problem"] else []}
        return {
            **(errors if self._settings.result_errors else {}),
            "source_id": task["source_id"],
            "total": task["total"],
            "type": task["source_type"],
            "urls": urls,
        }


def _wall_clock(clock: Callable[[], float]) -> Callable[[], float]:
    # Times are stored, so they must mean something to the next process; between two of them the given clock counts.
    offset = time.time() - clock()
    return lambda: offset + clock()


def _task_of_request(db: sqlite3.Connection, request_id: str, now: float) -> str | None:
    query = "SELECT task_id FROM requests WHERE request_id = ? AND created > ?"
    row = db.execute(query, (request_id, now - REQUEST_ID_SECONDS)).fetchone()
    return None if row is None else row["task_id"]
