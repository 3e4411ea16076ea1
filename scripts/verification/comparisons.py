"""The rules about whole exports, and about several of them: rows, filters, sources, ids."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from scripts.verification.exports import Export
from scripts.verification.ledger import Ledger


def compare(ledger: Ledger, exports: Sequence[Export]) -> None:
    """Notes every rule that takes all files of an export, or two exports, to see."""
    for one, other in combinations(exports, 2):
        ledger.note(
            "every_export_has_its_own_id", other.created, one.task_id != other.task_id, f"{one.task_id} was given twice"
        )
    whole = [export for export in exports if _is_whole(export)]
    for export in whole:
        _judge_rows(ledger, export)
    for one, other in combinations(whole, 2):
        if one.source == other.source:
            _judge_filter(ledger, one, other)
        elif one.contents.rows and not one.where and not other.where and one.file_format == other.file_format:
            # Filtered alike, a segment and its database may well hold the same profiles.
            message = f"{one.source} and {other.source} have the same {one.contents.rows} rows"
            ledger.note("sources_differ", other.downloads[-1], one.contents.digest != other.contents.digest, message)


def _is_whole(export: Export) -> bool:
    """Whether every file was given, seen and understood: only then can anything be said about all of the rows."""
    given = bool(export.downloads) and all(file.gave_something for file in export.downloads)
    return export.completed is not None and given and export.contents.countable and not export.gaps


def _judge_rows(ledger: Ledger, export: Export) -> None:
    contents, last = export.contents, export.downloads[-1]
    total = export.result["total"]
    counted = f"total is {total}, and {len(export.downloads)} file(s) hold {contents.rows} rows"
    fits = ledger.note("total_counts_the_rows", last, total == contents.rows, counted)
    if not contents.rows:
        return
    if export.file_format == "csv":
        words = f"{contents.ragged} of {contents.rows} rows are not as wide as the header of {len(contents.header)}"
        ledger.note("rows_are_complete", last, not contents.ragged, words)
        broken = bool(contents.ragged) and not fits and contents.rows > int(total)
        if broken or contents.line_breaks:
            ledger.note("line_breaks_survive", last, not broken, f"{counted}; some of them are pieces of rows")
    if contents.has_identity:
        ledger.note("no_row_is_repeated", last, not contents.repeated, f"{contents.repeated} rows stand there twice")
    elif len(export.downloads) > 1:
        ledger.note("no_row_is_repeated", last, not contents.whole_file_repeated, "two files hold the same rows")
    if export.where and contents.columns_checked:
        words = f"{contents.mismatches} of {contents.rows} rows don't match {dict(export.where)}"
        ledger.note("the_filter_chooses", last, not contents.mismatches, words)


def _judge_filter(ledger: Ledger, one: Export, other: Export) -> None:
    """Of two exports of one source the filtered one is smaller, where rows of the other are known not to match."""
    if len(one.where) >= len(other.where):
        return
    rows, fewer = one.contents.rows, other.contents.rows
    words = f"{rows} rows with {dict(one.where) or 'no filter'}, {fewer} with {dict(other.where)}"
    ledger.note("the_filter_chooses", other.downloads[-1], 0 < fewer < rows, words)
