"""The configuration file, as it is read: which panels a person works with, and where each one's token is.

Whatever is wrong in it is collected as problems that say where, so that `config check` can tell all of them at once.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

import attrs
import click

from profile_export import UsageError
from profile_export.cli import NAME
from profile_export.policy import MOST_CONNECTIONS

VARIABLE: Final = "PROFILE_EXPORT_CONFIG"
FILE: Final = "config.toml"
# What a panel's table may hold, and what each of it is.
SETTINGS: Final[Mapping[str, type]] = {
    "base_url": str,
    "panel_url": str,
    "auth": str,
    "wire_format": str,
    "ca_file": str,
    "retries": int,
    "connections": int,
}
CHOICES: Final = {"auth": ("body", "bearer"), "wire_format": ("json", "xml")}
# Where a token is. In clear it is the last resort, and only in a file that nobody else can read.
REFERENCES: Final[Mapping[str, type]] = {"token_env": str, "token_file": str, "token_keyring": bool, "token": str}
PANEL_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@attrs.frozen
class Problem:
    """Something wrong in the file.

    Attributes:
        where: The place, such as `panels.main.auth`.
        text: What is wrong.
        hint: What to do.
        line: Its number, where it can be told.
        warning: It works, but should be looked at.
    """

    where: str
    text: str
    hint: str = ""
    line: int | None = None
    warning: bool = False

    def __str__(self) -> str:
        line = "" if self.line is None else f"line {self.line}, "
        return f"{line}{self.where}: {self.text}" if self.where else f"{line}{self.text}"


@attrs.frozen
class Entry:
    """One panel of the file.

    Attributes:
        name: What it is called here.
        settings: As they are named in the file, without the token.
        reference: Where its token is: the name of the setting, and its value; None where it says nothing.
    """

    name: str
    settings: Mapping[str, Any]
    reference: tuple[str, Any] | None = attrs.field(default=None, repr=False)


@attrs.frozen
class Configuration:
    """The file as it was read."""

    path: Path
    default: str | None = None
    panels: Mapping[str, Entry] = attrs.field(factory=dict[str, Entry])
    problems: tuple[Problem, ...] = ()

    def entry(self, name: str) -> Entry:
        """The panel of that name.

        Raises:
            UsageError: There is none, or it can't be used as it stands.
        """
        if name not in self.panels:
            known = ", ".join(self.panels) or "none"
            hint = f"{self.path} knows {known}; {NAME} config set {name} --base-url URL adds it"
            raise UsageError(f"there is no panel {name!r} in the configuration", hints=(hint,))
        for problem in self.problems_of(name):
            raise UsageError(f"{self.path}: {problem}", hints=(f"see {NAME} config check",))
        return self.panels[name]

    def problems_of(self, name: str) -> list[Problem]:
        """What is wrong with the panel of that name; `main2` is another one than `main`."""
        where = f"panels.{name}"
        return [one for one in self.problems if one.where == where or one.where.startswith(f"{where}.")]


def path() -> Path:
    """Where the file is: PROFILE_EXPORT_CONFIG, else the place that the system has for such files (XDG on Linux)."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    folder = Path(click.get_app_dir(NAME))
    if not folder.is_absolute():
        # XDG's specification: an empty place counts as none, and so does a relative one. Not everybody has a home.
        with contextlib.suppress(RuntimeError):
            folder = Path.home() / ".config" / NAME
    return folder / FILE


def read_text(file: Path) -> str:
    """The file's text; empty where there is none.

    Raises:
        UsageError: It can't be read.
    """
    try:
        # Some editors begin a file with a mark of its encoding, which is no TOML.
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not in UTF-8") from None
    except OSError as error:
        raise UsageError(f"can't read {file}: {error.strerror}") from None


def read() -> Configuration:
    """The configuration.

    Raises:
        UsageError: The file can't be read, or is no TOML.
    """
    file = path()
    text = read_text(file)
    if not text:
        return Configuration(file)
    import tomllib  # noqa: PLC0415 - most runs have no such file

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file}: this is not TOML: {error}", hints=(f"see {NAME} config check",)) from None
    problems = tuple(attrs.evolve(problem, line=line_of(text, problem.where)) for problem in _problems(document))
    tables = _tables(document)
    default = document.get("default")
    return Configuration(
        file,
        default if isinstance(default, str) else None,
        {name: _entry(name, table) for name, table in tables.items()},
        problems,
    )


def _tables(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    panels: object = document.get("panels", {})
    found = cast("dict[str, Any]", panels) if isinstance(panels, dict) else {}
    return {name: table for name, table in found.items() if isinstance(table, dict)}


def _entry(name: str, table: Mapping[str, Any]) -> Entry:
    settings = {key: table[key] for key in SETTINGS if key in table}
    references = [(key, table[key]) for key in REFERENCES if table.get(key, False) is not False]
    return Entry(name, settings, references[0] if references else None)


def _problems(document: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _unknown("", document, ("default", "panels"))
    default = document.get("default")
    tables = _tables(document)
    if default is not None and (not isinstance(default, str) or default not in tables):
        yield Problem("default", f"there is no panel {default!r}", f"the panels are {', '.join(tables) or 'none'}")
    panels: object = document.get("panels", {})
    if not isinstance(panels, dict):
        yield Problem("panels", "this is no table", "write [panels.NAME], and its settings below")
        return
    for name, table in cast("dict[str, Any]", panels).items():
        where = f"panels.{name}"
        if not isinstance(table, dict):
            yield Problem(where, "this is no table", f"write [{where}], and its settings below")
        elif not PANEL_NAME.fullmatch(name):
            yield Problem(where, "a panel's name has letters, digits, - and _ only")
        else:
            yield from _of_panel(where, cast("dict[str, Any]", table))


def _of_numbers(where: str, table: Mapping[str, Any]) -> Iterator[Problem]:
    retries = table.get("retries", 0)
    if isinstance(retries, int) and retries < 0:
        yield Problem(f"{where}.retries", "this is less than 0")
    connections = table.get("connections", 1)
    if isinstance(connections, int) and not 1 <= connections <= MOST_CONNECTIONS:
        yield Problem(f"{where}.connections", f"this is not 1 to {MOST_CONNECTIONS}")


def _of_panel(where: str, table: Mapping[str, Any]) -> Iterator[Problem]:
    kinds = {**SETTINGS, **REFERENCES}
    yield from _unknown(f"{where}.", table, kinds)
    for key, kind in kinds.items():
        value = table.get(key)
        if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            # Not the value: it may be a token.
            yield Problem(f"{where}.{key}", f"this is no {_SAID[kind]}")
    for key, choices in CHOICES.items():
        value = table.get(key)
        if isinstance(value, str) and value not in choices:
            yield Problem(f"{where}.{key}", f"{value!r} is not one of {', '.join(choices)}")
    yield from _of_numbers(where, table)
    if "base_url" not in table:
        yield Problem(where, "there is no base_url", 'write base_url = "https://panel.example.com"')
    if sum(table.get(key, False) is not False for key in REFERENCES) > 1:
        yield Problem(where, "there is more than one place for the token", f"keep one of {', '.join(REFERENCES)}")


_SAID: Final = {str: "text", int: "whole number", bool: "true or false"}


def _unknown(where: str, table: Mapping[str, Any], known: Iterable[str]) -> Iterator[Problem]:
    names = list(known)
    for key in table:
        if key not in names:
            import difflib  # noqa: PLC0415 - needed for mistakes only

            close = difflib.get_close_matches(key, names, 1)
            yield Problem(f"{where}{key}", "nothing is called so", f"do you mean {close[0]}?" if close else "")


def line_of(text: str, where: str) -> int | None:
    """The line of a setting, found as people write it; None for what is written in another way."""
    table, _, key = where.rpartition(".")
    if table == "panels":
        table, key = where, ""
    here = not table
    for number, line in enumerate(text.splitlines(), 1):
        header = re.fullmatch(r"\s*\[\s*([\w.\"'\s-]+?)\s*\]\s*(#.*)?", line)
        if header:
            here = header[1].replace('"', "").replace("'", "").replace(" ", "") == table
            if here and not key:
                return number
        elif here and key and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return number
    return None
