"""Looks for a marker token, or a piece of it, in everything that a run leaves behind."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from urllib.parse import unquote

import attrs
import httpx

# With letters that URLs, JSON and XML write in another way, as tokens in base64 have.
MARKER = "mark3r+t0ken/01<&>23456789=="
PIECE = 7
TESTS = Path(__file__).parents[1]


def pieces() -> list[str]:
    return [MARKER[start : start + PIECE] for start in range(len(MARKER) - PIECE + 1)]


def leaks(text: str) -> list[str]:
    """The pieces of the marker in a text, however it is written."""
    plain = text.replace("\\/", "/").replace("\\u002f", "/").replace("\\u003c", "<").replace("\\u003e", ">")
    plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("\\u0026", "&")
    return [piece for piece in pieces() if piece in text or piece in plain or piece in unquote(plain)]


def frames(trace: TracebackType | None) -> Iterator[FrameType]:
    """The frames of a traceback, without those of the tests, which know the marker."""
    for frame, _ in traceback.walk_tb(trace):
        if TESTS not in Path(frame.f_code.co_filename).parents:
            yield frame


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error and all that came before it."""
    waiting, seen = [error], set[int]()
    while waiting:
        found = waiting.pop()
        if id(found) not in seen:
            seen.add(id(found))
            yield found
            waiting += [more for more in (found.__cause__, found.__context__) if more is not None]


def inside(value: object) -> Iterator[str]:
    """What a debugger would show of a value."""
    yield repr(value)
    if isinstance(value, httpx.Request | httpx.Response):
        yield repr(value.headers.raw)
    if isinstance(value, httpx.Request):
        yield str(value.url)
    if isinstance(value, BaseException):
        yield repr(vars(value))


def told_by(error: BaseException) -> Iterator[tuple[str, str]]:
    """Everything that an error tells, and where it tells it."""
    for found in chain(error):
        kind = type(found).__name__
        yield f"str of {kind}", str(found)
        yield f"repr of {kind}", repr(found)
        yield f"members of {kind}", repr(vars(found))
        yield f"arguments of {kind}", repr(found.args)
        yield f"pickle of {kind}", pickle.dumps(found).decode("latin-1")
        yield f"traceback of {kind}", "".join(traceback.format_exception(found))
        for frame in frames(found.__traceback__):
            where = f"{Path(frame.f_code.co_filename).name}:{frame.f_code.co_qualname}"
            for name, value in frame.f_locals.items():
                for text in inside(value):
                    yield f"local {name} of {where}", text


class Log(logging.Handler):
    """Keeps every record that any logger writes, with the traceback if it has one."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.records: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(f"{self.format(record)} {record.args!r}")


@attrs.define
class Sweep:
    """Everything that runs left behind."""

    log: Log
    told: list[tuple[str, str]] = attrs.field(factory=list)

    def see(self, where: str, *values: object) -> None:
        for value in values:
            if isinstance(value, BaseException):
                self.told += [(f"{where}: {place}", text) for place, text in told_by(value)]
            else:
                self.told += [(where, text) for text in (repr(value), str(value))]

    def see_folder(self, folder: Path) -> None:
        for path in folder.rglob("*"):
            self.told.append(("name of a file", str(path.relative_to(folder))))
            if path.is_file():
                self.told.append((f"content of {path.name}", path.read_bytes().decode("latin-1")))

    def findings(self, log: bool = True) -> list[str]:
        logged = [(f"log: {record.split()[0]}", record) for record in self.log.records] if log else []
        return [
            f"{where}: {leaks(text)[0]!r} in {text[:300]!r}" for where, text in [*self.told, *logged] if leaks(text)
        ]

    @property
    def loggers(self) -> set[str]:
        return {record.split(".")[0].split()[0] for record in self.log.records}
