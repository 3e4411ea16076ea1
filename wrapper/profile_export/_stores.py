"""Object stores, through obstore: opens them, and asks them what is there. obstore is loaded when the first is needed.

Credentials are the stores' own business: their environment variables, or a store object that the caller opened.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import threading
from collections.abc import Generator, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from profile_export._extras import needed
from profile_export.errors import DownloadError, ExportError, TargetExists, UsageError
from profile_export.targets import ObjectUrl

# obstore's own patience is three minutes; a wrong address should be told sooner.
PATIENCE: Final = {"max_retries": 5, "retry_timeout": timedelta(seconds=60)}
LONGEST_WORDS: Final = 300
# What stores tell in XML: a name for what is wrong, and a sentence.
TOLD: Final = re.compile(r"<(?:Code|Message)>([^<\n]+)")
# Links of stores may be signed by their queries; a name and a password may stand before a host.
SECRETIVE: Final = re.compile(r"\?[^\s'\"<>]+|(?<=//)[^\s/@]+@")

# What is in memory is there as long as the process, under the name that its URL gives it.
_memory: dict[str, Any] = {}
_guard: Final = threading.Lock()


def obstore_module(name: str) -> Any:
    """A module of obstore.

    Raises:
        UsageError: It is not installed.
    """
    return needed(name, extra="cloud", what="an object store")


def target_of(store: object) -> Path | ObjectUrl | None:
    """The target that a store object of obstore is, or None where it is none.

    Raises:
        UsageError: Nothing can be written to it.
    """
    if not any(kind.__module__.partition(".")[0] == "obstore" for kind in type(store).__mro__):
        return None
    kinds = obstore_module("obstore.store")
    prefix = getattr(store, "prefix", None)
    if isinstance(store, kinds.LocalStore) and prefix:
        return Path(prefix).absolute()
    names: dict[Any, tuple[str, str]] = {
        kinds.S3Store: ("s3", "bucket"),
        kinds.GCSStore: ("gs", "bucket"),
        kinds.AzureStore: ("az", "container_name"),
    }
    opened: Any = store
    for kind, (scheme, name) in names.items():
        if isinstance(store, kind):
            root = f"{scheme}://{opened.config[name]}"
            return ObjectUrl(f"{root}/{prefix}" if prefix else root, store=store)
    if isinstance(store, kinds.MemoryStore):
        return ObjectUrl("memory://", store=store)
    raise UsageError("files can't go to this kind of store", hints=("pass a store of S3, GCS, Azure, or a folder",))


class Stores:
    """The stores of one run, each opened once."""

    def __init__(self) -> None:
        self._open: dict[str, Any] = {}

    def of(self, url: ObjectUrl) -> Any:
        """The store that an object is in.

        Raises:
            UsageError: It can't be opened as its environment describes it.
        """
        if url.store is not None:
            return url.store
        if url.root not in self._open:
            self._open[url.root] = _opened(url.root)
        return self._open[url.root]


def _opened(root: str) -> Any:
    kinds = obstore_module("obstore.store")
    if root.startswith("memory:"):
        with _guard:
            return _memory.setdefault(root, kinds.MemoryStore())
    try:
        return kinds.from_url(root, retry_config=PATIENCE)
    except Exception as error:  # noqa: BLE001 - whichever it is, it is about the settings
        hints = ("its account, keys and address come from the environment, see docs/how-to/object-stores.md",)
        raise UsageError(f"can't open {root}: {words_of(error)}", hints=hints) from None


@contextlib.contextmanager
def translated(url: ObjectUrl, what: str) -> Generator[None]:
    """Turns what a store says into this package's errors."""
    try:
        yield
    except ExportError:
        raise
    # obstore raises its own, built-in ones, and those of credential providers.
    except Exception as error:  # noqa: BLE001
        hints = ("look at the store's address, its credentials, and what they allow",)
        raise DownloadError(f"can't {what} {url}: {words_of(error)}", hints=hints) from None


def words_of(error: BaseException) -> str:
    """What a store says, in one line, without what may be secret in it."""
    told = str(error).partition("\n\nDebug source")[0]
    words = " ".join([told.partition("\n")[0].partition("<")[0].strip(), *TOLD.findall(told)])
    words = SECRETIVE.sub("", words) or type(error).__name__
    return words if len(words) <= LONGEST_WORDS else f"{words[:LONGEST_WORDS]}..."


def prove_reachable(store: Any, url: ObjectUrl) -> None:
    """Asks for the first object of the folder: a cheap question that wrong names, keys and addresses can't answer.

    Raises:
        DownloadError: The store doesn't answer it.
    """
    with translated(url, "reach"):
        pages: Iterable[Any] = store.list(url.key or None)
        next(iter(pages), None)


def exists(store: Any, url: ObjectUrl) -> bool:
    """Whether an object has the name."""
    return size_of(store, url) is not None


def size_of(store: Any, url: ObjectUrl) -> int | None:
    """Bytes of the object, or None where there is none."""
    facts = _facts(store, url)
    return None if facts is None else int(facts["size"])


def modified(store: Any, url: ObjectUrl) -> float | None:
    """When the object was put there, in seconds; None where there is none."""
    facts = _facts(store, url)
    return None if facts is None else float(facts["last_modified"].timestamp())


def _facts(store: Any, url: ObjectUrl) -> Any:
    with translated(url, "look at"):
        try:
            return store.head(url.key)
        except FileNotFoundError:
            return None


def has_content(store: Any, url: ObjectUrl, size: int, sha256: str | None) -> bool:
    """Whether an object of just this content has the name; it is read for that, once its size is right."""
    if size_of(store, url) != size:
        return False
    found = hashlib.sha256()
    with translated(url, "read"):
        for chunk in store.get(url.key).stream():
            found.update(chunk)
    return found.hexdigest() == sha256


def put(store: Any, url: ObjectUrl, content: bytes, *, overwrite: bool) -> None:
    """Puts a small object in one request.

    Raises:
        TargetExists: An object has the name, and `overwrite` is false; the store itself makes sure of that.
    """
    exceptions = obstore_module("obstore.exceptions")
    with translated(url, "write"):
        if not overwrite:
            try:
                store.put(url.key, content, mode="create", use_multipart=False)
            except exceptions.AlreadyExistsError:
                raise TargetExists.at(url) from None
            except (NotImplementedError, exceptions.NotSupportedError):
                # A store without conditions: that there was no object a moment ago is all that can be known.
                pass
            else:
                return
        store.put(url.key, content, use_multipart=False)
