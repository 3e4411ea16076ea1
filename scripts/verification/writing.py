"""Writes the reports, and looks through everything that was written for the token before it says that all is well."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

from attrs import define, field

from scripts.verification.credentials import Credentials
from scripts.verification.options import Options
from scripts.verification.reports import as_json, github, junit, page, text
from scripts.verification.verdict import Outcome


@define
class Console:
    """stdout and stderr, with the token masked, and a memory of what was said."""

    mask: Callable[[str], str] = str
    said: list[str] = field(factory=list)

    def tell(self, words: str, stream: TextIO | None = None) -> None:
        """One line for people; on stderr, unless it is the result itself."""
        words = self.mask(words)
        self.said.append(words)
        try:
            print(words, file=stream or sys.stderr, flush=True)
        except OSError:
            return  # a reader that went away changes no verdict


def write(outcome: Outcome, options: Options | None, json_to: Path | None, console: Console) -> None:
    """All reports that were asked for. What can't be written changes the verdict to "nothing can be said"."""
    targets: dict[Path, Callable[[Outcome], str]] = {}
    if options is not None:
        targets |= {options.junit: junit.render} if options.junit else {}
        targets |= {options.html: page.render} if options.html else {}
    targets |= {json_to: as_json.render} if json_to else {}
    for path, render in targets.items():
        try:
            _replace(path, console.mask(render(outcome)))
        except OSError as error:
            _cant_say(outcome, f"can't write {path}: {error.strerror or error}")
    _scan(outcome, options, list(targets), console)
    if json_to and json_to.exists():
        _replace(json_to, console.mask(as_json.render(outcome)))


def tell(
    outcome: Outcome, options: Options | None, json_to: Path | None, console: Console, environment: Mapping[str, str]
) -> None:
    """The verdict for people on stderr, annotations with it, and the JSON on stdout for a program that reads it."""
    for line in text.render(outcome, _elsewhere(options, json_to)):
        console.tell(line)
    if environment.get("GITHUB_ACTIONS"):
        for line in github.render(outcome):
            console.tell(line)
    if json_to is None and outcome.word != "usage" and not sys.stdout.isatty():
        console.tell(as_json.render(outcome, indent=None).rstrip(), sys.stdout)


def _elsewhere(options: Options | None, json_to: Path | None) -> str:
    """Where everything stands that is too long for a terminal."""
    asked = (options.html, json_to, options.junit) if options is not None else (json_to,)
    files = [str(path) for path in asked if path is not None]
    if json_to is None and not sys.stdout.isatty():
        files.append("the JSON on stdout")
    return f"see {', '.join(files)}" if files else "add --html FILE or --json FILE"


def _scan(outcome: Outcome, options: Options | None, paths: list[Path], console: Console) -> None:
    """A report that holds the token in any form is removed; its place is named, the token is not."""
    if options is None:
        return
    credentials = Credentials(options.token)
    if not credentials.is_searchable:
        console.tell("The token is too short to be looked for in what was written.")
    for path in paths:
        leaks = credentials.leaks(path.read_text(encoding="utf-8")) if path.exists() else []
        if leaks:
            path.unlink()
            _cant_say(outcome, f"{path} held the token ({', '.join(leaks)}) and was removed: a bug of scripts/verify")
    if leaks := credentials.leaks("\n".join(console.said)):
        _cant_say(outcome, f"the output held the token ({', '.join(leaks)}): a bug of scripts/verify")


def _cant_say(outcome: Outcome, reason: str) -> None:
    outcome.word = "unknown"
    outcome.reason = reason


def _replace(path: Path, content: str) -> None:
    """Writes a file so that it is never seen half."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(content, encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
