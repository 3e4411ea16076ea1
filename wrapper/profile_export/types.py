"""The values that people give and get: sources, snapshots of a task, downloaded files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, TextIO, TypeAlias, TypeGuard

import attrs

from profile_export.errors import ExportError, UsageError
from profile_export.targets import Target

WireFormat: TypeAlias = Literal["json", "xml"]
AuthMode: TypeAlias = Literal["body", "bearer"]

# `completed` is documented; an older copy of the API document says `success`.
COMPLETED_WORDS: Final = frozenset({"completed", "success"})
# No failure word is documented: these are the ones that can't mean anything else.
FAILED_WORDS: Final = frozenset({"failed", "error", "canceled", "cancelled", "aborted", "expired"})


# More than any platform counts; Python doesn't even write numbers of some thousand digits.
LARGEST_ID: Final = 2**63 - 1


def is_integer(value: object) -> TypeGuard[int]:
    """Whether `value` is an int in the sense of JSON, where true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def _check_id(_source: object, _attribute: attrs.Attribute[int], value: int) -> None:
    if not is_integer(value):
        raise UsageError(f"a source id is an integer, not {value!r}")
    if abs(value) > LARGEST_ID:
        raise UsageError(f"a source id has at most {len(str(LARGEST_ID))} digits")


@attrs.frozen
class Database:
    """A database of profiles, named by its id in the platform."""

    source_type: ClassVar[Literal["database"]] = "database"
    id: int = attrs.field(validator=_check_id)

    def __str__(self) -> str:
        return f"{self.source_type}:{self.id}"


@attrs.frozen
class Segment:
    """A segment of profiles, named by its id in the platform."""

    source_type: ClassVar[Literal["segment"]] = "segment"
    id: int = attrs.field(validator=_check_id)

    def __str__(self) -> str:
        return f"{self.source_type}:{self.id}"


Source: TypeAlias = Database | Segment


def parse_source(text: str) -> Source:
    """Reads `database:1` or `segment:7`.

    Raises:
        UsageError: `text` is neither.
    """
    kind, _, number = text.partition(":")
    # Longer numbers are no ids, and Python refuses to read very long ones.
    if kind in {"database", "segment"} and number.isascii() and number.isdigit() and len(number) <= 18:
        return Database(int(number)) if kind == "database" else Segment(int(number))
    raise UsageError(f"not a source: {text!r}", hints=("write database:ID or segment:ID, such as database:1",))


@attrs.frozen
class TaskSnapshot:
    """What the panel said of a task at one moment.

    Attributes:
        task_id: The task's id, opaque.
        status: The panel's word, as it came; the set is open.
        progress: Percent, 0 to 100, as far as the panel tells the truth.
        total: Number of profiles over all files, once known.
        urls: Links to the files, as they came; empty before the end.
        errors: The result's `errors`, as they came.
        source_type: The result's `type`, once known.
        source_id: The result's `source_id`, once known.
    """

    task_id: str
    status: str
    progress: int
    total: int | None = None
    urls: tuple[str, ...] = ()
    errors: tuple[Any, ...] = ()
    source_type: str | None = None
    source_id: int | None = None

    @property
    def completed(self) -> bool:
        """The task ended well."""
        return self.status.strip().lower() in COMPLETED_WORDS

    @property
    def failed(self) -> bool:
        """The task ended badly."""
        return self.status.strip().lower() in FAILED_WORDS


@attrs.frozen
class DownloadedFile:
    """One verified file.

    Attributes:
        place: Where it is: a path, the URL of an object in a store, or the stream that it was written to.
        size: Bytes.
        rows: Profiles in it (the header row not counted), or None where the format has no rows to count, or nothing of
            the content is verified.
        sha256: Of the whole file, in hexadecimal; None without `DownloadPolicy.verify_content`.
        resumed_from: The byte at which its last answer went on after an interruption, or None where it came in one
            piece.
    """

    place: Target = attrs.field(alias="path")
    size: int
    rows: int | None
    sha256: str | None
    resumed_from: int | None = None

    @property
    def path(self) -> Path:
        """Where it is on a disk.

        Raises:
            UsageError: It is elsewhere; `url` says where.
        """
        if isinstance(self.place, Path):
            return self.place
        raise UsageError(f"{self.place} is no file on a disk", hints=("use its url",))

    @property
    def url(self) -> str:
        """Where it is, as a URL; `-` for a stream.

        Such as `file:///exports/1.csv` or `s3://bucket/1.csv`.
        """
        return self.place.absolute().as_uri() if isinstance(self.place, Path) else str(self.place)

    def __repr__(self) -> str:
        where = f"path={self.place!r}" if isinstance(self.place, Path) else f"url={self.url!r}"
        more = f"size={self.size}, rows={self.rows}, sha256={self.sha256!r}, resumed_from={self.resumed_from}"
        return f"DownloadedFile({where}, {more})"

    def open(self, *, encoding: str = "utf-8") -> TextIO:
        """The file as a stream of text, as the csv module wants it; a byte order mark is left out."""
        from profile_export import _tables  # noqa: PLC0415 - what reads files stands above these values

        return _tables.open_text(self.path, encoding)


@attrs.frozen
class DownloadedExport:
    """A whole export, verified.

    Attributes:
        task_id: The task that made it.
        files: In the order of the panel's links; empty when the panel gave none for an empty export.
        total: Number of profiles, as the panel says.
        rows: Number of profiles, as counted in the files, or None where the format has no rows to count, or nothing of
            the content is verified.
        warnings: What the panel reported beside the result, one text each.
    """

    task_id: str
    files: tuple[DownloadedFile, ...]
    total: int
    rows: int | None
    warnings: tuple[str, ...] = ()

    def open(self, *, encoding: str = "utf-8") -> Iterator[TextIO]:
        """The csv files as streams of text, one after another; each is closed when the next one is asked for.

        Raises:
            UsageError: The files are in another format than csv, or there is no such encoding.
        """
        from profile_export import _tables  # noqa: PLC0415 - what reads files stands above these values

        return _tables.streams(self, encoding)

    def iter_rows(
        self, *, delimiter: str = ",", encoding: str = "utf-8", columns: Sequence[str] | None = None
    ) -> Iterator[dict[str, str]]:
        """The profiles of all csv files, one mapping of texts each, while they are read.

        Args:
            delimiter: What stands between two fields.
            encoding: Of the files; a byte order mark is left out.
            columns: Names of the columns, for files without a header row.

        Raises:
            UsageError: The files are in another format than csv, or in another encoding.
            IntegrityError: A row has more or fewer fields than there are columns, or two columns have one name.
        """
        from profile_export import _tables  # noqa: PLC0415

        return _tables.rows(self, delimiter, encoding, columns)

    def to_parquet(
        self,
        to: str | os.PathLike[str],
        *,
        types: Mapping[str, object] | None = None,
        delimiter: str = ",",
        encoding: str = "utf-8",
        columns: Sequence[str] | None = None,
        overwrite: bool = False,
        keep_csv: bool = True,
    ) -> tuple[DownloadedFile, ...]:
        """Writes the csv files as Parquet, in bounded memory, and counts the rows against `total` once more.

        Needs the extra: pip install 'profile-export[parquet]'. It blocks; in asynchronous code run it in a thread.

        Args:
            to: A folder: each csv file becomes one `.parquet` file of the same name. Or a name that ends in
                `.parquet`: all rows go into that one file.
            types: Types of columns, by their names: of Python (`int`, `date`), names of Arrow's ("int64", "date32"), or
                `pyarrow.DataType`. All other columns are text. Where a column has a type, an empty field is a null.
            delimiter: What stands between two fields of the csv files.
            encoding: Of the csv files; a byte order mark is left out.
            columns: Names of the columns, for csv files without a header row.
            overwrite: Replace files of the same name.
            keep_csv: False removes the csv files when all Parquet files have their names.

        Raises:
            UsageError: The extra is missing, the files are in another format or encoding, or a type doesn't fit.
            IntegrityError: The rows are not as many as `total` says, or not all as long as the header.
            TargetExists, NoSpace, DownloadError: The files can't be written.
        """
        from profile_export import parquet  # noqa: PLC0415

        return parquet.to_parquet(
            self,
            to,
            types=types,
            delimiter=delimiter,
            encoding=encoding,
            columns=columns,
            overwrite=overwrite,
            keep_csv=keep_csv,
        )


@attrs.frozen
class PendingExport:
    """An export that the journal knows as not finished.

    Attributes:
        id: Its name in the journal.
        panel: The panel's origin, such as `https://panel.example.com`.
        source: What is exported.
        to: The folder for the files.
        stage: "intent": nobody knows whether the task was created; "created": there is a task; "verified": every file
            is whole, and not every one has its name yet.
        task_id: The task, once known.
        where: The filter, or None.
        file_format: The format that was asked for.
        created_at: When it began (UTC).
    """

    id: str
    panel: str
    source: Source
    to: Target
    stage: Literal["intent", "created", "verified"]
    task_id: str | None
    where: dict[str, Any] | None
    file_format: str
    created_at: datetime


@attrs.frozen
class ExportOutcome:
    """How one of several exports ended: with a result, or with an error.

    Attributes:
        source: What was exported.
        result: The files, or None where it failed.
        error: Why it failed, or None where it didn't.
    """

    source: Source
    result: DownloadedExport | None = None
    error: ExportError | None = None

    def unwrap(self) -> DownloadedExport:
        """The result.

        Raises:
            ExportError: There is none; this is why.
        """
        if self.result is None:
            raise self.error or UsageError("this outcome holds neither a result nor an error")
        return self.result
