"""File names out of links: what a server calls a file is a wish, not an order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote, urlsplit

FALLBACK: Final = "export"
# Bytes. File systems allow 255; the rest is left for endings such as `.rejected`.
LONGEST: Final = 200
FORBIDDEN: Final = re.compile(r'[<>:"/\\|?*]')
# Windows opens a device under these names, whatever the ending.
DEVICES: Final = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(\.|$)", re.IGNORECASE)


def safe_name(link: str) -> str:
    """The last segment of a link's path, as one harmless file name for every file system.

    Separators, control and format characters, and what Windows forbids become `_`; leading dots, trailing dots and
    blanks go; device names get a `_`; Unicode is composed (NFC), as macOS would do; long names are cut before their
    ending. What is left empty is called `export`.
    """
    segment = unquote(urlsplit(link).path.rstrip("/").rpartition("/")[2])
    name = unicodedata.normalize("NFC", segment)
    name = "".join("_" if unicodedata.category(letter).startswith("C") else letter for letter in name)
    name = FORBIDDEN.sub("_", name).lstrip(". ").rstrip(". ")
    if DEVICES.match(name):
        name = f"_{name}"
    return _shortened(name) or FALLBACK


def _shortened(name: str) -> str:
    if len(name.encode()) <= LONGEST:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending.encode()) > 20:
        stem, dot, ending = name, "", ""
    room = LONGEST - len(f"{dot}{ending}".encode())
    return f"{stem.encode()[:room].decode(errors='ignore')}{dot}{ending}".rstrip(". ")


def distinct(names: Iterable[str]) -> list[str]:
    """The same names, repeated ones numbered: `a.csv`, `a-2.csv`. Case doesn't tell names apart on every disk."""
    taken: set[str] = set()
    # The last number of each name, so that thousands of equal ones need no search. What it passed stays taken.
    numbers: dict[str, int] = {}
    result: list[str] = []
    for name in names:
        stem, dot, ending = name.rpartition(".") if "." in name else (name, "", "")
        folded = name.casefold()
        candidate, number = name, numbers.get(folded, 1)
        while candidate.casefold() in taken:
            number += 1
            candidate = f"{stem}-{number}{dot}{ending}"
        numbers[folded] = number
        taken.add(candidate.casefold())
        result.append(candidate)
    return result
