"""A simulated panel: tasks with progress, files with strong tags and ranges, links that expire, faults on demand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import attrs
import httpx

from profile_export.errors import RateLimited, ResponseLost, ServerError, TaskNotFound
from profile_export.types import TaskSnapshot

ORIGIN: Final = "https://panel.example.com"
NAMES: Final = ("1_database_export.csv", "1_database_export_2.csv")
# Seconds.
TASK_LASTS: Final = 4.0
LINKS_LAST: Final = 600.0
CHUNK: Final = 9


@attrs.define
class Task:
    """One task; `version` tells its files' bytes from those of the same names before."""

    id: str
    request_id: str
    began: float
    wall: float
    files: int
    version: int = 1
    links: dict[str, float] = attrs.field(factory=dict[str, float])
    useless: bool = False

    def content(self, index: int, version: int | None = None) -> bytes:
        rows = [f"{self.id},{version or self.version},{number}\n" for number in range(3 + index)]
        return ("task,version,row\n" + "".join(rows)).encode()

    @property
    def total(self) -> int:
        return sum(3 + index for index in range(self.files))

    def tag(self, index: int) -> str:
        return f'"{self.id}-{index}-{self.version}"'

    def versions(self, index: int) -> list[bytes]:
        """All bytes that the file has ever had."""
        return [self.content(index, version) for version in range(1, self.version + 1)]


@attrs.define
class Panel:
    """Several may ask; what it knows survives them all.

    Attributes:
        now: Its clock; `wall` is what the machine that asks would call the time.
        files: Files of every new task.
        recognises: Whether it knows a repeated `Request-ID`.
        tags: Whether its files have tags and can be asked for in parts.
        faults: What goes wrong next, by the kind of request; each does so once.
        lag: Seconds for which it doesn't know a new task yet.
    """

    now: Callable[[], float]
    wall: Callable[[], float]
    files: int = 2
    recognises: bool = True
    tags: bool = True
    tasks: dict[str, Task] = attrs.field(factory=dict[str, Task])
    faults: dict[str, list[str]] = attrs.field(factory=dict[str, list[str]])
    creates: int = 0
    lag: float = 0.0

    def create(self, request_id: str) -> str:
        self.creates += 1
        fault = self._fault("create")
        known = [task for task in self.tasks.values() if task.request_id == request_id and self.recognises]
        if not known:
            self._refuse(fault)
            name = f"task_{len(self.tasks) + 1}"
            known = [Task(name, request_id, self.now(), self.wall(), self.files)]
            self.tasks[name] = known[0]
        if fault == "drop":
            raise ResponseLost("the answer to the create was lost")
        return known[0].id

    def status(self, task_id: str) -> TaskSnapshot:
        self._refuse(self._fault("status"))
        task = self.tasks.get(task_id)
        if task is None or task.useless or self.now() < task.began + self.lag:
            raise TaskNotFound("no such task", task_id=task_id)
        done = min((self.now() - task.began) / TASK_LASTS, 1)
        if done < 1:
            return TaskSnapshot(task_id, "in_progress", int(done * 100))
        grant = f"grant{len(task.links)}"
        task.links[grant] = self.now() + LINKS_LAST
        urls = tuple(f"/api/download/data/{task_id}.{grant}/{name}" for name in NAMES[: task.files])
        return TaskSnapshot(task_id, "completed", 100, total=task.total, urls=urls)

    def get(self, url: str, headers: Mapping[str, str]) -> tuple[httpx.Response, Iterator[bytes]]:
        """The head of a download's answer, and its body in small chunks."""
        fault = self._fault("fetch")
        self._refuse(fault)
        found = re.fullmatch(rf"{re.escape(ORIGIN)}/api/download/data/(\w+)\.(\w+)/(\w+\.csv)", url)
        assert found is not None, url
        task, index = self.tasks[found[1]], NAMES.index(found[3])
        if fault == "410" or task.useless or task.links[found[2]] <= self.now():
            return httpx.Response(410), iter(())
        content = task.content(index)
        answer = self._head(content, task.tag(index), headers)
        length = int(answer.headers.get("Content-Length", "0"))
        span = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
        start = int(span[1]) if span else 0
        return answer, _chunks(content[start : start + length], broken_off=fault == "reset")

    def _head(self, content: bytes, tag: str, headers: Mapping[str, str]) -> httpx.Response:
        named = {"Content-Type": "text/csv", "Content-Length": str(len(content))}
        if not self.tags:
            return httpx.Response(200, headers=named)
        named["Accept-Ranges"] = "bytes"
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", headers.get("Range", ""))
        if asked is None or headers.get("If-Range") != tag:
            return httpx.Response(200, headers={**named, "ETag": tag})
        start = int(asked[1])
        if start >= len(content):
            return httpx.Response(416, headers={"Content-Range": f"bytes */{len(content)}", "ETag": tag})
        last = int(asked[2] or len(content) - 1)
        span = f"bytes {start}-{last}/{len(content)}"
        rest = {**named, "Content-Length": str(last + 1 - start), "Content-Range": span, "ETag": tag}
        return httpx.Response(206, headers=rest)

    def _fault(self, kind: str) -> str | None:
        waiting = self.faults.get(kind)
        return waiting.pop(0) if waiting else None

    def _refuse(self, fault: str | None) -> None:
        if fault == "500":
            raise ServerError("the panel failed", http_status=500)
        if fault == "429":
            raise RateLimited("the panel asks for patience", http_status=429, retry_after=2.0)

    # What happens to tasks that are there.

    @property
    def last(self) -> Task | None:
        return next(reversed(self.tasks.values()), None)

    def change(self) -> None:
        """The last task's files become other ones, and tell so."""
        if self.last is not None:
            self.last.version += 1

    def expire(self) -> None:
        """All links that were given out are of no use any more."""
        for task in self.tasks.values():
            task.links = dict.fromkeys(task.links, 0.0)

    def forget(self) -> None:
        """The last task is no longer known."""
        if self.last is not None:
            self.last.useless = True


def _chunks(body: bytes, *, broken_off: bool) -> Iterator[bytes]:
    for number, start in enumerate(range(0, len(body), CHUNK)):
        if broken_off and number == 2:
            raise ResponseLost("the connection broke")
        yield body[start : start + CHUNK]
    if broken_off and len(body) <= 2 * CHUNK:
        raise ResponseLost("the connection broke")
