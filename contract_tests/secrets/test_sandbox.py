"""The same sweep over real sockets: a real panel, real connections, and httpcore's own log at DEBUG."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contract_tests.secrets.sweep import Sweep
from contract_tests.wire.dialogue import EVERY_MODE, ONCE, TLS, Mode
from profile_export import Database, Event, ExportError, Segment, errors
from profile_export.sandbox import RunningSandbox, SandboxSettings, start_sandbox

# The sandbox takes tokens of printable ASCII.
MARKER = "mark3r+t0ken/01<&>23456789=="
every_mode = pytest.mark.parametrize("mode", EVERY_MODE, ids=str)
Step = Callable[[Any], Any]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    folder = tmp_path_factory.mktemp("sandbox")
    with start_sandbox(SandboxSettings(data_dir=folder, token=MARKER, profiles=20, task_seconds=0)) as running:
        yield running


def run(mode: Mode, sweep: Sweep, url: str, *steps: Step, **options: Any) -> Any:
    """What the steps lead to, value or error, with everything seen."""
    events: list[Event] = []
    given = {"token": MARKER, "retry": ONCE, "on_event": events.append, "verify": TLS, **options}
    try:
        result = mode.speak(*steps, base_url=url, **given)
    except ExportError as error:
        result = error
    sweep.see("result", result)
    sweep.see("event", *events)
    return result


@every_mode
def test_an_export_leaves_no_trace(sandbox: RunningSandbox, sweep: Sweep, tmp_path: Path, mode: Mode) -> None:
    export: Step = lambda client: client.export(Database(1), to=tmp_path, where=None)  # noqa: E731
    result = run(mode, sweep, sandbox.url, export)
    assert (result.rows, result.total) == (20, 20)
    sweep.see_folder(tmp_path)
    assert {"profile_export", "httpx", "httpcore"} <= sweep.loggers
    assert sweep.findings() == []


FAILURES: dict[str, tuple[type[ExportError], Step]] = {
    "unknown source": (errors.ApiError, lambda client: client.create_export(Segment(999))),
    "unknown format": (errors.ApiError, lambda client: client.create_export(Database(1), file_format="pdf")),
    "unknown task": (errors.TaskNotFound, lambda client: client.status("task_nobody_knows")),
    "unknown task, download": (errors.TaskNotFound, lambda client: client.download("task_nobody_knows", "/nowhere")),
}


@every_mode
@pytest.mark.parametrize("failure", FAILURES)
def test_a_refusal_leaves_no_trace(sandbox: RunningSandbox, sweep: Sweep, mode: Mode, failure: str) -> None:
    kind, step = FAILURES[failure]
    assert isinstance(run(mode, sweep, sandbox.url, step), kind)
    assert sweep.findings() == []


@every_mode
def test_a_wrong_token_leaves_no_trace(sandbox: RunningSandbox, sweep: Sweep, mode: Mode) -> None:
    wrong = MARKER[::-1]
    result = run(mode, sweep, sandbox.url, lambda client: client.create_export(Database(1)), token=wrong)
    assert isinstance(result, errors.AuthenticationError)
    assert not any(wrong[:9] in text for _, text in sweep.told)
    assert not any(wrong[:9] in record for record in sweep.log.records)
    assert sweep.findings() == []


@every_mode
def test_a_taken_name_leaves_no_trace(sandbox: RunningSandbox, sweep: Sweep, tmp_path: Path, mode: Mode) -> None:
    (tmp_path / "1_database_export.csv").touch()
    result = run(mode, sweep, sandbox.url, lambda client: client.export(Database(1), to=tmp_path))
    assert isinstance(result, errors.TargetExists)
    assert sweep.findings() == []


@every_mode
def test_a_panel_that_is_not_there_leaves_no_trace(sweep: Sweep, mode: Mode) -> None:
    result = run(mode, sweep, "http://127.0.0.1:1", lambda client: client.create_export(Database(1)))
    assert isinstance(result, errors.ConnectFailed)
    assert sweep.findings() == []
