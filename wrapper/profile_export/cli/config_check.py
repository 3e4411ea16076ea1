"""`profile-export config check`: everything that is wrong in the configuration file, and where."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import click

import profile_export
from profile_export import UsageError
from profile_export.cli import NAME, configuration, references
from profile_export.cli.configuration import Configuration, Entry, Problem
from profile_export.cli.invocation import Invocation
from profile_export.cli.options import report_options
from profile_export.cli.session import is_open_to_others


@click.command()
@report_options
@click.pass_obj
def check(invocation: Invocation, /) -> int:
    """Tell everything that is wrong in the file, with the place; nothing is sent. Exits 2 where something is.

    \b
    Example:
      profile-export config check
    """  # noqa: D301
    console = invocation.console
    file = configuration.path()
    problems = list(_found(file))
    wrong = [problem for problem in problems if not problem.warning]
    if console.json:
        told = [attrs.asdict(problem) for problem in problems]
        console.document({"path": str(file), "exists": file.exists(), "problems": told})
    else:
        for problem in problems:
            (console.warn if problem.warning else console.write)(f"{file}: {problem}")
            if problem.hint:
                console.write(problem.hint, lead="hint: ", colour="cyan")
        if not file.exists():
            console.result(f"there is no {file}: {NAME} config set main --base-url URL makes one")
        elif not wrong:
            console.result(f"{file} is in order")
    return UsageError.exit_code if wrong else 0


def usable(settings: Mapping[str, Any], file: Path) -> None:
    """Proves that a client can be made with a panel's settings. Nothing is sent.

    Raises:
        UsageError: It can't.
    """
    ca_file = settings.get("ca_file")
    profile_export.ExportClient(
        settings["base_url"],
        token="not-the-token",  # noqa: S106 - none is needed
        panel_url=settings.get("panel_url"),
        auth=settings.get("auth", "body"),
        wire_format=settings.get("wire_format", "json"),
        verify=str(references.beside(ca_file, file)) if ca_file else True,
    ).close()


def _found(file: Path) -> Iterator[Problem]:
    try:
        text = configuration.read_text(file)
    except UsageError as error:
        yield Problem("", str(error))
        return
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        yield Problem("", f"this is not TOML: {error}")
        return
    read = configuration.read()
    yield from read.problems
    for entry in read.panels.values():
        if not read.problems_of(entry.name):
            for problem in _of_entry(read, entry):
                yield attrs.evolve(problem, line=configuration.line_of(text, problem.where))


def _of_entry(read: Configuration, entry: Entry) -> Iterator[Problem]:
    where = f"panels.{entry.name}"
    try:
        usable(entry.settings, read.path)
    except UsageError as error:
        named = next((key for key in entry.settings if key in str(error)), None)
        named = named or ("ca_file" if "certificates" in str(error) else "base_url")
        yield Problem(f"{where}.{named}", str(error), "; ".join(error.hints))
    if is_open_to_others(str(entry.settings["base_url"])):
        yield Problem(f"{where}.base_url", "http:// sends the token readable for everyone on the way", warning=True)
    if entry.reference is None:
        text = "it doesn't say where its token is; PROFILE_EXPORT_TOKEN or --token-file must"
        yield Problem(where, text, warning=True)
        return
    kind, value = entry.reference
    try:
        references.token_of(entry, read.path)
    except UsageError as error:
        yield Problem(f"{where}.{kind}", str(error), "; ".join(error.hints))
    if kind == "token_file" and references.open_to_others(references.beside(str(value), read.path)):
        yield Problem(f"{where}.{kind}", "others can read that file", f"chmod 600 {value}", warning=True)
    if kind == "token":
        yield Problem(f"{where}.token", "the token stands here in clear", "a keyring or a file is safer", warning=True)
