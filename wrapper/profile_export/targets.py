"""Where files can go besides folders: into an object store, or to a stream. Values only; nothing is opened here."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final, Protocol, TypeAlias
from urllib.parse import urlsplit

import attrs

from profile_export.errors import UsageError

URL: Final = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*)://")
SCHEMES: Final = ("s3", "gs", "az", "memory")
STREAM: Final = "-"


@attrs.frozen(eq=False, repr=False)
class ObjectUrl:
    """An object in an object store, or a folder of such objects.

    Attributes:
        root: The store, such as `s3://bucket`.
        key: What it is called there, or "" for all of the store.
        store: The store as the caller opened it, or None where it is to be opened by its URL.
    """

    root: str
    key: str = ""
    store: Any = attrs.field(default=None, kw_only=True)

    @property
    def name(self) -> str:
        """The last segment."""
        return (self.key or self.root).rpartition("/")[2]

    @property
    def suffix(self) -> str:
        """The ending of the name, its dot included."""
        return PurePosixPath(self.name).suffix

    def __truediv__(self, name: str) -> ObjectUrl:
        return attrs.evolve(self, key=f"{self.key}/{name}" if self.key else name)

    def __str__(self) -> str:
        return f"{self.root}/{self.key}" if self.key else self.root

    def __repr__(self) -> str:
        return f"ObjectUrl({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, ObjectUrl) else NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))

    def __reduce__(self) -> tuple[Any, ...]:
        # An open store, and what it may know of credentials, stays in its process.
        return ObjectUrl, (self.root, self.key)


@attrs.frozen
class OutputStream:
    """An open binary file that takes the bytes of one file as they come.

    Attributes:
        file: What is written to, or None where that was in another process.
        name: What the panel calls the file.
    """

    file: BinaryIO | None = attrs.field(default=None, eq=False, repr=False)
    name: str = STREAM

    @property
    def suffix(self) -> str:
        """The ending of the name, its dot included."""
        return PurePosixPath(self.name).suffix

    def __truediv__(self, name: str) -> OutputStream:
        return attrs.evolve(self, name=name)

    def __str__(self) -> str:
        return STREAM

    def __reduce__(self) -> tuple[Any, ...]:
        return OutputStream, (None, self.name)


class Store(Protocol):
    """A store object of obstore, as the caller opened it."""

    def head(self, path: str) -> Any:
        """Facts about an object."""
        ...


To: TypeAlias = str | os.PathLike[str] | ObjectUrl | Store | BinaryIO
Target: TypeAlias = Path | ObjectUrl | OutputStream


def parse_url(text: str) -> Path | ObjectUrl:
    """Reads a URL of a folder: `s3://`, `gs://`, `az://`, `memory://`, or `file://`, which is a folder of the disk.

    Raises:
        UsageError: It is another one. The message doesn't repeat it: people paste credentials into URLs.
    """
    try:
        parts = urlsplit(text)
    except ValueError:
        raise _unusable("is no URL") from None
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment or text[-1:] in "?#":
        hint = "credentials come from the environment, or with a store object of obstore"
        raise _unusable("must hold no user name, password, query or fragment", hint)
    if not text.isprintable():
        raise _unusable("holds characters that a name can't have")
    if parts.scheme == "file":
        return _folder(parts.netloc, parts.path)
    if parts.scheme not in SCHEMES:
        raise _unusable(f"begins with {parts.scheme}://", "known are s3://, gs://, az://, file:// and memory://")
    if not parts.netloc and parts.scheme != "memory":
        raise _unusable(f"names no {'container' if parts.scheme == 'az' else 'bucket'}")
    key = parts.path.strip("/")
    if key and any(segment in {"", ".", ".."} for segment in key.split("/")):
        raise _unusable("has an empty or a dot segment in its path")
    return ObjectUrl(f"{parts.scheme}://{parts.netloc}", key)


def _folder(host: str, path: str) -> Path:
    if host not in {"", "localhost"} or not path.startswith("/"):
        raise _unusable("must name a folder of this machine", "write file:///folder, with three slashes")
    # It brings ssl and http along, which values have no use for.
    from urllib.request import url2pathname  # noqa: PLC0415

    return Path(url2pathname(path))


def _unusable(why: str, *hints: str) -> UsageError:
    return UsageError(f"the URL that the files go to {why}", hints=hints)


def read_target(text: str) -> Target:
    """What `str` made of a target, without the open store or file that it may have had."""
    if text == STREAM:
        return OutputStream()
    return parse_url(text) if URL.match(text) else Path(text)
