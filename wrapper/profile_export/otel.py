"""Spans for OpenTelemetry: one for each export, one below it for each file, with polls and retries as their events.

    from profile_export.otel import OpenTelemetrySink

    with ExportClient(url, token=token, on_event=OpenTelemetrySink()) as client: ...

Needs the extra `otel`, which is the API alone: the application chooses SDK and exporter. No span holds the token or a
link to a file.
"""

from __future__ import annotations

from typing import Final

import attrs

from profile_export._version import __version__
from profile_export.events import (
    DownloadFinished,
    DownloadRestarted,
    DownloadStarted,
    Event,
    ExportFailed,
    ExportFinished,
    ExportStarted,
    FilePublished,
    RetryScheduled,
    TaskAttached,
    TaskCreated,
    TaskPolled,
)
from profile_export.targets import Target

try:
    from opentelemetry.trace import (
        Span,
        SpanKind,
        Status,
        StatusCode,
        TracerProvider,
        get_current_span,
        get_tracer,
        set_span_in_context,
    )
except ImportError as error:
    raise ImportError("profile_export.otel needs OpenTelemetry: pip install 'profile-export[otel]'") from error

PREFIX: Final = "profile_export"


@attrs.define
class _Export:
    """The spans of one export that are open."""

    span: Span
    files: dict[Target, Span] = attrs.field(factory=dict[Target, Span])

    def end(self, status: Status | None = None, kind: str = "") -> None:
        """Ends what is open; with `status` and the `kind` of error where it failed."""
        for span in (*self.files.values(), self.span):
            if status is not None:
                span.set_status(status)
                span.set_attribute("error.type", kind)
            span.end()


class OpenTelemetrySink:
    """Takes the events of any number of clients and exports, also at the same time.

    The span of an export is a child of the span that is current where the export begins. Single steps (`create_export`,
    `wait`) have no span of their own: their polls and retries become events of the current span.

    Args:
        tracer_provider: Where the spans go; without it, to the global provider.
    """

    def __init__(self, tracer_provider: TracerProvider | None = None) -> None:
        self._tracer = get_tracer(PREFIX, __version__, tracer_provider)
        self._exports: dict[str, _Export] = {}

    def __call__(self, event: Event) -> None:
        """Takes an event of a client."""
        match event:
            case ExportStarted():
                self._begin(event)
            case ExportFinished():
                self._finish(event)
            case ExportFailed():
                self._fail(event)
            case DownloadStarted() | DownloadFinished():
                self._download(event)
            case _:
                self._note(event)

    def _begin(self, event: ExportStarted) -> None:
        before = self._exports.pop(event.export, None)
        if before is not None:
            # Two downloads of one task at a time can't be told apart; no span stays open for it.
            before.end()
        known = {"source": event.source, "task_id": event.task_id, "export": event.export}
        attributes = {f"{PREFIX}.{name}": value for name, value in known.items() if value is not None}
        span = self._tracer.start_span(f"{PREFIX}.export", kind=SpanKind.CLIENT, attributes=attributes)
        self._exports[event.export] = _Export(span)

    def _finish(self, event: ExportFinished) -> None:
        found = self._exports.pop(event.export, None)
        if found is not None:
            found.span.set_attributes({f"{PREFIX}.files": event.files, f"{PREFIX}.total": event.total})
            found.span.set_status(Status(StatusCode.OK))
            found.end()

    def _fail(self, event: ExportFailed) -> None:
        found = self._exports.pop(event.export, None)
        if found is not None:
            told = {"exception.type": event.slug, "exception.message": event.message}
            found.span.add_event("exception", told)
            found.end(Status(StatusCode.ERROR, event.message), event.slug)

    def _download(self, event: DownloadStarted | DownloadFinished) -> None:
        export = self._exports.get(event.export)
        if export is None:
            return
        span = export.files.get(event.target)
        if span is None:
            context = set_span_in_context(export.span)
            span = self._tracer.start_span(f"{PREFIX}.download", context, SpanKind.CLIENT)
            span.set_attribute(f"{PREFIX}.file", str(event.target))
            export.files[event.target] = span
        if event.size is not None:
            span.set_attribute(f"{PREFIX}.size", event.size)
        if isinstance(event, DownloadFinished):
            span.end()
            del export.files[event.target]

    def _note(self, event: Event) -> None:
        """What happens within a span."""
        span = self._span(event.export)
        match event:
            case TaskCreated(task_id=task_id) | TaskAttached(task_id=task_id):
                span.set_attribute(f"{PREFIX}.task_id", task_id)
                how = "created" if isinstance(event, TaskCreated) else "attached"
                span.add_event(f"task {how}", {"task_id": task_id})
            case TaskPolled(snapshot=seen, waited=waited):
                span.add_event("polled", {"status": seen.status, "progress": seen.progress, "waited": waited})
            case RetryScheduled():
                self._latest(event.export, event.operation).add_event(
                    "retry",
                    {
                        "operation": event.operation,
                        "attempt": event.attempt,
                        "delay": event.delay,
                        "reason": event.reason,
                    },
                )
            case DownloadRestarted(target=target):
                self._of_file(event.export, target).add_event("restarted", {"file": str(target)})
            case FilePublished(target=target, size=size):
                span.add_event("file published", {"file": str(target), "size": size})
            case _:
                pass

    def _span(self, export: str) -> Span:
        found = self._exports.get(export)
        return get_current_span() if found is None else found.span

    def _of_file(self, export: str, target: Target) -> Span:
        found = self._exports.get(export)
        return (found.files.get(target) if found is not None else None) or self._span(export)

    def _latest(self, export: str, operation: str) -> Span:
        """The span of the file that is on its way, where it is about that."""
        found = self._exports.get(export)
        files = list(found.files.values()) if found is not None and operation == "download" else []
        return files[-1] if files else self._span(export)
