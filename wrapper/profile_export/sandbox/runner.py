"""The background work: write the files of each task, and start over what an earlier run left unfinished."""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import cast

from profile_export.sandbox import export
from profile_export.sandbox.filters import Condition, compile_query
from profile_export.sandbox.settings import SandboxSettings
from profile_export.sandbox.sources import segment_spec
from profile_export.sandbox.store import Store

logger = logging.getLogger(__name__)

_WORKERS = 2


class _Stopped(Exception):
    """The sandbox is closing: the task stays as it is, and starts over when the directory is opened again."""


class Runner:
    """A few worker threads. `now` is the time that finished files get."""

    def __init__(self, settings: SandboxSettings, store: Store, now: Callable[[], float]) -> None:
        self._settings = settings
        self._store = store
        self._now = now
        self._stop = Event()
        self._shares: dict[str, float] = {}
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="sandbox-export")
        self._start_over()

    def close(self) -> None:
        """Stop at the next rows, and wait for that."""
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)

    def start(self, task_id: str) -> None:
        """Begin a task, or queue it."""
        # Without a waiting time the task is done when its creation is answered: tests need no second poll.
        if self._settings.task_seconds == 0:
            self._run(task_id)
        else:
            self._pool.submit(self._run, task_id)

    def share_done(self, task_id: str) -> float:
        """How much of a task's rows are written, from 0 to 1."""
        return self._shares.get(task_id, 0.0)

    def _start_over(self) -> None:
        with self._store.connect() as db:
            left = db.execute("SELECT task_id FROM tasks WHERE state = 'running' ORDER BY number").fetchall()
        for (task_id,) in left:
            self._pool.submit(self._run, task_id)

    def _run(self, task_id: str) -> None:
        try:
            total, files = self._export(task_id)
            self._finish(task_id, "written", total, files)
        except _Stopped:
            logger.info("task %s is interrupted", task_id)
        except Exception:
            # Whatever it was, the task must come to an end, or its client would wait for ever.
            logger.exception("task %s failed", task_id)
            shutil.rmtree(self._store.files_dir / task_id, ignore_errors=True)
            self._finish(task_id, "failed", 0, [], problem="The export could not be written")
        finally:
            self._shares.pop(task_id, None)

    def _export(self, task_id: str) -> tuple[int, list[export.WrittenFile]]:
        def on_rows(done: int, total: int) -> None:
            if self._stop.is_set():
                raise _Stopped
            self._shares[task_id] = done / total if total else 1.0

        with self._store.connect() as db:
            task = db.execute("SELECT * FROM tasks WHERE task_id = ?", (task_id,)).fetchone()
            job = export.Job(
                folder=self._store.files_dir / task_id,
                stem=f"{task['source_id']}_{task['source_type']}_export",
                file_format=task["file_format"],
                condition=_condition(task),
                rows_per_file=self._settings.rows_per_file,
                on_rows=on_rows,
            )
            return export.run(job, db)

    def _finish(
        self,
        task_id: str,
        state: str,
        total: int,
        files: Sequence[export.WrittenFile],
        *,
        problem: str | None = None,
    ) -> None:
        rows = [(task_id, place, file.name, file.size, file.etag, self._now()) for place, file in enumerate(files)]
        with self._store.change() as db:
            db.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)", rows)
            values = (state, total, problem, task_id)
            db.execute("UPDATE tasks SET state = ?, total = ?, problem = ? WHERE task_id = ?", values)


def _condition(task: sqlite3.Row) -> Condition:
    """The task's own filter, within its database, and within the saved filter when it is a segment."""
    own = compile_query(cast("dict[str, object]", json.loads(task["query"])))
    if task["source_type"] == "database":
        return Condition(f"database_id = ? AND {own.sql}", (task["source_id"], *own.params))
    segment = segment_spec(task["source_id"])
    saved = compile_query(segment.query)
    params = (segment.database_id, *saved.params, *own.params)
    return Condition(f"database_id = ? AND {saved.sql} AND {own.sql}", params)
