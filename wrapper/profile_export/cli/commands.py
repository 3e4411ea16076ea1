"""The commands that talk to a panel: all three steps of an export, or one of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import click

from profile_export import Source
from profile_export.cli import results, several, stdout, tables
from profile_export.cli.console import printable
from profile_export.cli.invocation import Invocation
from profile_export.cli.options import (
    connection_options,
    jobs_option,
    journal_option,
    report_options,
    selection_options,
    source_argument,
    sources_argument,
    target_options,
    task_argument,
    timeout_option,
)
from profile_export.cli.session import connected


@click.command(epilog="SOURCE is database:ID or segment:ID.")
@sources_argument
@target_options
@tables.format_options
@jobs_option
@journal_option
@selection_options
@timeout_option
@connection_options
@report_options
@click.pass_obj
def run(invocation: Invocation, /, sources: list[Source], where: dict[str, Any] | None, **options: Any) -> int:
    """Export each SOURCE: create its task, wait for it, download and verify its files.

    An export that fails stops no other. With several SOURCEs the exit code is 0 when all are done, the failures' own
    code when they share it, and 10 when they differ; --json gives {"exports": [...]}, in the order of the SOURCEs.

    \b
    Examples:
      profile-export run database:1 --to exports
      profile-export run segment:7 --to exports --where '{"occupation": "doctor"}'
      profile-export run segment:7 segment:8 segment:9 --to exports --jobs 2
      profile-export run database:1 --to exports --format parquet --type visits=int64
      profile-export run database:1 --to s3://bucket/exports
      profile-export run database:1 --to - | gzip > all.csv.gz
    """  # noqa: D301 - click's mark for a paragraph that keeps its lines
    invocation.goes_on_with("download" if options["journal"] is None else "resume")
    conversion = tables.conversion(options)
    arguments: dict[str, Any] = {
        "to": stdout.place(invocation, options["to"], len(sources)),
        "where": where,
        "file_format": options["file_format"],
        "timeout": seconds(options),
        "overwrite": options["overwrite"],
    }
    if len(sources) > 1:
        return several.run_all(invocation, sources, options, arguments, conversion)
    with connected(invocation, options) as client:
        invocation.creating = True
        result = client.export(sources[0], **arguments)
    invocation.is_downloaded()
    result = conversion.carried_out(result)
    finish(invocation, result.warnings, results.export_text(result), results.export_document(result))
    return 0


@click.command(epilog="SOURCE is database:ID or segment:ID.")
@source_argument
@selection_options
@connection_options
@report_options
@click.pass_obj
def create(invocation: Invocation, /, source: Source, where: dict[str, Any] | None, **options: Any) -> None:
    """Create an export task for SOURCE and print its id.

    \b
    Example:
      task=$(profile-export create database:1)
      profile-export download "$task" --to exports
    """  # noqa: D301
    invocation.goes_on_with("wait")
    with connected(invocation, options) as client:
        invocation.creating = True
        task_id = client.create_export(source, where=where, file_format=options["file_format"]).task_id
    finish(invocation, (), printable(task_id), {"task_id": task_id})


@click.command()
@task_argument
@connection_options
@report_options
@click.pass_obj
def status(invocation: Invocation, /, task_id: str, **options: Any) -> None:
    """Tell the state of a task, once. Exits 0 for a failed task, too: the answer is in what it prints.

    \b
    Example:
      profile-export status "$task"
    """  # noqa: D301
    with connected(invocation, options) as client:
        snapshot = client.status(task_id)
    finish(invocation, (), results.snapshot_text(snapshot), results.snapshot_document(snapshot))


@click.command()
@task_argument
@timeout_option
@connection_options
@report_options
@click.pass_obj
def wait(invocation: Invocation, /, task_id: str, **options: Any) -> None:
    """Wait until a task has ended, and tell what there is to download.

    \b
    Example:
      profile-export wait "$task" --timeout 2h
    """  # noqa: D301
    invocation.task_id = task_id
    invocation.goes_on_with("wait")
    with connected(invocation, options) as client:
        done = client.wait(task_id, timeout=seconds(options))
    finish(invocation, done.warnings, results.completed_text(done), results.completed_document(done))


@click.command()
@task_argument
@target_options
@tables.format_options
@click.option("--file-format", default="", metavar="WORD", help="What the task was created with.")
@timeout_option
@connection_options
@report_options
@click.pass_obj
def download(invocation: Invocation, /, task_id: str, **options: Any) -> None:
    """Download and verify the files of a task, after waiting for it if it still runs.

    \b
    Example:
      profile-export download "$task" --to exports
    """  # noqa: D301
    invocation.task_id = task_id
    invocation.goes_on_with("download")
    conversion = tables.conversion(options)
    with connected(invocation, options) as client:
        result = client.download(
            task_id,
            stdout.place(invocation, options["to"]),
            file_format=options["file_format"],
            timeout=seconds(options),
            overwrite=options["overwrite"],
        )
    invocation.is_downloaded()
    result = conversion.carried_out(result)
    finish(invocation, result.warnings, results.export_text(result), results.export_document(result))


def seconds(options: dict[str, Any]) -> float | None:
    """How long to wait; None is for ever."""
    seconds: float = options["timeout"]
    return None if math.isinf(seconds) else seconds


def finish(invocation: Invocation, warnings: Sequence[str], text: str, document: dict[str, Any]) -> None:
    """Tells what came of it, and what the panel said beside."""
    console = invocation.console
    for warning in warnings:
        console.warn(f"the panel says: {warning}")
    if console.json:
        console.document(document)
    else:
        console.result(text)
