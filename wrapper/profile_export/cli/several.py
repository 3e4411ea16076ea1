"""`profile-export run` with several sources: runs them together, and tells what became of each."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import attrs

from profile_export import DownloadedExport, ExportError, ExportOutcome, Source
from profile_export.cli import results
from profile_export.cli.console import table
from profile_export.cli.failures import MAYBE_CREATED, Failure, failure_of, going_on, what_is_missing
from profile_export.cli.invocation import INTERRUPTED, Invocation, Underway
from profile_export.cli.session import connected
from profile_export.cli.signals import Interrupted
from profile_export.cli.tables import CSV_STAYS, Conversion

DIFFERENT_FAILURES: Final = 10
# So many sources are named in a hint; the rest is a number.
MOST_NAMED: Final = 20


def run_all(
    invocation: Invocation,
    sources: Sequence[Source],
    options: Mapping[str, Any],
    arguments: Mapping[str, Any],
    conversion: Conversion,
) -> int:
    """Runs the exports, tells their outcomes, and gives the exit code."""
    outcomes: dict[Source, ExportOutcome] = {}
    signal = None
    with connected(invocation, options, exports=len(sources)) as client:
        try:
            with contextlib.closing(client.export_many(sources, concurrency=options["jobs"], **arguments)) as finished:
                for outcome in finished:
                    outcomes[outcome.source] = _converted(outcome, conversion)
        except Interrupted as caught:
            # The exports have stopped, and further signals are ignored while the end is told.
            signal = caught
    results_of = {source: end.result for source in sources if (end := outcomes.get(source)) and end.result}
    failed = {
        source: failure_of(invocation, end.error) for source in sources if (end := outcomes.get(source)) and end.error
    }
    _warn(invocation, results_of.items())
    for source, failure in failed.items():
        invocation.console.fail(f"{source}: {failure.message}", failure.hints)
    stop = None if signal is None else _Interruption.of(invocation, sources, outcomes, signal)
    if stop is not None:
        invocation.console.fail(stop.message, stop.hints(invocation))
    elif failed:
        invocation.console.write(f"{len(failed)} of {len(sources)} exports failed")
    if invocation.console.json:
        invocation.console.document(_document(invocation, sources, results_of, failed, stop))
    elif results_of:
        invocation.console.result(_text(results_of.items()))
    return exit_code(failed.values()) if stop is None else stop.exit_code


def report(invocation: Invocation, outcomes: Sequence[ExportOutcome]) -> int:
    """Tells the outcomes of exports that all came to their ends, and gives the exit code."""
    done = [(outcome.source, outcome.result) for outcome in outcomes if outcome.result]
    failed = [(outcome.source, failure_of(invocation, outcome.error)) for outcome in outcomes if outcome.error]
    _warn(invocation, done)
    for source, failure in failed:
        invocation.console.fail(f"{source}: {failure.message}", failure.hints)
    if invocation.console.json:
        invocation.console.document({"exports": [_ended(invocation, outcome) for outcome in outcomes]})
    elif done or not failed:
        invocation.console.result(_text(done))
    return exit_code(failure for _, failure in failed)


def _ended(invocation: Invocation, outcome: ExportOutcome) -> dict[str, Any]:
    source = {"source": str(outcome.source)}
    if outcome.result is not None:
        return {**source, **results.export_document(outcome.result)}
    told = outcome.error and failure_of(invocation, outcome.error).document(invocation.console)
    return {**source, "error": told}


def _converted(outcome: ExportOutcome, conversion: Conversion) -> ExportOutcome:
    """The outcome with the files as they are wanted; a failure in that, a bug too, is this export's own."""
    if outcome.result is None:
        return outcome
    try:
        return attrs.evolve(outcome, result=conversion.carried_out(outcome.result))
    except ExportError as error:
        return ExportOutcome(outcome.source, error=error)
    except Exception as error:  # noqa: BLE001 - it is no reason to stop the other exports and to hide their outcomes
        hints = (CSV_STAYS, "please report it")
        bug = ExportError(f"an error that nobody foresaw: {type(error).__name__}", hints=hints)
        # Its text may hold anything, so it is told as the cause only.
        bug.__cause__ = error
        return ExportOutcome(outcome.source, error=bug)


def exit_code(failures: Iterable[Failure]) -> int:
    """0 without a failure, the failures' own code where they share it, else one that says that they differ."""
    codes = {failure.exit_code for failure in failures}
    if not codes:
        return 0
    return codes.pop() if len(codes) == 1 else DIFFERENT_FAILURES


def _warn(invocation: Invocation, done: Iterable[tuple[Source, DownloadedExport]]) -> None:
    for source, result in done:
        for warning in result.warnings:
            invocation.console.warn(f"the panel says of {source}: {warning}")


def _text(done: Collection[tuple[Source, DownloadedExport]]) -> str:
    rows = [(str(source), *results.file_row(file)) for source, result in done for file in result.files]
    total = results.total_line([result for _, result in done])
    if not rows:
        return total
    return f"{table(('SOURCE', *results.COLUMNS), rows, numbers=frozenset({2, 3}))}\n{total}"


def _document(
    invocation: Invocation,
    sources: Iterable[Source],
    results_of: Mapping[Source, DownloadedExport],
    failed: Mapping[Source, Failure],
    stop: _Interruption | None,
) -> dict[str, Any]:
    """Every source in the order of the command line, with its result or its error."""

    def outcome(source: Source) -> dict[str, Any]:
        if source in results_of:
            return results.export_document(results_of[source])
        failure = failed[source] if stop is None or source in failed else stop.failure(invocation, str(source))
        return {"error": failure.document(invocation.console)}

    exports = [{"source": str(source), **outcome(source)} for source in sources]
    if stop is None:
        return {"exports": exports}
    whole = Failure(INTERRUPTED, stop.message, stop.hints(invocation), stop.exit_code)
    return {"exports": exports, "error": whole.document(invocation.console)}


@attrs.frozen
class _Interruption:
    """A signal in the middle, and how far the exports were that have no outcome.

    Attributes:
        message: What happened.
        exit_code: The signal's.
        created: The tasks that go on in the panel, by their source.
        asking: Sources whose task may or may not have been created.
        waiting: Sources whose turn had not come.
    """

    message: str
    exit_code: int
    created: dict[str, str]
    asking: list[str]
    waiting: list[str]

    @classmethod
    def of(
        cls,
        invocation: Invocation,
        sources: Sequence[Source],
        outcomes: Mapping[Source, ExportOutcome],
        signal: Interrupted,
    ) -> _Interruption:
        done = sum(outcome.error is None for outcome in outcomes.values())
        begun = {one.source: one for one in invocation.underway.values()}
        pending = [str(source) for source in sources if source not in outcomes]
        return cls(
            f"interrupted by {signal}: {done} of {len(sources)} exports are done",
            signal.exit_code,
            {name: task_id for name in pending if (task_id := begun.get(name, Underway(name)).task_id)},
            [name for name in pending if name in begun and not begun[name].task_id],
            [name for name in pending if name not in begun],
        )

    def hints(self, invocation: Invocation) -> tuple[str, ...]:
        """How to go on with all of them."""
        if invocation.journaled:
            command = invocation.next_command(None)
            going = (f"to go on with what began: {command}", *what_is_missing(invocation)) if command else ()
            return (*going, *self._not_begun())
        hints = [f"to go on with {name}: {invocation.next_command(task_id)}" for name, task_id in self.created.items()]
        hints += [f"{name}: {MAYBE_CREATED}" for name in self.asking]
        return (*hints, *self._not_begun())

    def _not_begun(self) -> tuple[str, ...]:
        return (f"not begun: {_named(self.waiting)}",) if self.waiting else ()

    def failure(self, invocation: Invocation, name: str) -> Failure:
        """One of them."""
        task_id = self.created.get(name)
        if task_id is not None:
            hints = going_on(invocation, task_id)
            return Failure(INTERRUPTED, "interrupted; the task goes on in the panel", hints, self.exit_code, task_id)
        if name in self.asking:
            # A journal knows it from before the request.
            hints = going_on(invocation, None) if invocation.journaled else (MAYBE_CREATED,)
            return Failure(INTERRUPTED, "interrupted while it was created", hints, self.exit_code)
        return Failure(INTERRUPTED, "not begun", (), self.exit_code)


def _named(sources: Sequence[str]) -> str:
    more = f" and {len(sources) - MOST_NAMED} more" if len(sources) > MOST_NAMED else ""
    return f"{' '.join(sources[:MOST_NAMED])}{more}"
