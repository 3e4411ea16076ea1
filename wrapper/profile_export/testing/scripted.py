"""A panel in memory that follows a script: no sockets, no files, no time but that of its clock."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import attrs

from profile_export import AsyncExportClient, Database, ExportClient, Segment, Source
from profile_export.sandbox.ranges import Unsatisfiable, still_current, wanted_range
from profile_export.testing.clock import VirtualClock
from profile_export.testing.controls import Answer, ControlledPanel, Cut, Refusal, envelope
from profile_export.testing.traffic import DOWNLOAD_PATH, Incoming

if TYPE_CHECKING:
    from profile_export.testing.transports import AsyncPanelTransport, PanelTransport

BASE_URL: Final = "https://panel.test"
TOKEN: Final = "token-of-the-scripted-panel"  # noqa: S105 - no secret
SOURCES: Final = {"database": Database, "segment": Segment}

Rows = Sequence[Mapping[str, object]]


@attrs.frozen
class _Contents:
    """What a source holds: rows to choose from, or files that are what they are."""

    rows: Rows | None
    files: tuple[bytes, ...]
    total: int
    seconds: float
    rows_per_file: int | None


@attrs.define
class _Task:
    source: Source
    file_format: str
    total: int
    files: dict[str, bytes]
    created: float
    seconds: float
    problem: str | None = None
    generation: int = 1


class ScriptedPanel(ControlledPanel):
    """Follow the script: `add` sources, make things fail, run your code against `client()`, look at `requests`.

    Attributes:
        base_url: What a client gets as its address; nothing is there but through `transport()`.
        token: What a client gets as its token.
        clock: The time of the panel and of its clients.
    """

    def __init__(self, *, base_url: str = BASE_URL, token: str = TOKEN, clock: VirtualClock | None = None) -> None:
        super().__init__(base_url, token)
        self.clock = clock or VirtualClock()
        self._sources: dict[Source, _Contents] = {}
        self._tasks: dict[str, _Task] = {}
        self._created_by: dict[str, str] = {}
        self._one_at_a_time = threading.Lock()

    def add(self, source: Source, rows: Rows, *, seconds: float = 0.0, rows_per_file: int | None = None) -> None:
        """Gives a source its profiles.

        Args:
            source: `Database(1)` or `Segment(7)`.
            rows: One mapping for each profile; `where` chooses those with equal fields.
            seconds: How long an export takes, by the panel's clock.
            rows_per_file: Split exports that have more rows.
        """
        self._sources[source] = _Contents(rows, (), len(rows), seconds, rows_per_file)

    def add_files(self, source: Source, files: Iterable[bytes], *, total: int, seconds: float = 0.0) -> None:
        """Gives a source files that are what they are: other delimiters, wrong totals, anything.

        Args:
            source: `Database(1)` or `Segment(7)`.
            files: Their bytes.
            total: What the panel says that they hold.
            seconds: How long an export takes, by the panel's clock.
        """
        self._sources[source] = _Contents(None, tuple(files), total, seconds, None)

    def transport(self) -> PanelTransport:
        """What `ExportClient(transport=...)` takes."""
        from profile_export.testing.transports import PanelTransport  # noqa: PLC0415 - it is httpx's

        return PanelTransport(self._answer)

    def async_transport(self) -> AsyncPanelTransport:
        """What `AsyncExportClient(transport=...)` takes."""
        from profile_export.testing.transports import AsyncPanelTransport  # noqa: PLC0415

        return AsyncPanelTransport(self._answer)

    def client(self, **options: Any) -> ExportClient:
        """A client of this panel that lives on its clock; `options` are those of `ExportClient`."""
        given: dict[str, Any] = {"token": self.token, "transport": self.transport(), **options}
        with self.clock:
            return ExportClient(self.base_url, **given)

    def async_client(self, **options: Any) -> AsyncExportClient:
        """A client of this panel that lives on its clock; `options` are those of `AsyncExportClient`."""
        given: dict[str, Any] = {"token": self.token, "transport": self.async_transport(), **options}
        with self.clock:
            return AsyncExportClient(self.base_url, **given)

    def expire_links(self) -> None:
        """Every link that was given out so far is of no more use; the status gives fresh ones."""
        for task in self._tasks.values():
            task.generation += 1

    def _end_badly(self, task_id: str, problem: str) -> None:
        if task_id in self._tasks:
            self._tasks[task_id].problem = problem

    def _answer(self, request: Incoming) -> tuple[Answer, int | None]:
        """The answer, and after how many bytes of its body the connection breaks."""
        fault = self._meet(request)
        if isinstance(fault, Refusal):
            return fault.answer(request.format), None
        answers = {"create": self._create, "status": self._status, "download": self._download}
        operation = request.operation
        if operation is None:
            return Refusal(404, 404, "There is nothing at this path").answer(request.format), None
        with self._one_at_a_time:
            answer = answers[operation](request)
        return answer, fault.after if isinstance(fault, Cut) else None

    def _create(self, request: Incoming) -> Answer:
        members = request.members()
        request_id = request.headers.get("request-id", "")
        if request_id in self._created_by:
            known = {"task_id": self._created_by[request_id]}
            return envelope(known, request.format, headers={"Duplicate-Request": "true"})
        try:
            task = self._new_task(members)
        except ValueError as problem:
            return Refusal(200, 400, str(problem)).answer(request.format)
        task_id = f"task_{len(self._tasks) + 1}"
        self._tasks[task_id] = task
        if request_id:
            self._created_by[request_id] = task_id
        return envelope({"task_id": task_id}, request.format)

    def _new_task(self, members: Mapping[str, Any]) -> _Task:
        kind = SOURCES.get(members.get("source_type", ""))
        source = None if kind is None else kind(int(members.get("source_id", 0)))
        if source is None or source not in self._sources:
            raise ValueError("There is no such source: add() it to the scripted panel")
        contents = self._sources[source]
        file_format = members.get("file_format", "csv")
        files, total = contents.files, contents.total
        if contents.rows is not None:
            rows = _selected(contents.rows, members.get("custom_request") or {})
            files, total = _written(rows, file_format, contents.rows_per_file), len(rows)
        stem = f"{source.id}_{source.source_type}_export"
        names = [f"{stem}{f'_{n}' if len(files) > 1 else ''}.{file_format}" for n in range(1, len(files) + 1)]
        named = dict(zip(names, files, strict=True))
        return _Task(source, file_format, total, named, self.clock.now(), contents.seconds)

    def _status(self, request: Incoming) -> Answer:
        task_id = str(request.members().get("task_id"))
        task = self._tasks.get(task_id)
        if task is None:
            return Refusal(200, 400, "Task not found").answer(request.format)
        waited = self.clock.now() - task.created
        progress = 100 if waited >= task.seconds else int(100 * waited / task.seconds)
        if task.problem is not None:
            state: dict[str, object] = {"status": "failed", "progress": progress}
            state["result"] = _result(task, 0, [], [task.problem])
        elif progress < 100:
            state = {"status": "in_progress", "progress": progress, "result": None}
        else:
            links = [f"{DOWNLOAD_PATH}data/{task_id}-{task.generation}/{name}" for name in task.files]
            state = {"status": "completed", "progress": 100, "result": _result(task, task.total, links, [])}
        return envelope(state, request.format)

    def _download(self, request: Incoming) -> Answer:
        link, _, name = request.path.removeprefix(DOWNLOAD_PATH).removeprefix("data/").partition("/")
        task_id, _, generation = link.rpartition("-")
        task = self._tasks.get(task_id)
        if task is None or name not in task.files:
            return Refusal(404, 404, "File not found").answer(request.format)
        if generation != str(task.generation):
            return Refusal(410, 410, "The link has expired").answer(request.format)
        return _file(task.files[name], request, task.file_format)


def _file(content: bytes, request: Incoming, file_format: str) -> Answer:
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    kind = "text/csv; charset=utf-8" if file_format == "csv" else "application/json"
    headers = {"Content-Type": kind, "ETag": etag, "Accept-Ranges": "bytes"}
    part = None
    if still_current(request.headers.get("if-range"), etag, etag):
        try:
            part = wanted_range(request.headers.get("range"), len(content))
        except Unsatisfiable:
            return Answer(416, {**headers, "Content-Range": f"bytes */{len(content)}"}, b"")
    if part is None:
        return Answer(200, headers, content)
    start, end = part
    return Answer(206, {**headers, "Content-Range": f"bytes {start}-{end - 1}/{len(content)}"}, content[start:end])


def _result(task: _Task, total: int, urls: list[str], errors: list[str]) -> dict[str, object]:
    source = task.source
    return {"errors": errors, "source_id": source.id, "total": total, "type": source.source_type, "urls": urls}


def _selected(rows: Rows, where: object) -> list[Mapping[str, object]]:
    if not isinstance(where, dict):
        raise ValueError("custom_request must be an object")  # noqa: TRY004 - one kind of refusal
    wanted = cast("dict[str, object]", where)
    for name, value in wanted.items():
        if name.startswith("$") or isinstance(value, dict | list):
            raise ValueError("The scripted panel chooses by equal fields only: the sandbox knows the rest")
    # In XML every value is text.
    texts = {name: str(value) for name, value in wanted.items()}
    return [row for row in rows if all(name in row and str(row[name]) == text for name, text in texts.items())]


def _written(rows: Rows, file_format: str, rows_per_file: int | None) -> tuple[bytes, ...]:
    per_file = rows_per_file or max(len(rows), 1)
    pieces = [rows[start : start + per_file] for start in range(0, max(len(rows), 1), per_file)]
    if file_format == "json":
        return tuple(json.dumps([dict(row) for row in piece], ensure_ascii=False).encode() for piece in pieces)
    if file_format != "csv":
        raise ValueError("file_format must be csv or json")
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["_id"]
    return tuple(_csv(names, piece) for piece in pieces)


def _csv(names: Sequence[str], rows: Rows) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
