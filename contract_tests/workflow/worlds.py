"""A scripted world for flows: it performs every effect by a script, notes it, and lets time pass only in sleeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import attrs

from profile_export import _effects as do
from profile_export._requests import Settings
from profile_export._transfer import parse_panel
from profile_export.events import Event
from profile_export.policy import DownloadPolicy, PollPolicy, RetryPolicy
from profile_export.types import TaskSnapshot

T = TypeVar("T")

BASE_URL = "https://panel.example.com"
TASK = "task_b2f9fd6a-2499-4a63-b592-f15d4e3b69c5"
FOLDER = Path("/exports")
LINK = "/api/download/data/4cf435e8-9921-4666-a39e-03ecbf57527e/1_database_export.csv"
OTHER_LINK = "/api/download/data/4cf435e8-9921-4666-a39e-03ecbf57527e/1_database_export_2.csv"

Script = Sequence[Any] | Callable[[float], Any]


def settings(
    poll: PollPolicy | None = None,
    retry: RetryPolicy | None = None,
    download: DownloadPolicy | None = None,
    base_url: str = BASE_URL,
) -> Settings:
    return Settings(
        parse_panel(base_url, None), poll or PollPolicy(), retry or RetryPolicy(), download or DownloadPolicy()
    )


def state(status: str, progress: int, **result: Any) -> TaskSnapshot:
    return TaskSnapshot(TASK, status, progress, **result)


def completed(total: int = 3, urls: Sequence[str] = (LINK,), **result: Any) -> TaskSnapshot:
    return state("completed", 100, total=total, urls=tuple(urls), **result)


def fetched(records: int | None = 4, size: int = 10) -> do.Fetched:
    return do.Fetched(size, "0" * 64, records)


def _play(script: Script, played: int, now: float) -> Any:
    answer = script(now) if callable(script) else script[min(played, len(script) - 1)]
    if isinstance(answer, BaseException):
        raise answer
    return answer


@attrs.define
class World:
    """Performs effects by scripts: a list is played in order, its last item again and again; a function gets the time.

    An item that is an exception is raised.
    """

    creates: Script = (TASK,)
    states: Script = (completed(),)
    fetches: Mapping[str, Script] | Script = (fetched(),)
    existing: Iterable[Path] = ()
    failures: Mapping[type[do.Effect[Any]], Exception] = attrs.field(factory=dict)
    draw: Callable[[], float] = lambda: 0.5
    latency: float = 0.0
    quiet_until: float = 0.0
    now: float = 5000.0
    wall: float = 1_800_000_000.0
    performed: list[do.Effect[Any]] = attrs.field(factory=list)
    _played: dict[str, int] = attrs.field(factory=lambda: defaultdict(int), init=False)

    def run(self, flow: Generator[do.Effect[Any], Any, T]) -> T:
        try:
            effect = next(flow)
            while True:
                self.performed.append(effect)
                try:
                    answer = self.perform(effect)
                except Exception as error:  # noqa: BLE001 - every error belongs to the flow
                    effect = flow.throw(error)
                else:
                    effect = flow.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result

    def perform(self, effect: do.Effect[Any]) -> Any:
        if type(effect) in self.failures:
            raise self.failures[type(effect)]
        match effect:
            case do.CreateTask():
                return self._answer("create", self.creates)
            case do.GetStatus():
                return self._answer("status", self.states)
            case do.Fetch(url):
                script = self.fetches[url] if isinstance(self.fetches, Mapping) else self.fetches
                return self._answer(url, script)
            case do.AtOnce(flows):
                return [self.run(flow) for flow in flows]
            case do.FileEffect():
                return self._file_work(effect)
            case _:
                return self._moment(effect)

    def _moment(self, effect: do.Effect[Any]) -> Any:
        match effect:
            case do.Sleep(seconds):
                assert seconds >= 0
                self.now += seconds
                return None
            case do.Now():
                return self.now
            case do.WallClock():
                return self.wall + self.now
            case do.Draw():
                return self.draw()
            case do.QuietTime():
                return max(0.0, self.quiet_until - self.now)
            case do.NewRequestId():
                return f"request-{self.count(do.NewRequestId)}"
            case _:
                return None

    def _file_work(self, effect: do.FileEffect[Any]) -> Any:
        match effect:
            case do.Modified(path):
                return 0.0 if path in set(self.existing) else None
            case do.Received():
                return do.Here()
            case do.Reject(target):
                assert isinstance(target, Path)
                return target.with_name(f"{target.name}.rejected")
            case _:
                return None

    def _answer(self, name: str, script: Script) -> Any:
        self.now += self.latency
        played = self._played[name]
        self._played[name] += 1
        return _play(script, played, self.now)

    def all(self, kind: type[T]) -> list[T]:
        """The effects of a kind, in order."""
        return [effect for effect in self.performed if isinstance(effect, kind)]

    def count(self, kind: type[do.Effect[Any]]) -> int:
        return len(self.all(kind))

    @property
    def events(self) -> list[Event]:
        return [effect.event for effect in self.all(do.Emit)]

    @property
    def slept(self) -> list[float]:
        return [effect.seconds for effect in self.all(do.Sleep)]

    @property
    def deeds(self) -> list[str]:
        """The names of the effects that do something in the world, in order."""
        quiet = (do.Now, do.WallClock, do.Draw, do.Emit, do.QuietTime, do.Sleep)
        return [type(effect).__name__ for effect in self.performed if not isinstance(effect, quiet)]
