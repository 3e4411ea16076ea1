"""Export customer profiles from a marketing platform, complete and verified.

    from profile_export import Database, ExportClient

    with ExportClient("https://panel.example.com", token="...") as client:
        result = client.export(Database(1), to="exports/")

Names are loaded when they are first used (PEP 562), so that importing this package costs nearly nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from profile_export._version import __version__

if TYPE_CHECKING:
    from profile_export.aio import AsyncCompletedExport, AsyncExportClient, AsyncExportTask
    from profile_export.client import CompletedExport, ExportClient, ExportTask
    from profile_export.errors import (
        ApiError,
        AuthenticationError,
        CertificateRefused,
        ConnectFailed,
        ContractError,
        CreateOutcomeUnknown,
        DownloadError,
        ExportError,
        IncompleteDownload,
        IntegrityError,
        InvalidRequest,
        JournalError,
        LinkExpired,
        NoSpace,
        RateLimited,
        RemoteChanged,
        RequestTimeout,
        ResponseLost,
        ServerError,
        TargetExists,
        TaskError,
        TaskFailed,
        TaskNotFound,
        TransportError,
        UnknownTaskState,
        UnsafeLink,
        UsageError,
        WaitTimeout,
    )
    from profile_export.events import (
        DownloadFinished,
        DownloadProgress,
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
    from profile_export.journal import forget_export, pending_exports
    from profile_export.logs import RedactingFilter, redact_logs
    from profile_export.policy import DownloadPolicy, PollPolicy, RetryPolicy
    from profile_export.targets import ObjectUrl, OutputStream
    from profile_export.types import (
        Database,
        DownloadedExport,
        DownloadedFile,
        ExportOutcome,
        PendingExport,
        Segment,
        Source,
        TaskSnapshot,
        parse_source,
    )

_ERRORS = """ApiError AuthenticationError CertificateRefused ConnectFailed ContractError CreateOutcomeUnknown
    DownloadError ExportError IncompleteDownload IntegrityError InvalidRequest JournalError LinkExpired
    NoSpace RateLimited RemoteChanged RequestTimeout ResponseLost ServerError TargetExists TaskError
    TaskFailed TaskNotFound TransportError UnknownTaskState UnsafeLink UsageError WaitTimeout"""
_EVENTS = """DownloadFinished DownloadProgress DownloadRestarted DownloadStarted Event ExportFailed ExportFinished
    ExportStarted FilePublished RetryScheduled TaskAttached TaskCreated TaskPolled"""
_TYPES = """Database DownloadedExport DownloadedFile ExportOutcome PendingExport Segment Source TaskSnapshot
    parse_source"""
_HOMES = {
    "aio": "AsyncCompletedExport AsyncExportClient AsyncExportTask",
    "client": "CompletedExport ExportClient ExportTask",
    "errors": _ERRORS,
    "events": _EVENTS,
    "journal": "forget_export pending_exports",
    "logs": "RedactingFilter redact_logs",
    "policy": "DownloadPolicy PollPolicy RetryPolicy",
    "targets": "ObjectUrl OutputStream",
    "types": _TYPES,
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "ApiError",
    "AsyncCompletedExport",
    "AsyncExportClient",
    "AsyncExportTask",
    "AuthenticationError",
    "CertificateRefused",
    "CompletedExport",
    "ConnectFailed",
    "ContractError",
    "CreateOutcomeUnknown",
    "Database",
    "DownloadError",
    "DownloadFinished",
    "DownloadPolicy",
    "DownloadProgress",
    "DownloadRestarted",
    "DownloadStarted",
    "DownloadedExport",
    "DownloadedFile",
    "Event",
    "ExportClient",
    "ExportError",
    "ExportFailed",
    "ExportFinished",
    "ExportOutcome",
    "ExportStarted",
    "ExportTask",
    "FilePublished",
    "IncompleteDownload",
    "IntegrityError",
    "InvalidRequest",
    "JournalError",
    "LinkExpired",
    "NoSpace",
    "ObjectUrl",
    "OutputStream",
    "PendingExport",
    "PollPolicy",
    "RateLimited",
    "RedactingFilter",
    "RemoteChanged",
    "RequestTimeout",
    "ResponseLost",
    "RetryPolicy",
    "RetryScheduled",
    "Segment",
    "ServerError",
    "Source",
    "TargetExists",
    "TaskAttached",
    "TaskCreated",
    "TaskError",
    "TaskFailed",
    "TaskNotFound",
    "TaskPolled",
    "TaskSnapshot",
    "TransportError",
    "UnknownTaskState",
    "UnsafeLink",
    "UsageError",
    "WaitTimeout",
    "__version__",
    "forget_export",
    "parse_source",
    "pending_exports",
    "redact_logs",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
