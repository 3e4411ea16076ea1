"""Downloaded csv files as Parquet: in bounded memory, every column text unless told otherwise, counted once more.

Guessing types would turn the phone number 007 into 7, in every engine that guesses; so nothing is guessed here.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, Final

import attrs

from profile_export import _tables
from profile_export._extras import needed
from profile_export._files import PERMISSIONS, rename_new, sync_directory, translated
from profile_export.errors import IntegrityError, TargetExists, UsageError
from profile_export.types import DownloadedExport, DownloadedFile

EXTRA: Final = "parquet"
# Tried one after another, since a row must fit into a block. Arrow reads up to 32 blocks ahead, so that the first one
# bounds the memory of all usual files.
BLOCKS: Final = (1 << 20, 32 << 20, 512 << 20)
# Bytes of a row group: enough to compress well, and little enough to be held.
GROUP: Final = 16 << 20
OF_PYTHON: Final[Mapping[object, str]] = {
    str: "string",
    int: "int64",
    float: "float64",
    bool: "bool",
    date: "date32",
    datetime: "timestamp[us]",
}
TYPES: Final = "int64, float64, bool, date32, timestamp[s] and string are some, or a pyarrow.DataType"
# How Arrow's complaints begin. What follows holds the data, which may look like anything.
RAGGED: Final = re.compile(r"CSV parse error: (?:Row #(\d+): )?Expected (\d+) columns, got (\d+)")
UNFIT: Final = re.compile(r"In CSV column #(\d+): (?:Row #(\d+): )?")


def require() -> None:
    """Loads what this needs.

    Raises:
        UsageError: It is not installed.
    """
    needed("pyarrow.csv", extra=EXTRA, what="Parquet")
    needed("pyarrow.parquet", extra=EXTRA, what="Parquet")


def check(*, types: Mapping[str, object], delimiter: str, encoding: str) -> None:
    """Proves that what `to_parquet` would be given can be used, before there is an export.

    Raises:
        UsageError: It can't, or the extra is missing.
    """
    require()
    for wanted in types.values():
        data_type(wanted)
    _tables.check_delimiter(delimiter)
    _tables.known_encoding(encoding)


def data_type(wanted: object) -> Any:
    """Arrow's type for a type of Python, for the name of one of Arrow's, or for one of Arrow's itself.

    Raises:
        UsageError: There is none, or Arrow can't read it from csv.
    """
    pa = needed("pyarrow", extra=EXTRA, what="Parquet")
    found = wanted if isinstance(wanted, pa.DataType) else _named_type(wanted)
    if not _is_readable(found):
        raise UsageError(f"Arrow can't read the type {wanted} from csv", hints=(TYPES,))
    return found


def _named_type(wanted: object) -> Any:
    pa = needed("pyarrow", extra=EXTRA, what="Parquet")
    name = OF_PYTHON.get(wanted) if isinstance(wanted, type) else wanted
    try:
        return pa.type_for_alias(str(name))
    except ValueError:
        raise UsageError(f"{wanted!r} is no type of a column", hints=(TYPES,)) from None


def _is_readable(kind: Any) -> bool:
    """Whether Arrow reads a type from csv: that differs between its versions, and no list is public, so it is tried."""
    pa = needed("pyarrow", extra=EXTRA, what="Parquet")
    pc = needed("pyarrow.csv", extra=EXTRA, what="Parquet")
    try:
        pc.read_csv(
            io.BytesIO(b"a\n"),
            read_options=pc.ReadOptions(use_threads=False),
            convert_options=pc.ConvertOptions(column_types={"a": kind}),
        )
    except pa.ArrowNotImplementedError:
        return False
    return True


@attrs.frozen
class _Reading:
    """How csv files are read."""

    types: Mapping[str, Any]
    delimiter: str
    encoding: str
    columns: Sequence[str] | None
    block: int = 0

    def names(self, path: Path) -> list[str]:
        """The names of a file's columns."""
        if self.columns is not None:
            return _tables.column_names(path, self.columns)
        return _tables.header(path, self.delimiter, self.encoding)


def to_parquet(
    result: DownloadedExport,
    to: str | os.PathLike[str],
    *,
    types: Mapping[str, object] | None = None,
    delimiter: str = ",",
    encoding: str = "utf-8",
    columns: Sequence[str] | None = None,
    overwrite: bool = False,
    keep_csv: bool = True,
) -> tuple[DownloadedFile, ...]:
    """Writes an export's csv files as Parquet; see `DownloadedExport.to_parquet`."""
    require()
    given = {name: data_type(wanted) for name, wanted in (types or {}).items()}
    _tables.known_encoding(encoding)
    reading = _Reading(given, _tables.check_delimiter(delimiter), encoding, columns)
    plan = _plan(_tables.csv_paths(result), Path(to))
    _check_types(plan, reading)
    for target in plan:
        if not overwrite and os.path.lexists(target):
            raise TargetExists.at(target)
    files = _written(result, plan, reading, overwrite=overwrite)
    if not keep_csv:
        for file in result.files:
            with translated(file.path, "remove"):
                file.path.unlink(missing_ok=True)
    return files


def _plan(sources: Sequence[Path], to: Path) -> dict[Path, list[Path]]:
    """Which files go into which: all into the one that is named, or each into its own in a folder."""
    if to.suffix.lower() == ".parquet" and not to.is_dir():
        return {to: list(sources)}
    plan = {to / f"{source.stem}.parquet": [source] for source in sources}
    # a.csv and a.txt would become one.
    return plan if len(plan) == len(sources) else {to / f"{source.name}.parquet": [source] for source in sources}


def _check_types(plan: Mapping[Path, Sequence[Path]], reading: _Reading) -> None:
    found = [(source, reading.names(source)) for sources in plan.values() for source in sources]
    known = {name for _, names in found for name in names}
    unknown = [name for name in reading.types if name not in known]
    if unknown and known:
        raise UsageError(f"there is no column {unknown[0]!r}", hints=(f"the columns are {', '.join(sorted(known))}",))
    for sources in plan.values():
        in_one = [(source, names) for source, names in found if source in sources]
        for source, names in in_one[1:]:
            if names != in_one[0][1]:
                raise IntegrityError(
                    f"{source.name} has other columns than {in_one[0][0].name}",
                    hints=("give a folder: each file then becomes one of its own",),
                )


def _written(
    result: DownloadedExport, plan: Mapping[Path, Sequence[Path]], reading: _Reading, *, overwrite: bool
) -> tuple[DownloadedFile, ...]:
    too_long = ""
    for block in BLOCKS:
        with ExitStack() as drafts:
            try:
                done = [_write(drafts, target, plan[target], attrs.evolve(reading, block=block)) for target in plan]
            except _TooLong as problem:
                too_long = str(problem)
                continue
            rows = sum(file.rows or 0 for _, file in done)
            if rows != result.total:
                raise IntegrityError(f"the files hold {rows} rows, but the panel announced {result.total} profiles")
            for draft, _ in done:
                draft.publish(overwrite=overwrite)
            return tuple(file for _, file in done)
    raise IntegrityError(f"{too_long}: a row is longer than {BLOCKS[-1]} bytes")


class _TooLong(Exception):
    """A row is longer than a block."""


def _write(
    drafts: ExitStack, target: Path, sources: Sequence[Path], reading: _Reading
) -> tuple[_Draft, DownloadedFile]:
    pa = needed("pyarrow", extra=EXTRA, what="Parquet")
    pq = needed("pyarrow.parquet", extra=EXTRA, what="Parquet")
    draft = drafts.enter_context(contextlib.closing(_Draft(target)))
    names = reading.names(sources[0]) if sources else []
    schema = pa.schema([(name, reading.types.get(name, pa.string())) for name in names])
    rows = 0
    with pq.ParquetWriter(pa.PythonFile(draft, mode="w"), schema, compression="zstd") as writer:
        for group in _groups(batch for source in sources for batch in _batches(source, schema, reading)):
            writer.write_table(pa.Table.from_batches(group, schema))
            rows += sum(batch.num_rows for batch in group)
    return draft, DownloadedFile(path=target, size=draft.size, rows=rows, sha256=draft.sha256)


def _groups(batches: Iterable[Any]) -> Iterator[list[Any]]:
    """Batches that become one row group together."""
    group: list[Any] = []
    size = 0
    for batch in batches:
        group.append(batch)
        size += batch.nbytes
        if size >= GROUP:
            yield group
            group, size = [], 0
    if group:
        yield group


def _batches(source: Path, schema: Any, reading: _Reading) -> Iterator[Any]:
    """A csv file's rows, some at a time."""
    pa = needed("pyarrow", extra=EXTRA, what="Parquet")
    pc = needed("pyarrow.csv", extra=EXTRA, what="Parquet")
    if not source.stat().st_size or not schema.names:
        return
    try:
        reader = pc.open_csv(
            str(source),
            read_options=pc.ReadOptions(
                block_size=reading.block,
                encoding=_tables.known_encoding(reading.encoding).replace("utf-8-sig", "utf8"),
                column_names=None if reading.columns is None else list(reading.columns),
            ),
            parse_options=pc.ParseOptions(delimiter=reading.delimiter, newlines_in_values=True),
            convert_options=pc.ConvertOptions(
                # Of every column, so that nothing is guessed.
                column_types={field.name: field.type for field in schema},
                strings_can_be_null=False,
                null_values=[""],
            ),
        )
        if reader.schema != schema:
            raise IntegrityError(f"{source.name} has a header that can't be read")
        yield from reader
    except pa.ArrowInvalid as error:
        raise _explained(source, schema, reading, str(error)) from None
    except pa.ArrowNotImplementedError:
        hints = ("leave the columns text, or choose other types",)
        raise UsageError(f"Arrow can't read {source.name} in these types", hints=hints) from None
    except UnicodeDecodeError:
        raise _tables.wrong_encoding(source, reading.encoding) from None


def _explained(source: Path, schema: Any, reading: _Reading, told: str) -> Exception:
    """What Arrow complains about, without the data that it repeats."""
    if told.startswith("straddling object"):
        return _TooLong(source.name)
    ragged = RAGGED.match(told)
    if ragged:
        row, expected, got = ragged.groups()
        return _tables.ragged(source, int(row) if row else None, int(got), int(expected))
    unfit = UNFIT.match(told)
    # A value that is repeated is in quotes, so none can end like this.
    if unfit and told.endswith(": invalid UTF8 data"):
        return _tables.wrong_encoding(source, reading.encoding)
    if unfit:
        column, row = unfit.groups()
        field = schema.field(int(column))
        at = f", row {row}" if row else ""
        return UsageError(
            f"{source.name}{at}: a value of column {field.name!r} is no {field.type}",
            hints=("leave the column text, or choose another type",),
        )
    return IntegrityError(f"{source.name} is no csv file that can be read")


class _Draft:
    """A file on its way, hashed as it is written; it has its name only when it is published."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.size = 0
        self._path = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
        self._hash = hashlib.sha256()
        with translated(self._path, "write"):
            target.parent.mkdir(parents=True, exist_ok=True)
            # Exclusive, and for the owner's eyes only: profiles are personal data.
            descriptor = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
        self._file: IO[bytes] = os.fdopen(descriptor, "wb")

    @property
    def sha256(self) -> str:
        """Of what was written, in hexadecimal."""
        return self._hash.hexdigest()

    def write(self, data: Any) -> int:
        """Takes the next bytes."""
        content = bytes(data)
        with translated(self._path, "write"):
            self._file.write(content)
        self._hash.update(content)
        self.size += len(content)
        return len(content)

    def tell(self) -> int:
        """How much was written."""
        return self.size

    def flush(self) -> None:
        """Hands over to the system what is held back."""
        with translated(self._path, "write"):
            self._file.flush()

    @property
    def closed(self) -> bool:
        """Whether nothing more can be written."""
        return self._file.closed

    def publish(self, *, overwrite: bool) -> None:
        """Makes the file durable and gives it its name.

        Raises:
            TargetExists: The name is taken, and `overwrite` is false; nothing was replaced.
        """
        self.flush()
        with translated(self.target, "write"):
            os.fsync(self._file.fileno())
            self._file.close()
            self._path.chmod(PERMISSIONS)
            if overwrite:
                self._path.replace(self.target)
            else:
                rename_new(self._path, self.target)
            sync_directory(self.target.parent)

    def close(self) -> None:
        """Removes what was not published."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
