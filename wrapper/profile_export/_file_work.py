"""Performs the effects on files and on the journal, which may take as long as the disk does. Both drivers share it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from profile_export import _effects as do
from profile_export._files import has_content, make_directory, prepare_directory
from profile_export._journal import Journal
from profile_export._leftovers import clear
from profile_export._parts import PartFiles
from profile_export.errors import UsageError


def with_files(effect: do.FileEffect[Any], parts: PartFiles, journal: Journal | None = None) -> Any:
    """Performs an effect on files."""
    match effect:
        case do.JournalEffect():
            return _with_journal(effect, journal)
        case do.PartEffect():
            return _with_parts(effect, parts)
        case do.PrepareDirectory(path):
            return prepare_directory(path)
        case do.MakeDirectory(path):
            return make_directory(path)
        case do.Exists(path):
            # A broken symbolic link takes its name, too.
            return os.path.lexists(path)
        case do.IsPublished(target, task_id, size, sha256):
            return _is_published(target, task_id, size, sha256)
        case _:
            raise TypeError(f"no such effect: {effect!r}")


def _is_published(target: Path, task_id: str, size: int, sha256: str) -> bool:
    published = has_content(target, size, sha256)
    if published:
        clear(target, task_id)
    return published


def _with_parts(effect: do.PartEffect[Any], parts: PartFiles) -> Any:
    match effect:
        case do.Received(target):
            part = parts.here(target)
            return 0 if part is None else part.size
        case do.Publish(target, overwrite):
            return parts.publish(target, overwrite=overwrite)
        case do.Reject(target):
            return parts.reject(target)
        case _:
            raise TypeError(f"no such effect: {effect!r}")


def _with_journal(effect: do.JournalEffect[Any], journal: Journal | None) -> Any:
    if journal is None:
        raise UsageError("this client has no journal", hints=("pass journal=DIR, or --journal DIR",))
    match effect:
        case do.OpenRecord(draft):
            return journal.open(draft)
        case do.SaveRecord(record):
            return journal.save(record)
        case do.ForgetRecord(record_id):
            return journal.forget(record_id, unless_begun=True)
        case do.ReadRecord(record_id):
            return journal.get(record_id)
        case do.PendingRecords():
            return journal.pending()
        case _:
            raise TypeError(f"no such effect: {effect!r}")
