"""The journal from outside: what it knows of unfinished exports, without a client and without a token."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Literal, cast

from profile_export._journal import Journal
from profile_export._records import Record
from profile_export.types import PendingExport


def pending_exports(journal: str | os.PathLike[str]) -> tuple[PendingExport, ...]:
    """The exports, of every panel, that the journal in this folder knows as not finished, oldest first.

    Raises:
        JournalError: The folder or one of its records can't be read.
    """
    return tuple(shown(record) for record in Journal.at(journal).pending())


def forget_export(journal: str | os.PathLike[str], export_id: str) -> None:
    """Removes the record of an export, by its `PendingExport.id`. A task of it lives on in the panel.

    Raises:
        JournalError: There is no such record, or it can't be removed.
    """
    Journal.at(journal).forget(export_id)


def shown(record: Record) -> PendingExport:
    """A record that is not finished, as people get it."""
    return PendingExport(
        id=record.id,
        panel=record.origin,
        source=record.source,
        to=record.directory,
        stage=cast("Literal['intent', 'created', 'verified']", record.stage),
        task_id=record.task_id,
        where=record.where,
        file_format=record.file_format,
        created_at=datetime.fromtimestamp(record.created_at, UTC),
    )
