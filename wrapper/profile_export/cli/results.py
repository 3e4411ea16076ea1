"""Results as people read them, and as programs do."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from profile_export import DownloadedExport, DownloadedFile, ObjectUrl, OutputStream, TaskSnapshot
from profile_export.cli.console import printable, table

if TYPE_CHECKING:
    from profile_export import CompletedExport

COLUMNS: Final = ("FILE", "SIZE", "ROWS", "CHECK")
RIGHT: Final = frozenset({1, 2})
UNITS: Final = ("kB", "MB", "GB", "TB")


def size_text(size: int) -> str:
    """Bytes as people say them."""
    if size < 1000:
        return "1 byte" if size == 1 else f"{size} bytes"
    # The last power of a thousand that leaves at least one.
    power = min((len(str(size)) - 1) // 3, len(UNITS))
    return f"{size / 1000**power:.1f} {UNITS[power - 1]}"


def export_text(result: DownloadedExport) -> str:
    """A table of the files, and what they are together."""
    if not result.files:
        return total_line([result])
    return f"{files_table(result.files)}\n{total_line([result])}"


def files_table(files: Iterable[DownloadedFile]) -> str:
    """One line for each file."""
    return table(COLUMNS, [file_row(file) for file in files], numbers=RIGHT)


def file_row(file: DownloadedFile) -> tuple[str, str, str, str]:
    """One file's line, and what was checked of it."""
    rows, check = ("-", "bytes") if file.rows is None else (f"{file.rows:,}", "bytes, rows")
    return shown_path(file.place), size_text(file.size), rows, check


def total_line(results: Iterable[DownloadedExport]) -> str:
    """What came, and what it was compared with."""
    results = list(results)
    files = [file for result in results for file in result.files]
    profiles = counted(sum(result.total for result in results), "profile")
    if not files:
        return f"no files: the panel says that the export holds {profiles}"
    size = size_text(sum(file.size for file in files))
    end = "complete and verified"
    if any(result.rows is None for result in results):
        end = "complete; rows are counted in csv files only"
    return f"{counted(len(files), 'file')}, {profiles}, {size}: {end}"


def counted(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def shown_path(path: Path | ObjectUrl | OutputStream) -> str:
    """The place as a person would type it here."""
    if not isinstance(path, Path):
        return str(path)
    try:
        here = Path.cwd()
    except OSError:
        return str(path)
    return os.path.relpath(path, here) if path.is_relative_to(here) else str(path)


def export_document(result: DownloadedExport) -> dict[str, Any]:
    """A finished export for programs."""
    files = [
        {
            "path": str(file.path) if isinstance(file.place, Path) else None,
            "url": file.url,
            "size": file.size,
            "rows": file.rows,
            "sha256": file.sha256,
            "resumed_from": file.resumed_from,
        }
        for file in result.files
    ]
    return {
        "task_id": result.task_id,
        "total": result.total,
        "rows": result.rows,
        "files": files,
        "warnings": list(result.warnings),
    }


def snapshot_text(snapshot: TaskSnapshot) -> str:
    """A task's state in one line."""
    words = f"{snapshot.status} {snapshot.progress}%"
    if snapshot.total is not None:
        words += f", {counted(snapshot.total, 'profile')} in {counted(len(snapshot.urls), 'file')}"
    return printable(words)


def snapshot_document(snapshot: TaskSnapshot) -> dict[str, Any]:
    """A task's state for programs."""
    return {**attrs.asdict(snapshot), "completed": snapshot.completed, "failed": snapshot.failed}


def completed_text(done: CompletedExport) -> str:
    """What there is to download."""
    return f"{counted(done.total, 'profile')} in {counted(len(done.urls), 'file')}"


def completed_document(done: CompletedExport) -> dict[str, Any]:
    """What there is to download, for programs."""
    return {
        "task_id": done.task_id,
        "total": done.total,
        "links": len(done.urls),
        "urls": list(done.urls),
        "warnings": list(done.warnings),
    }
