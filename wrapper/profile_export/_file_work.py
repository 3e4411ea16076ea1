"""Performs the effects on files and on the journal, which may take as long as the disk does. Both drivers share it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from profile_export import _effects as do
from profile_export import _stores
from profile_export._files import has_content, make_directory, modified, prepare_directory
from profile_export._journal import Journal
from profile_export._leftovers import clear, clear_all
from profile_export._part_file import PartFile
from profile_export._parts import PartFiles
from profile_export._streams import without_stream
from profile_export.errors import UsageError
from profile_export.targets import ObjectUrl, OutputStream, Target


def with_files(effect: do.FileEffect[Any], parts: PartFiles, journal: Journal | None = None) -> Any:
    """Performs an effect on files."""
    match effect:
        case do.JournalEffect():
            return _with_journal(effect, journal)
        case do.PartEffect():
            return _with_parts(effect, parts)
        case do.PrepareDirectory(path):
            return _prepare(path, parts)
        case do.MakeDirectory(path):
            return _make(path)
        case do.Modified(path):
            return _modified(path, parts)
        case do.ClearParts(directory, task_id):
            # Elsewhere, nothing is left behind.
            return clear_all(directory, task_id) if isinstance(directory, Path) else None
        case do.IsPublished():
            return _is_published(effect, parts)
        case _:
            raise TypeError(f"no such effect: {effect!r}")


def _prepare(target: Target, parts: PartFiles) -> None:
    match target:
        case ObjectUrl():
            _stores.prove_reachable(parts.stores.of(target), target)
        case OutputStream():
            if target.file is None:
                raise without_stream()
        case _:
            prepare_directory(target)


def _make(target: Target) -> None:
    # Elsewhere, folders are only names.
    if isinstance(target, Path):
        make_directory(target)


def _modified(target: Target, parts: PartFiles) -> float | None:
    match target:
        case ObjectUrl():
            return _stores.modified(parts.stores.of(target), target)
        case OutputStream():
            return None
        case _:
            return modified(target)


def _is_published(effect: do.IsPublished, parts: PartFiles) -> bool:
    match effect.target:
        case ObjectUrl() as target:
            return _stores.has_content(parts.stores.of(target), target, effect.size, effect.sha256)
        case OutputStream():
            # Whatever was written there, nobody can look at it again.
            return False
        case target:
            published = has_content(target, effect.size, effect.sha256)
            if published:
                clear(target, effect.task_id)
            return published


def _take_verified(effect: do.TakeVerified, parts: PartFiles) -> bool:
    parts.look(effect.target, effect.task_id, count_rows=effect.count_rows)
    part = parts.here(effect.target)
    if not isinstance(part, PartFile):
        return False
    whole = part.has_content(effect.size, effect.sha256)
    if not whole and part.size >= effect.size:
        # Somebody changed it: it must not pass for what the panel sent.
        parts.discard(effect.target)
    return whole


def _with_parts(effect: do.PartEffect[Any], parts: PartFiles) -> Any:
    match effect:
        case do.Received(target):
            part = parts.here(target)
            return do.Here() if part is None else do.Here(part.received, part.etag)
        case do.TakeVerified():
            return _take_verified(effect, parts)
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
        case do.HasRecord(record_id):
            return journal.has(record_id)
        case do.PendingRecords():
            return journal.pending()
        case _:
            raise TypeError(f"no such effect: {effect!r}")
