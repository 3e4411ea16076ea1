"""The commands that work on a journal: what a crash left, and finishing it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import attrs
import click

from profile_export import PendingExport, UsageError, forget_export, pending_exports
from profile_export.cli import results, several
from profile_export.cli.commands import finish, seconds
from profile_export.cli.console import printable, table
from profile_export.cli.invocation import Invocation
from profile_export.cli.options import connection_options, journal_option, report_options, timeout_option
from profile_export.cli.session import connected
from profile_export.cli.stdout import STDOUT

NOTHING: Final = "nothing is pending"
COLUMNS: Final = ("ID", "SOURCE", "STAGE", "TASK", "SINCE (UTC)", "TO")


@click.command()
@journal_option
@click.option("--forget", metavar="ID", multiple=True, help="Remove this record; its task lives on in the panel.")
@report_options
@click.pass_obj
def pending(invocation: Invocation, /, journal: str | None, forget: Sequence[str], **_: Any) -> None:
    """List the exports that a journal knows as not finished. Asks no panel.

    \b
    Example:
      profile-export pending --journal exports/.journal
    """  # noqa: D301 - click's mark for a paragraph that keeps its lines
    folder = _required(journal)
    for export_id in forget:
        forget_export(folder, export_id)
    found = pending_exports(folder)
    finish(invocation, (), _pending_text(found, folder), {"pending": [_pending_document(export) for export in found]})


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@journal_option
@click.option("--to", metavar="PLACE", help="Another place for the files than each export's own.")
@timeout_option
@connection_options
@report_options
@click.pass_obj
def resume(invocation: Invocation, /, ids: Sequence[str], to: str | None, **options: Any) -> int:
    """Finish the exports of this panel that a journal knows as not finished, or only those of the given IDs.

    \b
    Examples:
      profile-export resume --journal exports/.journal
      profile-export pending --journal exports/.journal
    """  # noqa: D301
    _required(options["journal"])
    if to == STDOUT:
        hint = "download TASK_ID --to - puts one export there; pending tells the ids"
        raise UsageError("resume puts no files to stdout", hints=("pass a folder", hint))
    invocation.goes_on_with("resume")
    with connected(invocation, options) as client:
        outcomes = client.resume_all(to=to, ids=ids or None, timeout=seconds(options))
    if not outcomes and not invocation.console.json:
        invocation.console.result(_nothing(options["journal"]))
        return 0
    return several.report(invocation, outcomes)


def _required(journal: str | None) -> str:
    if journal is None:
        raise UsageError("there is no journal", hints=("pass --journal DIR, or set PROFILE_EXPORT_JOURNAL",))
    return journal


def _nothing(journal: str) -> str:
    """Nothing is wrong before the first export; but the name may be mistyped."""
    return NOTHING if Path(journal).is_dir() else f"{NOTHING}: there is no folder {printable(journal)}"


def _pending_text(found: Sequence[PendingExport], journal: str) -> str:
    if not found:
        return _nothing(journal)
    rows = [
        (
            export.id,
            str(export.source),
            export.stage,
            export.task_id or "-",
            f"{export.created_at:%Y-%m-%d %H:%M}",
            results.shown_path(export.to),
        )
        for export in found
    ]
    return table(COLUMNS, rows, numbers=frozenset())


def _pending_document(export: PendingExport) -> dict[str, Any]:
    members = attrs.asdict(export, recurse=False)
    return {
        **members,
        "source": str(export.source),
        "to": str(export.to),
        "created_at": export.created_at.isoformat(timespec="seconds"),
    }
