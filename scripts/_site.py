"""Proves that a built site loads nothing from elsewhere: it works offline, and tells nobody of its readers."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

# What a browser loads by itself. Links are followed by people, so they may lead out.
LOADED = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "object": "data",
    "embed": "src",
    "link": "href",
}
ELSEWHERE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
IN_STYLES = re.compile(r"(?:url\(|@import)\s*['\"]?\s*((?:https?:)?//[^'\")\s]+)", re.IGNORECASE)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes what the tag loads from elsewhere."""
        known = dict(attrs)
        address = known.get(LOADED.get(tag, "")) or ""
        if ELSEWHERE.match(address):
            self.found.append(address)
        self.found += IN_STYLES.findall(known.get("style") or "")


def foreign(site: Path) -> Iterator[str]:
    """What the pages and styles of a site load from elsewhere, each with its file."""
    for path in sorted(site.rglob("*")):
        if path.suffix == ".html":
            page = _Page()
            page.feed(path.read_text(encoding="utf-8"))
            found = page.found
        elif path.suffix == ".css":
            found = IN_STYLES.findall(path.read_text(encoding="utf-8"))
        else:
            continue
        yield from (f"{path.relative_to(site)} loads {address}" for address in found)


def main(site: Path) -> int:
    """Writes the entry of the site, and tells what is wrong with it."""
    (site / "index.html").write_text(
        '<!doctype html><meta charset="utf-8"><title>profile-export</title>'
        '<meta http-equiv="refresh" content="0; url=docs/index.html"><a href="docs/index.html">profile-export</a>\n',
        encoding="utf-8",
    )
    problems = list(foreign(site))
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print(f"{len(list(site.rglob('*.html')))} pages: open {site / 'index.html'}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
