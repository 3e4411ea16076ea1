"""Spans of real exports, made by the real SDK and kept in memory."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from contract_tests.secrets.sweep import MARKER, leaks
from contract_tests.wire.conftest import no_proxy, panel, router, style_mode
from contract_tests.wire.dialogue import (
    FILE,
    LINK,
    ONCE,
    TASK,
    Mode,
    Panel,
    completed,
    created,
    file_answer,
    raw,
    refused,
    running,
)
from profile_export import (
    Database,
    DownloadFinished,
    DownloadRestarted,
    DownloadStarted,
    ExportError,
    ExportFailed,
    ExportFinished,
    ExportStarted,
    TaskAttached,
)
from profile_export.otel import OpenTelemetrySink

__all__ = ["no_proxy", "panel", "router", "style_mode"]
OTHER = LINK.replace("export.csv", "export_2.csv")


class Recorder:
    """A sink over the real SDK, and the spans that have ended."""

    def __init__(self) -> None:
        self._memory = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self._memory))
        self.sink = OpenTelemetrySink(self.provider)

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self._memory.get_finished_spans())

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.spans if span.name == f"profile_export.{name}"]

    @property
    def export(self) -> ReadableSpan:
        [span] = self.named("export")
        return span


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def attributes(span: Any) -> Mapping[str, Any]:
    return dict(span.attributes or {})


def events(span: ReadableSpan) -> list[tuple[str, Mapping[str, Any]]]:
    return [(event.name, attributes(event)) for event in span.events]


def spent(span: ReadableSpan) -> tuple[int, int]:
    assert span.start_time is not None
    assert span.end_time is not None
    return span.start_time, span.end_time


def run(mode: Mode, recorder: Recorder, folder: Path, **options: Any) -> None:
    mode.speak(lambda client: client.export(Database(1), to=folder), on_event=recorder.sink, **options)


def test_one_span_for_the_export_and_one_for_each_file(
    panel: Panel, style_mode: Mode, recorder: Recorder, tmp_path: Path
) -> None:
    panel.create()
    panel.status(running(40), completed([LINK, OTHER], total=4))
    panel.file(raw(200, FILE, Content_Length=str(len(FILE))))
    panel.file(file_answer(), link=OTHER)
    run(style_mode, recorder, tmp_path)
    export = recorder.export
    request_id = panel.requests[0].headers["Request-ID"]
    assert attributes(export) == {
        "profile_export.source": "database:1",
        "profile_export.export": request_id,
        "profile_export.task_id": TASK,
        "profile_export.files": 2,
        "profile_export.total": 4,
    }
    assert export.status.status_code is StatusCode.OK
    files = recorder.named("download")
    assert [attributes(file) for file in files] == [
        {"profile_export.file": str(tmp_path / Path(link).name), "profile_export.size": len(FILE)}
        for link in (LINK, OTHER)
    ]
    began, ended = spent(export)
    for file in files:
        assert file.parent is not None
        assert export.context is not None
        assert file.parent.span_id == export.context.span_id
        assert began <= spent(file)[0] <= spent(file)[1] <= ended
    assert spent(files[0])[1] <= spent(files[1])[0]


def test_polls_are_events_of_the_span(panel: Panel, style_mode: Mode, recorder: Recorder, tmp_path: Path) -> None:
    panel.whole()
    run(style_mode, recorder, tmp_path)
    told = events(recorder.export)
    polls = [(told["status"], told["progress"]) for name, told in told if name == "polled"]
    assert polls == [("in_progress", 40), ("completed", 100)]
    assert told[0] == ("task created", {"task_id": TASK})
    assert told[-1] == ("file published", {"file": str(tmp_path / Path(LINK).name), "size": len(FILE)})


def test_a_task_of_an_earlier_run_is_told(recorder: Recorder) -> None:
    recorder.sink(ExportStarted(source="database:1", task_id=None, export="x"))
    recorder.sink(TaskAttached(task_id=TASK, export="x"))
    recorder.sink(ExportFinished(files=1, total=1, export="x"))
    assert events(recorder.export) == [("task attached", {"task_id": TASK})]
    assert attributes(recorder.export)["profile_export.task_id"] == TASK


def test_retries_are_events_of_what_is_repeated(
    panel: Panel, style_mode: Mode, recorder: Recorder, tmp_path: Path
) -> None:
    panel.create(httpx.ConnectError("down"), created())
    panel.status(completed())
    panel.file(raw(200, FILE[:9], Content_Length=str(len(FILE))), file_answer())
    run(style_mode, recorder, tmp_path)
    [(_, retry)] = [told for told in events(recorder.export) if told[0] == "retry"]
    assert (retry["operation"], retry["attempt"]) == ("create", 2)
    assert "down" in retry["reason"]
    [file] = recorder.named("download")
    assert [name for name, _ in events(file)] == ["retry", "restarted"]


def test_a_failure_is_recorded(panel: Panel, style_mode: Mode, recorder: Recorder, tmp_path: Path) -> None:
    panel.create()
    panel.status(completed([LINK, OTHER], total=4))
    panel.file()
    panel.file(raw(200, FILE[:9], Content_Length="100"), link=OTHER)
    with pytest.raises(ExportError):
        run(style_mode, recorder, tmp_path, retry=ONCE)
    good, bad = recorder.named("download")
    assert good.status.status_code is StatusCode.UNSET
    for span in (bad, recorder.export):
        assert span.status.status_code is StatusCode.ERROR
        assert attributes(span)["error.type"] == "incomplete-download"
        assert "9 of 100 bytes" in (span.status.description or "")
    name, told = events(recorder.export)[-1]
    assert (name, told["exception.type"]) == ("exception", "incomplete-download")


def test_an_interruption_leaves_no_span_open(style_mode: Mode, recorder: Recorder, tmp_path: Path) -> None:
    def interrupt(_: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(style_mode, recorder, tmp_path, transport=httpx.MockTransport(interrupt))
    assert attributes(recorder.export)["error.type"] == "interrupted"


def test_the_span_belongs_to_the_span_around_it(
    panel: Panel, style_mode: Mode, recorder: Recorder, tmp_path: Path
) -> None:
    panel.whole()
    tracer = recorder.provider.get_tracer("application")
    with tracer.start_as_current_span("nightly") as around:
        run(style_mode, recorder, tmp_path)
    assert recorder.export.parent is not None
    assert recorder.export.parent.span_id == around.get_span_context().span_id


def test_steps_one_by_one_are_told_to_the_span_around_them(
    panel: Panel, style_mode: Mode, recorder: Recorder, tmp_path: Path
) -> None:
    panel.whole()
    tracer = recorder.provider.get_tracer("application")
    with tracer.start_as_current_span("nightly"):
        steps = (lambda client: client.create_export(Database(1)), lambda task: task.wait())
        style_mode.speak(*steps, on_event=recorder.sink)
    [around] = recorder.spans
    assert [name for name, _ in events(around)] == ["task created", "polled", "polled"]


def test_two_exports_at_once_have_spans_of_their_own(recorder: Recorder, tmp_path: Path) -> None:
    both = threading.Barrier(2, timeout=10)

    def one(number: int) -> None:
        name, target = f"export-{number}", tmp_path / "same.csv"
        recorder.sink(ExportStarted(source=f"database:{number}", task_id=None, export=name))
        both.wait()
        recorder.sink(DownloadStarted(target=target, size=None, export=name))
        both.wait()
        recorder.sink(DownloadFinished(target=target, size=number, export=name))
        recorder.sink(ExportFinished(files=1, total=number, export=name))

    threads = [threading.Thread(target=one, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    totals = {attributes(span)["profile_export.total"]: span for span in recorder.named("export")}
    sizes = {attributes(span)["profile_export.size"]: span for span in recorder.named("download")}
    for number in (1, 2):
        parent, context = sizes[number].parent, totals[number].context
        assert parent is not None
        assert context is not None
        assert parent.span_id == context.span_id


def test_events_of_an_export_that_was_never_begun_are_no_harm(recorder: Recorder) -> None:
    tracer = recorder.provider.get_tracer("application")
    with tracer.start_as_current_span("nightly"):
        for event in (
            DownloadStarted(target=Path("a.csv"), size=1, export="x"),
            ExportFinished(files=1, total=1, export="x"),
            ExportFailed(slug="bug", message="no", export="x"),
        ):
            recorder.sink(event)
    [around] = recorder.spans
    assert (attributes(around), events(around), around.status.status_code) == ({}, [], StatusCode.UNSET)


def test_the_same_task_twice_at_once_leaves_no_span_open(recorder: Recorder) -> None:
    for _ in range(2):
        recorder.sink(ExportStarted(source=None, task_id=TASK, export=TASK))
    recorder.sink(ExportFinished(files=1, total=1, export=TASK))
    assert len(recorder.named("export")) == 2


def test_no_span_holds_the_token_or_a_link(panel: Panel, style_mode: Mode, recorder: Recorder, tmp_path: Path) -> None:
    panel.create(refused(500, f"bad {MARKER}"), created())
    panel.status(completed([f"{LINK}?signature=s3cret"]))
    panel.file(refused(403, f"no {MARKER}"))
    with pytest.raises(ExportError):
        run(style_mode, recorder, tmp_path, token=MARKER)
    text = "".join(span.to_json() for span in recorder.spans)
    assert "authentication" in text
    assert not leaks(text)
    assert "s3cret" not in text


def test_without_opentelemetry_it_says_what_to_install() -> None:
    code = """
import sys
sys.modules["opentelemetry"] = None
try:
    import profile_export.otel
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "profile-export[otel]" in done.stdout


def test_a_restart_belongs_to_its_file(recorder: Recorder) -> None:
    """Files of an export are fetched at once; the latest need not be the one."""
    recorder.sink(ExportStarted(source="database:1", task_id=None, export="x"))
    for name in ("a.csv", "b.csv"):
        recorder.sink(DownloadStarted(target=Path(name), size=1, export="x"))
    for name in ("a.csv", "c.csv"):
        recorder.sink(DownloadRestarted(target=Path(name), export="x"))
    recorder.sink(ExportFinished(files=2, total=1, export="x"))
    told = {attributes(span)["profile_export.file"]: events(span) for span in recorder.named("download")}
    assert told == {"a.csv": [("restarted", {"file": "a.csv"})], "b.csv": []}
    assert events(recorder.export) == [("restarted", {"file": "c.csv"})]
