"""`--format parquet`: what is asked for is checked before anything is sent, and carried out after the download."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import attrs
import click
from click.core import ParameterSource

from profile_export import DownloadedExport, DownloadedFile, ExportError, UsageError

Command = TypeVar("Command", bound=Callable[..., Any])

# Without --format parquet they would change nothing.
ONLY_FOR_PARQUET: Final = ("type", "delimiter", "encoding", "keep_csv")
# Said where no Parquet files could be made of them.
CSV_STAYS: Final = "the csv files are complete, and stay"


def _types(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> dict[str, str]:
    types: dict[str, str] = {}
    for text in value:
        # A type has no "=", but the name of a column may.
        column, _, kind = text.rpartition("=")
        if not column or not kind:
            raise click.BadParameter(f"{text!r} is no COLUMN=TYPE", context, parameter)
        types[column] = kind
    return types


def format_options(command: Command) -> Command:
    """What becomes of the files."""
    options = (
        click.option(
            "--format",
            type=click.Choice(["csv", "parquet"]),
            default="csv",
            help="parquet makes a .parquet file of each csv file; every column is text.",
        ),
        click.option(
            "--type",
            multiple=True,
            metavar="COLUMN=TYPE",
            callback=_types,
            help="For parquet: the type of a column, such as visits=int64; again for each.",
        ),
        click.option(
            "--delimiter", default=",", metavar="CHARACTER", help="For parquet: what parts fields in the csv."
        ),
        click.option("--encoding", default="utf-8", metavar="NAME", help="For parquet: the encoding of the csv."),
        click.option("--keep-csv/--no-keep-csv", default=True, help="For parquet: whether the csv files stay."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@attrs.frozen
class Conversion:
    """What was asked for.

    Attributes:
        options: As `DownloadedExport.to_parquet` takes them; None where csv is all that is wanted.
    """

    options: Mapping[str, Any] | None

    def carried_out(self, result: DownloadedExport) -> DownloadedExport:
        """The export with the files that it has now: those that were made are beside the downloaded ones.

        Raises:
            ExportError: They can't be made; the downloaded files are there.
        """
        if self.options is None:
            return result
        made: tuple[DownloadedFile, ...] = ()
        try:
            for folder in dict.fromkeys(file.path.parent for file in result.files):
                made += result.to_parquet(folder, **self.options)
        except ExportError as error:
            error.hints += (CSV_STAYS,)
            raise
        return attrs.evolve(result, files=(*result.files, *made) if self.options["keep_csv"] else made)


def conversion(options: Mapping[str, Any]) -> Conversion:
    """What the options ask for.

    Raises:
        UsageError: It can't be carried out.
    """
    if options["format"] == "csv":
        _refuse_in_vain()
        return Conversion(None)
    if options["to"] == "-" or ("://" in options["to"] and not options["to"].startswith("file:")):
        raise UsageError("--format parquet needs a folder of this machine", hints=("export csv to the store instead",))
    if options["file_format"] not in {"", "csv"}:
        raise UsageError("--format parquet is made of csv files", hints=("leave out --file-format",))
    from profile_export import parquet  # noqa: PLC0415 - most exports stay csv

    wanted = {"types": options["type"], "delimiter": options["delimiter"], "encoding": options["encoding"]}
    parquet.check(**wanted)
    return Conversion({**wanted, "overwrite": options["overwrite"], "keep_csv": options["keep_csv"]})


def _refuse_in_vain() -> None:
    context = click.get_current_context()
    for name in ONLY_FOR_PARQUET:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise UsageError(f"--{name.replace('_', '-')} means something only with --format parquet")
