"""`profile-export doctor`: tries what an export needs, one thing after another, and says what to do."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import attrs
import click

from profile_export import (
    ApiError,
    AuthenticationError,
    ContractError,
    ExportError,
    RetryPolicy,
    TaskNotFound,
    TransportError,
    UsageError,
    __version__,
)
from profile_export.cli import choosing
from profile_export.cli.completing import folders
from profile_export.cli.console import printable
from profile_export.cli.invocation import Invocation
from profile_export.cli.options import connection_options, report_options
from profile_export.cli.results import size_text
from profile_export.cli.session import client_settings, open_client

EXTRAS: Final = {"sandbox": "starlette", "parquet": "pyarrow", "keyring": "keyring"}
FOLDER_EXIT: Final = 7
# Bytes.
PROBE: Final = 4096


@attrs.frozen
class Finding:
    """What came of trying one thing."""

    what: str
    text: str
    hints: tuple[str, ...] = ()
    exit_code: int = 0

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return self.exit_code == 0


@click.command()
@click.option("--to", metavar="DIR", shell_complete=folders, help="Try this folder for files, too.")
@connection_options
@report_options
@click.pass_obj
def doctor(invocation: Invocation, /, to: str | None, **options: Any) -> int:
    """Try the panel, the token and the folder, and say what to do. No task is created.

    The panel is asked once for the status of a task that doesn't exist: its answer tells whether it can be reached,
    whether it has this API, and whether it accepts the token. The exit code is that of the first trouble.

    \b
    Examples:
      profile-export doctor
      profile-export doctor --panel main --to exports
    """  # noqa: D301
    findings = [_program()]
    findings += _panel(invocation, options)
    if to is not None:
        findings.append(_folder(Path(to)))
    console = invocation.console
    if console.json:
        told = [{**attrs.asdict(finding), "good": finding.good} for finding in findings]
        console.document({"good": all(finding.good for finding in findings), "findings": told})
    else:
        console.result("\n".join(_lines(finding) for finding in findings))
    return next((finding.exit_code for finding in findings if not finding.good), 0)


def _lines(finding: Finding) -> str:
    hints = [f"\n            -> {printable(hint)}" for hint in finding.hints]
    return f"{'ok ' if finding.good else 'BAD'}  {finding.what:<8} {printable(finding.text)}{''.join(hints)}"


def _program() -> Finding:
    extras = [name for name, package in EXTRAS.items() if find_spec(package) is not None]
    python = ".".join(map(str, sys.version_info[:3]))
    return Finding("program", f"{__version__}, Python {python}, extras: {', '.join(extras) or 'none'}")


def _panel(invocation: Invocation, options: Mapping[str, Any]) -> list[Finding]:
    """Address, token and the panel itself; one needs the other, so the first trouble is the last finding."""
    found: list[Finding] = []

    def tried(what: str, attempt: Callable[[], tuple[str, str]]) -> str | None:
        try:
            value, text = attempt()
        except ExportError as error:
            found.append(Finding(what, invocation.console.masked(str(error)), error.hints, error.exit_code))
            return None
        found.append(Finding(what, text))
        return value

    chosen: list[choosing.Chosen] = []

    def address() -> tuple[str, str]:
        chosen.append(choosing.choose(options))
        url = chosen[0].base_url
        return url, f"{url} (from {chosen[0].places['base_url']})"

    def token() -> tuple[str, str]:
        text, place = choosing.token_for(chosen[0], options["token_file"], invocation.console)
        invocation.console.secret = text
        return text, f"found (from {place}), {len(text)} characters"

    url = tried("address", address)
    if url is None:
        return found
    secret = tried("token", token)
    # Without a token the panel can still be asked whether it is there.
    answer = _ask(invocation, chosen[0], url, secret or "no-token-was-found")
    if secret is None and answer.exit_code == AuthenticationError.exit_code:
        answer = Finding("panel", "it answers, and has this API")
    return [*found, answer]


def _ask(invocation: Invocation, chosen: choosing.Chosen, url: str, token: str) -> Finding:
    settings: dict[str, Any] = {**client_settings(chosen), "retry": RetryPolicy(attempts=1, request_timeout=20)}
    try:
        with open_client(invocation, url, token, **settings) as client:
            client.status(f"doctor-{uuid.uuid4()}")
    except TaskNotFound as error:
        if error.hints and urlsplit(url).path.strip("/"):
            return Finding("panel", "it answers by 404, for an unknown task or for an unknown path", error.hints)
        return Finding("panel", "it answers, has this API, and accepts the token")
    except AuthenticationError as error:
        hints = ("take a token that the panel shows among its API settings now",)
        return _trouble(error, "it answers, but refuses the token", hints)
    except ContractError as error:
        return _trouble(error, "something answers, but not this API", ("is the address that of the panel itself?",))
    except TransportError as error:
        return _trouble(error, "it can't be reached", ())
    except ApiError as error:
        return _trouble(error, "it answers, but with an error", ())
    except UsageError as error:
        return _trouble(error, "it can't be asked", ())
    return Finding("panel", "it answers, and knows a task of any name: that is no panel", (), ContractError.exit_code)


def _trouble(error: ExportError, text: str, hints: tuple[str, ...]) -> Finding:
    return Finding("panel", f"{text}: {error}", (*hints, *error.hints), error.exit_code)


def _folder(folder: Path) -> Finding:
    there = folder
    try:
        there = _nearest(folder)
        with tempfile.NamedTemporaryFile(dir=there, prefix=".profile-export-") as file:
            # A name is to be had on a full disk, too.
            file.write(bytes(PROBE))
            file.flush()
            os.fsync(file.fileno())
            free = shutil.disk_usage(there).free
    except OSError as error:
        hints = ("choose a folder that you can write to, with room on its disk",)
        return Finding("folder", f"can't write to {there}: {error.strerror}", hints, FOLDER_EXIT)
    made = "" if there == folder else ", which will be made"
    return Finding("folder", f"{folder}{made}: files can be written, {size_text(free)} free")


def _nearest(folder: Path) -> Path:
    """The folder, or else the nearest one above it that is there; a name that can't be is an OSError."""
    for path in (folder, *folder.absolute().parents):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            path.stat()
            return path
    return Path(folder.absolute().anchor)
