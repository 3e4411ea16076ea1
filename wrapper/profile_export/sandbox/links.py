"""Download links: each leads to one file for a while, and the status call makes fresh ones after that."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from attrs import frozen

from profile_export.sandbox.ids import new_id
from profile_export.sandbox.settings import SandboxSettings
from profile_export.sandbox.store import Store

_VALID = (
    "SELECT link_id, name FROM links JOIN files USING (task_id, name)"
    " WHERE task_id = ? AND expires > ? ORDER BY position"
)


@frozen
class Download:
    """A file behind a link."""

    path: Path
    name: str
    size: int
    etag: str
    modified: float
    expired: bool


class Links:
    """All links of one data directory. `now` is wall-clock time: links outlive the process."""

    def __init__(self, settings: SandboxSettings, store: Store, now: Callable[[], float]) -> None:
        self._settings = settings
        self._store = store
        self._now = now

    def of_task(self, task_id: str) -> list[str]:
        """The links that are still valid, or fresh ones, in the order of the files."""
        with self._store.change() as db:
            links = db.execute(_VALID, (task_id, self._now())).fetchall()
            if not links:
                self._add(db, task_id)
                links = db.execute(_VALID, (task_id, self._now())).fetchall()
        return [f"{self._settings.link_prefix}/{link_id}/{name}" for link_id, name in links]

    def find(self, link_id: str, name: str) -> Download | None:
        """The file behind a link, expired or not; None when there is no such link."""
        query = "SELECT * FROM links JOIN files USING (task_id, name) WHERE link_id = ? AND name = ?"
        with self._store.connect() as db:
            row = db.execute(query, (link_id, name)).fetchone()
        if row is None:
            return None
        path = self._store.files_dir / row["task_id"] / name
        return Download(path, name, row["size"], row["etag"], row["modified"], row["expires"] <= self._now())

    def _add(self, db: sqlite3.Connection, task_id: str) -> None:
        names = db.execute("SELECT name FROM files WHERE task_id = ? ORDER BY position", (task_id,)).fetchall()
        (first,) = db.execute("SELECT coalesce(max(number), 0) + 1 FROM links").fetchone()
        expires = self._now() + self._settings.link_seconds
        for number, (name,) in enumerate(names, first):
            row = (number, new_id(self._settings.ids, number), task_id, name, expires)
            db.execute("INSERT INTO links VALUES (?, ?, ?, ?, ?)", row)
