"""The kill driver: the real flows, a step at a time, over the simulated panel and the real modules for files."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeAlias, cast

import attrs

from contract_tests.kills.machine import Killed, Machine, Process
from contract_tests.kills.panel import ORIGIN, Panel
from profile_export import _effects as do
from profile_export import _resume
from profile_export._claims import Claims
from profile_export._clock import SystemClock
from profile_export._download import Destination
from profile_export._file_work import with_files
from profile_export._journal import Journal
from profile_export._local import Local, download_headers, head_of
from profile_export._parts import PartFiles
from profile_export._records import Record
from profile_export._requests import ExportRequest, Settings
from profile_export._shares import Share, Shares
from profile_export._transfer import parse_panel
from profile_export._workflow import export
from profile_export.errors import ExportError
from profile_export.policy import DownloadPolicy, PollPolicy, RetryPolicy
from profile_export.types import Database, DownloadedExport

# What a program does: flows, one after another, each with part files of its own. It gets what each returns or raises.
Program: TypeAlias = Generator[do.Flow[Any], Any, Any]
# No body here is an envelope: pages in place of files have tests of their own.
NO_ENVELOPES = cast("Any", SimpleNamespace(read_envelope=lambda _: None))
HOUR = 3600.0


@attrs.define
class World:
    """One machine and one panel, which both outlive every process."""

    root: Path
    machine: Machine
    panel: Panel
    retry: RetryPolicy = attrs.field(factory=RetryPolicy)
    overwrite: bool = False
    connections: int = 1

    @classmethod
    def new(cls, root: Path, **options: Any) -> World:
        root.mkdir(exist_ok=True)
        retry, overwrite = options.pop("retry", RetryPolicy()), options.pop("overwrite", False)
        machine, connections = Machine(root, hard_links=options.pop("hard_links", True)), options.pop("connections", 1)
        panel = Panel(lambda: machine.now, machine.wall_clock, **options)
        return cls(root, machine, panel, retry, overwrite, connections)

    @property
    def exports(self) -> Path:
        return self.root / "exports"

    @property
    def journal(self) -> Path:
        return self.root / "journal"

    @property
    def settings(self) -> Settings:
        download = DownloadPolicy(connections=self.connections)
        return Settings(parse_panel(ORIGIN, None), PollPolicy(), self.retry, download, journal=True)

    def start(self, program: Program, dies_at: int | None = None) -> Run:
        return Run(self, program, self.machine.start(dies_at))

    def export(self) -> Program:
        """`client.export(Database(1), to=...)`."""
        destination = Destination(self.exports, self.overwrite)
        return (yield export(ExportRequest(Database(1)), destination, self.settings, HOUR))

    def resume_all(self) -> Program:
        """`client.resume_all()`."""
        outcomes: list[DownloadedExport | ExportError] = []
        records: tuple[Record, ...] = yield _resume.chosen(self.settings, None)
        claims = Claims()
        for record in records:
            if not (yield _resume.is_left(record, None)):
                continue
            place = _resume.own_place(record, claims)
            try:
                outcomes.append((yield _resume.resume(record, place, self.settings, HOUR)))
            except ExportError as error:
                outcomes.append(error)
        return outcomes


@attrs.frozen
class MachineClock(SystemClock):
    """The clock of the simulated machine."""

    machine: Machine

    def now(self) -> float:
        return self.machine.now


@attrs.define(eq=False)
class Run:
    """One process that runs a program. `step` performs one effect; after `ended`, there is a result or an error."""

    world: World
    program: Program
    process: Process
    result: Any = None
    error: ExportError | None = None
    ended: bool = False
    _flow: do.Flow[Any] | None = None
    _effect: do.Effect[Any] | None = None
    _parts: PartFiles = attrs.field(factory=PartFiles)
    _local: Local = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        machine = self.world.machine
        self._local = Local(clock=MachineClock(machine), draw=lambda: 0.5, journal=Journal(self.world.journal))
        self._next_flow(lambda: next(self.program))

    @property
    def killed(self) -> bool:
        return self.ended and self.result is None and self.error is None

    @property
    def effect(self) -> str:
        """What it does next."""
        return "" if self.ended else type(self._effect).__name__

    def finish(self) -> Run:
        """To its end, which may be a violent one."""
        with self.world.machine.running(self.process):
            while not self.ended:
                self._step()
        return self

    def step(self) -> None:
        with self.world.machine.running(self.process):
            self._step()

    def kill(self) -> None:
        """As kill -9 does."""
        self._end()

    def interrupt(self) -> None:
        """As Ctrl-C does: the run cleans up."""
        with self.world.machine.running(self.process):
            self._close(KeyboardInterrupt())
        self._end()

    def _step(self) -> None:
        assert self._flow is not None
        assert self._effect is not None
        flow = self._flow
        try:
            self.process.moment("before an effect")
            try:
                answer = self._perform(self._effect)
            except Exception as error:  # noqa: BLE001 - every error belongs to the flow
                thrown = error
                self._advance(lambda: flow.throw(thrown))
            else:
                self.process.moment("after an effect")
                self._advance(lambda: flow.send(answer))
        except Killed:
            self._end()

    def _advance(self, go_on: Any) -> None:
        try:
            self._effect = go_on()
        except StopIteration as end:
            returned = end.value
            self._close(None)
            self._next_flow(lambda: self.program.send(returned))
        except ExportError as error:
            raised = error
            self._close(raised)
            self._next_flow(lambda: self.program.throw(raised))

    def _next_flow(self, go_on: Any) -> None:
        self._parts = PartFiles()
        try:
            self._flow = go_on()
        except StopIteration as end:
            self.result = end.value
            self._end()
        except ExportError as error:
            self.error = error
            self._end()
        else:
            assert self._flow is not None
            self._effect = next(self._flow)

    def _close(self, error: BaseException | None) -> None:
        self._parts.__exit__(None if error is None else type(error), error, None)

    def _end(self) -> None:
        self.ended = True
        self.world.machine.end(self.process)

    def _perform(self, effect: do.Effect[Any]) -> Any:
        match effect:
            case do.CreateTask():
                return self.world.panel.create(effect.request_id)
            case do.GetStatus(task_id):
                return self.world.panel.status(task_id)
            case do.Fetch():
                return self._fetch(effect)
            case do.AtOnce(flows):
                return [self._beside(flow) for flow in flows]
            case do.Sleep(seconds):
                self.world.machine.now += seconds
                return None
            case do.FileEffect():
                return with_files(effect, self._parts, self._local.journal)
            case _:
                return self._local.moment(cast("do.MomentEffect[Any]", effect))

    def _beside(self, flow: do.Flow[Any]) -> Any:
        """One of several flows at once; which of them goes first changes nothing on the disk."""
        try:
            effect = next(flow)
            while True:
                self.process.moment("before an effect")
                try:
                    answer = self._perform(effect)
                except Exception as error:  # noqa: BLE001 - every error belongs to the flow
                    effect = flow.throw(error)
                else:
                    self.process.moment("after an effect")
                    effect = flow.send(answer)
        except StopIteration as end:
            return end.value

    def _fetch(self, effect: do.Fetch) -> do.Fetched | do.Redirected:
        """As the drivers do it; ranges bring a chunk each in turn."""
        shares = Shares(effect, self._parts, None)
        answer, chunks = self.world.panel.get(effect.url, download_headers(self._parts, effect))
        assert head_of(answer).location is None
        receiver = self._local.receiver(effect, answer, NO_ENVELOPES, self._parts)
        helpers: list[Iterator[None]] = []
        try:
            for chunk in chunks:
                receiver.feed(chunk)
                self.process.moment("after a chunk")
                helpers += [self._help(effect, shares, share) for share in shares.open(answer)]
                for helper in helpers:
                    next(helper, None)
                if receiver.full:
                    break
        except ExportError as error:
            shares.note_first(error)
        if shares.failure is None:
            helpers.append(self._help(effect, shares, shares.take()))
        for helper in helpers:
            deque(helper, maxlen=0)
        return shares.finish(receiver)

    def _help(self, effect: do.Fetch, shares: Shares, share: Share | None) -> Iterator[None]:
        try:
            while share is not None:
                yield from self._range(effect, share)
                share = shares.take()
        except ExportError as error:
            shares.note(error)

    def _range(self, effect: do.Fetch, share: Share) -> Iterator[None]:
        answer, chunks = self.world.panel.get(effect.url, share.headers())
        try:
            if share.accept(answer):
                for chunk in chunks:
                    more = share.feed(chunk)
                    self.process.moment("after a chunk")
                    yield
                    if not more:
                        break
                else:
                    share.ended()
        finally:
            share.close()
