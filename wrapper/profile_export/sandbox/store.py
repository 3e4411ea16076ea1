"""The data directory: a SQLite file with profiles and tasks, a folder of exported files, and a lock."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock

from profile_export.sandbox.fields import FIELDS, FieldKind
from profile_export.sandbox.filters import compile_query
from profile_export.sandbox.seed import generate
from profile_export.sandbox.settings import SandboxSettings
from profile_export.sandbox.sources import DATABASES, SEGMENTS

_LAYOUT = "profile-export-sandbox/1"
"""Raise the number when the tables or the seeded values change: older directories are then refused, not misread."""

_COLUMN_TYPES: dict[FieldKind, str] = {"text": "TEXT", "number": "INTEGER", "texts": "TEXT"}
_COLUMNS = ", ".join(f'"{name}" {_COLUMN_TYPES[kind]}' for name, kind in FIELDS.items())

_SCHEMA = f"""
CREATE TABLE meta (layout TEXT NOT NULL, seed INTEGER NOT NULL, profiles INTEGER NOT NULL);
CREATE TABLE sources (
    type TEXT NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL, total INTEGER NOT NULL, PRIMARY KEY (type, id)
) WITHOUT ROWID;
CREATE TABLE profiles (database_id INTEGER NOT NULL, {_COLUMNS}, PRIMARY KEY (database_id, _id)) WITHOUT ROWID;
CREATE TABLE tasks (
    number INTEGER PRIMARY KEY, task_id TEXT NOT NULL UNIQUE, source_type TEXT NOT NULL, source_id INTEGER NOT NULL,
    file_format TEXT NOT NULL, query TEXT NOT NULL, created REAL NOT NULL, state TEXT NOT NULL DEFAULT 'running',
    progress INTEGER NOT NULL DEFAULT 0, total INTEGER, problem TEXT
);
CREATE TABLE files (
    task_id TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    modified REAL NOT NULL, PRIMARY KEY (task_id, position)
) WITHOUT ROWID;
CREATE TABLE links (
    number INTEGER PRIMARY KEY, link_id TEXT NOT NULL UNIQUE, task_id TEXT NOT NULL, name TEXT NOT NULL,
    expires REAL NOT NULL
);
CREATE INDEX links_of_task ON links (task_id);
CREATE TABLE requests (request_id TEXT PRIMARY KEY, task_id TEXT NOT NULL, created REAL NOT NULL) WITHOUT ROWID;
"""


class DataDirError(OSError):
    """The data directory can't be used: it is busy, or it holds other data."""


class Store:
    """Open a data directory, seed it when it is new, and keep every other sandbox out until closed."""

    def __init__(self, settings: SandboxSettings) -> None:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        self.files_dir = settings.data_dir / "files"
        self._path = settings.data_dir / "sandbox.sqlite3"
        self._lock = _lock(settings.data_dir / "lock.sqlite3")
        try:
            if not self._path.exists():
                _seed(self._path.with_name("seeding.sqlite3"), self._path, settings)
            _check(self._path, settings)
            self.files_dir.mkdir(exist_ok=True)
            # Kept for the next one, since a new one reads the schema anew. One at least usually stays open as long as
            # the store: SQLite would clear its write-ahead log each time the last one closes.
            self._idle = [self._open()]
            self._closed = False
            self._guard = Lock()
        except BaseException:
            self._lock.close()
            raise

    def close(self) -> None:
        """Let another sandbox use the directory. Calling it twice is harmless."""
        with self._guard:
            self._closed = True
            while self._idle:
                self._idle.pop().close()
        self._lock.close()

    @contextmanager
    def connect(self) -> Generator[sqlite3.Connection]:
        """A connection for one short piece of work in the current thread, without a transaction."""
        with self._guard:
            connection = self._idle.pop() if self._idle else None
        connection = connection or self._open()
        try:
            yield connection
        except BaseException:
            # Its frames may hold a query that isn't read to its end, with a view of the data as it was.
            connection.close()
            raise
        with self._guard:
            if self._closed:
                connection.close()
            else:
                self._idle.append(connection)

    @contextmanager
    def change(self) -> Generator[sqlite3.Connection]:
        """The same, inside one transaction that writes: all of it happens, or nothing."""
        with self.connect() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=30, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection


def _check(path: Path, settings: SandboxSettings) -> None:
    """Compare what the file holds with what is asked for. Looking doesn't change it, in case it isn't ours."""
    with closing(sqlite3.connect(path)) as connection:
        try:
            layout, seed, profiles = connection.execute("SELECT layout, seed, profiles FROM meta").fetchone()
        except (sqlite3.DatabaseError, TypeError) as error:
            raise DataDirError(errno.EINVAL, "is not a sandbox's file", str(path)) from error
    if layout != _LAYOUT:
        raise DataDirError(errno.EINVAL, "is of another version; choose a new data directory", str(path))
    if (seed, profiles) != (settings.seed, settings.profiles):
        message = f"holds {profiles:,} profiles of seed {seed}; ask for the same, or choose a new data directory"
        raise DataDirError(errno.EINVAL, message, str(path))


def _lock(path: Path) -> sqlite3.Connection:
    # An open exclusive transaction is a lock that works on every system and that a crash can't leave behind.
    connection = sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.DatabaseError as error:
        connection.close()
        raise DataDirError(errno.EBUSY, "is in use by another sandbox", str(path.parent)) from error
    return connection


def _seed(draft: Path, target: Path, settings: SandboxSettings) -> None:
    """Fill a draft file and name it when it is whole, so that an interrupted start leaves nothing half done."""
    draft.unlink(missing_ok=True)
    connection = sqlite3.connect(draft, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(_SCHEMA)
        connection.execute("BEGIN")
        _insert_profiles(connection, settings)
        connection.executemany("INSERT INTO sources VALUES (?, ?, ?, ?)", _count_sources(connection))
        connection.execute("INSERT INTO meta VALUES (?, ?, ?)", (_LAYOUT, settings.seed, settings.profiles))
        connection.execute("COMMIT")
        # The file remembers it: exports go on reading while tasks and links are written.
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()
    draft.replace(target)


def _insert_profiles(connection: sqlite3.Connection, settings: SandboxSettings) -> None:
    marks = ", ".join("?" * len(FIELDS))
    for spec in DATABASES:
        rows = generate(settings.seed, spec.id, -(-settings.profiles // spec.divisor))
        insert = f"INSERT INTO profiles VALUES ({spec.id}, {marks})"  # noqa: S608 - a number and marks
        connection.executemany(insert, rows)


def _count_sources(connection: sqlite3.Connection) -> Iterator[tuple[str, int, str, int]]:
    for database in DATABASES:
        total = connection.execute("SELECT count(*) FROM profiles WHERE database_id = ?", (database.id,)).fetchone()[0]
        yield "database", database.id, database.name, total
    for segment in SEGMENTS:
        chosen = compile_query(segment.query)
        query = f"SELECT count(*) FROM profiles WHERE database_id = ? AND {chosen.sql}"  # noqa: S608 - known names
        total = connection.execute(query, (segment.database_id, *chosen.params)).fetchone()[0]
        yield "segment", segment.id, segment.name, total
