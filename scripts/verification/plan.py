"""The deliberate requests: few, safe on production, and ordered so that a running task is waited for by useful work.

Exports come before the requests that a create has to refuse are all sent, and never more than the budget allows: a
panel that accepts one of those has made an export by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import define, field, frozen

from scripts.verification import comparisons, exports
from scripts.verification.contract import DOWNLOAD, DOWNLOAD_SHORT
from scripts.verification.conversation import Conversation
from scripts.verification.exports import REFUSED_TOKEN, Broken, Export
from scripts.verification.line import BudgetSpent, Stopped, TokenRefused
from scripts.verification.refusals import INPUT, TOKENS, UNKNOWN, UNKNOWN_FILE, UNKNOWN_TASK, Refusal, Trespass
from scripts.verification.values import Exchange, Format, Operation, Source

LOOKS: Final = 2
"""Further looks at a running task that are set aside for each export."""


class NotThisApi(Stopped):
    """Something answers, but not as this API does."""


@frozen(kw_only=True)
class Aims:
    """What to verify."""

    sources: tuple[Source, ...]
    formats: tuple[Format, ...] = ("json", "xml")
    where: Mapping[str, Any] = field(factory=dict)
    file_format: str | None = None
    task_timeout: float = 3600.0

    @property
    def exports(self) -> int:
        """One for each format of the first source, so that one can be filtered; one for each further source."""
        return 2 + len(self.sources) - 1

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """Wrong input, in the formats that are verified."""
        return tuple(one for one in INPUT if one.format in self.formats)

    @property
    def requests(self) -> int:
        """What the plan sends to a panel with quick tasks and one file an export."""
        of_exports = (3 + (len(self.formats) > 1)) * self.exports
        return 1 + of_exports + 1 + len(self.refusals) + len(TOKENS) + 1


@define
class Plan:
    """One run of the plan."""

    aims: Aims
    talk: Conversation
    say: Callable[[str], None]
    exports: list[Export] = field(factory=list)
    gaps: list[str] = field(factory=list)

    def run(self) -> None:
        """Everything, in order.

        Raises:
            Stopped: It can't go on.
        """
        self.preflight()
        try:
            self._ask_everything()
        finally:
            comparisons.compare(self.talk.ledger, self.exports)

    def _ask_everything(self) -> None:
        first, other = self.aims.formats[0], self.aims.formats[-1]
        source, *further = self.aims.sources
        needed = [one for one in self.aims.refusals if not one.spare]
        one = self._start(source, first, self.aims.where, None)
        self._refuse(needed[: len(needed) // 2])
        self._look(one)
        self._refuse(needed[len(needed) // 2 :])
        self._finish(one, twice=True)
        # All that a create has to refuse goes before the next export: only while one is left may it be sent.
        self._trespass(_only(TOKENS, "create", spare=False), one)
        self._spare_creates()
        narrower = {**self.aims.where, **(one.contents.filter() if one else {})}
        two = self._start(source, other, narrower, "csv")
        self._trespass([*_only(TOKENS, "status", spare=False), *_only(TOKENS, "download", spare=False)], one or two)
        self._unknown_file(one)
        self._finish(two)
        for number, more in enumerate(further):
            fmt = self.aims.formats[number % len(self.aims.formats)]
            self._finish(self._start(more, fmt, self.aims.where, None))
        if first != other and self.talk.line.budget.exports_left and narrower:
            # A budget of one export more than is needed: the filter in the first format, too.
            self._finish(self._start(source, first, narrower, None))
        if self.talk.line.budget.left:
            self._trespass(_only(TOKENS, "status", spare=True), one or two)

    def preflight(self) -> None:
        """One status call for a task that nobody has; nothing else is sent before it has got this API's envelope."""
        self.say("preflight: the state of an unknown task")
        fmt = self.aims.formats[0]
        what = "an unknown task_id (preflight)"
        exchange = self.talk.post("status", fmt, {"task_id": UNKNOWN_TASK}, what, judged=False)
        envelope = exchange.envelope
        if envelope is None:
            answer = exchange.answer
            raise NotThisApi(
                f"not the API: HTTP {answer.status}, {answer.media_type or 'no Content-Type'}, no envelope"
            )
        if envelope.error == REFUSED_TOKEN[0] or exchange.answer.status == REFUSED_TOKEN[0]:
            raise TokenRefused(f"the token was refused: error {envelope.error}, {envelope.error_text!r}")
        self.talk.judge(exchange)
        self._note_refused(UNKNOWN, exchange, "an unknown task_id")

    def _start(self, source: Source, fmt: Format, where: Mapping[str, Any], file_format: str | None) -> Export | None:
        wanted = self.aims.file_format or file_format
        self.say(f"export {source}, {fmt}" + (f", filtered by {dict(where)}" if where else ""))
        try:
            export = exports.create(self.talk, source, fmt, where, wanted)
        except (Broken, BudgetSpent) as error:
            self._note_gap(error)
            return None
        self.exports.append(export)
        self._look(export)
        return export

    def _look(self, export: Export | None) -> None:
        if export is not None and export.completed is None:
            try:
                exports.look(self.talk, export)
            except Broken:
                export.odd = 0

    def _finish(self, export: Export | None, *, twice: bool = False) -> None:
        if export is None:
            return
        self.say(f"wait for {export.source}, then its files")
        position = self.exports.index(export)
        try:
            usual = max(one.took for one in self.exports)
            reserve = self._reserve(position, own=3)
            exports.wait(self.talk, export, self.aims.task_timeout, reserve, usual=usual, say=self.say)
            others: list[Format] = [fmt for fmt in self.aims.formats if fmt != export.format]
            exports.look(self.talk, export, others[0] if others else export.format)
            exports.download(self.talk, export, self._reserve(position), twice=twice)
        except (Broken, BudgetSpent) as error:
            self._note_gap(error)
        self.gaps += export.gaps

    def _reserve(self, position: int, *, own: int = 0) -> int:
        """Requests that what follows an export needs, and `own` ones that it still needs itself."""
        behind = self.aims.exports - 1 - position
        tokens = sum(not one.spare for one in TOKENS) + 1 if position == 0 else 0
        return own + tokens + behind * (4 + LOOKS)

    def _refuse(self, refusals: list[Refusal]) -> None:
        for one in refusals:
            base: dict[str, Any] = {"task_id": UNKNOWN_TASK}
            if one.operation == "create":
                base = {"source_type": self.aims.sources[0].type, "source_id": self.aims.sources[0].id}
            try:
                exchange = self.talk.post(one.operation, one.format, one.change(base), one.what, cut=one.cut)
            except BudgetSpent as error:
                self._note_gap(error)
                return
            self._note_refused(one.rule, exchange, one.what)

    def _unknown_file(self, export: Export | None) -> None:
        is_short = export is not None and bool(export.downloads) and export.downloads[0].path == DOWNLOAD_SHORT
        shape = DOWNLOAD_SHORT if is_short else DOWNLOAD
        link = shape.format(file_id=UNKNOWN_FILE, file_name="0_database_export.csv")
        self._note_refused(UNKNOWN, self.talk.get(link, "an unknown file"), "an unknown file")

    def _trespass(self, attempts: list[Trespass], export: Export | None) -> None:
        for one in attempts:
            exchange = self._attempt(one, export)
            if exchange is not None:
                self._note_refused(one.rule, exchange, one.what)
                if one.operation == "download" and export is not None and export.downloads[0].gave_something:
                    self._note_no_file(exchange, export.downloads[0])

    def _note_no_file(self, exchange: Exchange, file: Exchange) -> None:
        """Whatever the page says that a refused download gets, it isn't (the beginning of) the file."""
        shown = file.answer.body[:200] if file.answer.size else None
        clean = shown is None or shown not in exchange.answer.body
        self.talk.ledger.note("refusals_carry_no_data", exchange, clean, "the refusal holds the file")

    def _attempt(self, one: Trespass, export: Export | None) -> Exchange | None:
        fmt = self.aims.formats[one.turn % len(self.aims.formats)]
        source = self.aims.sources[0]
        try:
            if one.operation == "create":
                members: dict[str, Any] = {"source_type": source.type, "source_id": source.id}
                return self.talk.post("create", fmt, members, one.what, token=one.token)
            if export is None:
                return None
            if one.operation == "status":
                return self.talk.post("status", fmt, {"task_id": export.task_id}, one.what, token=one.token)
            if not export.downloads:
                return None
            return self.talk.get(export.downloads[0].request.path, one.what, token=one.token)
        except BudgetSpent as error:
            self._note_gap(error)
            return None

    def _spare_creates(self) -> None:
        """Further samples, while the budget lasts. That they are left out hides nothing: each has a twin above."""
        budget = self.talk.line.budget
        reserve = self._reserve(0) - len(_only(TOKENS, "create", spare=False))
        for refusal in (one for one in self.aims.refusals if one.spare):
            if budget.left > reserve and budget.exports_left:
                self._refuse([refusal])
        if budget.left > reserve and budget.exports_left:
            self._trespass(_only(TOKENS, "create", spare=True), None)

    def _note_refused(self, rule: str, exchange: Exchange, what: str) -> None:
        answer = exchange.answer
        told = f"{what} was answered by HTTP {answer.status}, {answer.media_type}, without an error code"
        self.talk.ledger.note(rule, exchange, exchange.refused, told)
        if exchange.answer.content is not None:
            exchange.answer.content.close()

    def _note_gap(self, error: Exception) -> None:
        if isinstance(error, BudgetSpent) and str(error) not in self.gaps:
            self.gaps.append(str(error))


def _only(attempts: tuple[Trespass, ...], operation: Operation, *, spare: bool) -> list[Trespass]:
    return [one for one in attempts if one.operation == operation and one.spare == spare]
