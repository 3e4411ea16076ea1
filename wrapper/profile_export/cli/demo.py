"""`profile-export demo`: two exports from a sandbox of its own, so that one command shows what all this is."""

from __future__ import annotations

import json
import secrets
import shlex
import tempfile
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import click

from profile_export import Database, DownloadedExport, Segment, Source
from profile_export import sandbox as sandbox_package
from profile_export.cli import NAME, panels, results
from profile_export.cli.console import printable, table
from profile_export.cli.invocation import Invocation
from profile_export.cli.options import report_options
from profile_export.cli.refused import refused_token_option
from profile_export.cli.session import open_client
from profile_export.cli.signals import Interrupted

if TYPE_CHECKING:
    # At run time it would load the whole sandbox, which is an extra and may not be installed.
    from profile_export.sandbox import RunningSandbox

DOCTORS: Final = {"occupation": "doctor"}
ROWS_PER_FILE: Final = 10_000
TASK_SECONDS: Final = 3.0


@attrs.frozen
class Example:
    """One export of the demo."""

    title: str
    source: Source
    where: dict[str, Any] | None = None

    def command(self, to: str) -> str:
        """How a person would run it."""
        words = ["profile-export", "run", str(self.source), "--to", to]
        if self.where is not None:
            words += ["--where", json.dumps(self.where)]
        return shlex.join(words)


EXAMPLES: Final = (
    Example("the doctors in a database", Database(1), DOCTORS),
    Example("a segment as it is", Segment(7)),
)


@click.command()
@click.option("--to", metavar="DIR", help="Keep the exported files here; without it, they are removed at the end.")
@click.option("--overwrite", is_flag=True, help="Replace files of the same name.")
@click.option("--profiles", type=int, default=100_000, help="Number of invented profiles.")
@refused_token_option
@report_options
@click.pass_obj
def demo(invocation: Invocation, /, to: str | None, profiles: int, *, overwrite: bool) -> None:
    """Start a panel with invented profiles on this machine, export from it twice, and clean up.

    Needs no account and no network, but the extra: pip install 'profile-export[sandbox]'.
    """
    console = invocation.console
    panels.require()
    try:
        with tempfile.TemporaryDirectory(prefix="profile-export-demo-") as folder:
            exports = _export_all(invocation, Path(folder), to, profiles, overwrite=overwrite)
            if console.json:
                console.document({"kept": to is not None, "exports": [*map(results.export_document, exports)]})
            else:
                console.result(_summary(exports, to))
    except Interrupted:
        console.say("the demo's panel is stopped, and its temporary files are removed")
        raise


def _export_all(
    invocation: Invocation, folder: Path, to: str | None, profiles: int, *, overwrite: bool
) -> list[DownloadedExport]:
    say = invocation.console.say
    say(f"Starting a sandbox panel with {profiles:,} invented profiles ...")
    with _panel(folder / "panel", profiles) as panel:
        say(f"It runs at {panel.url} until the demo ends.")
        exports: list[DownloadedExport] = []
        for example in EXAMPLES:
            say(f"Exporting {example.title} ({example.source}) ...")
            with open_client(invocation, panel.url, panel.token) as client:
                target = folder / "exports" if to is None else to
                exports.append(client.export(example.source, to=target, where=example.where, overwrite=overwrite))
        return exports


@contextmanager
def _panel(folder: Path, profiles: int) -> Generator[RunningSandbox]:
    settings = panels.settings(
        data_dir=folder,
        token=secrets.token_urlsafe(),
        profiles=profiles,
        task_seconds=TASK_SECONDS,
        rows_per_file=ROWS_PER_FILE,
        quiet=True,
    )
    with ExitStack() as stack:
        with panels.starting():
            panel = stack.enter_context(sandbox_package.start_sandbox(settings))
        yield panel


def _summary(exports: Sequence[DownloadedExport], to: str | None) -> str:
    rows = [
        (str(example.source), *(row if to else (Path(row[0]).name, *row[1:])))
        for example, result in zip(EXAMPLES, exports, strict=True)
        for row in map(results.file_row, result.files)
    ]
    files = table(("EXPORT", *results.COLUMNS), rows, numbers=frozenset({2, 3}))
    removed = f"The files are removed again; {NAME} demo --to DIR keeps them."
    where = f"The files are in {printable(to)}." if to else removed
    commands = "\n".join(f"  {example.command('exports')}" for example in EXAMPLES)
    return f"""
{files}
{results.total_line(exports)}
The demo's panel is stopped. {where}

The same from your own panel:
  read -rs PROFILE_EXPORT_TOKEN && export PROFILE_EXPORT_TOKEN    # paste the token, press Enter
  export PROFILE_EXPORT_BASE_URL=https://panel.example.com        # or --base-url URL with every command
{commands}"""
