"""The command line: what to verify, how carefully, and where the reports go."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

from attrs import frozen

from profile_export import _xml
from profile_export._secrets import Secret
from profile_export._transfer import parse_panel
from profile_export.errors import UsageError
from scripts.verification.contract import CREATE
from scripts.verification.conversation import encoded
from scripts.verification.overlay import Credential
from scripts.verification.plan import Aims
from scripts.verification.values import Format, Source

TOKEN_VARIABLE: Final = "PROFILE_EXPORT_TOKEN"  # noqa: S105 - a name
FORMATS: Final[dict[str, tuple[Format, ...]]] = {"json": ("json",), "xml": ("xml",), "both": ("json", "xml")}
NEEDED: Final = f"Needed are --base-url URL, --source TYPE:ID, and the token in {TOKEN_VARIABLE}; --help lists the rest"
REQUESTS: Final = 50
REQUESTS_OF_A_SOURCE: Final = 8
REQUESTS_WITH_FUZZ: Final = 300


class BadUsage(Exception):
    """The command can't be understood; the text says why."""


@frozen(kw_only=True)
class Options:
    """Everything that was asked for, checked."""

    base_url: str
    token: str
    aims: Aims
    auth: Credential
    max_requests: int
    max_exports: int
    pace: float
    fuzz: bool
    json: Path | None
    junit: Path | None
    html: Path | None

    def __repr__(self) -> str:
        return f"Options({self.base_url!r})"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BadUsage(f"{message}. {NEEDED}")


def parse(arguments: Sequence[str], environment: Mapping[str, str]) -> Options:
    """The options of a command line.

    Raises:
        BadUsage: It can't be understood.
    """
    given = _parser().parse_args(arguments)
    token = environment.get(TOKEN_VARIABLE, "")
    try:
        Secret(token)
    except UsageError as error:
        raise BadUsage(f"{TOKEN_VARIABLE}: {error}") from None
    aims = Aims(
        sources=tuple(dict.fromkeys(_source(text) for text in given.source)),
        formats=FORMATS[given.wire_format],
        where=_where(given.where, FORMATS[given.wire_format]),
        file_format=given.file_format,
        task_timeout=_positive("--task-timeout", given.task_timeout),
    )
    usual = (REQUESTS_WITH_FUZZ if given.fuzz else REQUESTS) + REQUESTS_OF_A_SOURCE * (len(aims.sources) - 1)
    return Options(
        base_url=_url(given.base_url),
        token=token,
        aims=aims,
        auth=given.auth,
        max_requests=int(_positive("--max-requests", usual if given.max_requests is None else given.max_requests)),
        max_exports=int(_positive("--max-exports", aims.exports if given.max_exports is None else given.max_exports)),
        pace=_not_negative("--pace", given.pace),
        fuzz=given.fuzz,
        json=given.json,
        junit=given.junit,
        html=given.html,
    )


def json_path(arguments: Sequence[str]) -> Path | None:
    """Where the JSON verdict goes, of a command line that can't be understood otherwise."""
    parser = _Parser(add_help=False)
    parser.add_argument("--json", type=Path)
    try:
        found: Path | None = parser.parse_known_args(arguments)[0].json
    except BadUsage:
        return None
    return found


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="scripts/verify",
        description="Verifies that a live panel keeps the contract of openapi.yaml.",
        epilog=f"The API token is taken from {TOKEN_VARIABLE}. Exit codes: 0 the contract is kept, 1 it is broken, "
        "2 bad usage, 3 nothing can be said, 130 interrupted.",
    )
    add = parser.add_argument
    add("--base-url", required=True, metavar="URL", help="the panel")
    add(
        "--source",
        required=True,
        action="append",
        metavar="TYPE:ID",
        help="what may be exported: database:1 or segment:10; the first one is exported once in each format",
    )
    add("--where", metavar="JSON", help="narrow every export (default: the second one, by a value of the first)")
    add("--wire-format", choices=list(FORMATS), default="both", help="formats of requests (default: both)")
    add("--auth", choices=["body", "bearer"], default="body", help="where the token goes (default: body)")
    add("--file-format", metavar="NAME", help="format of the files (default: the panel's own, which is csv)")
    add("--max-requests", type=int, metavar="N", help="never send more (default: 50, and 8 for each further source)")
    add("--max-exports", type=int, metavar="N", help="never make more (default: 2, and 1 for each further source)")
    add("--pace", type=float, default=0.2, metavar="SECONDS", help="time between two requests (default: 0.2)")
    add("--task-timeout", type=float, default=3600.0, metavar="SECONDS", help="patience with a task (default: 3600)")
    add("--fuzz", action="store_true", help="then let schemathesis make up requests, within the budget (default: 300)")
    add("--json", type=Path, metavar="FILE", help="the verdict as JSON (default: on stdout, unless that is a terminal)")
    add("--junit", type=Path, metavar="FILE", help="the rules as JUnit XML, for CI")
    add("--html", type=Path, metavar="FILE", help="the report, for people")
    return parser


def _url(text: str) -> str:
    parts = urlsplit(text)
    try:
        port_is_fine = parts.port != 0
    except ValueError:
        port_is_fine = False
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_fine:
        raise BadUsage("--base-url looks like https://panel.example.com")
    if parts.username is not None or parts.query or parts.fragment:
        raise BadUsage("--base-url is the panel's address alone: no user, no query, no fragment")
    try:
        parse_panel(text, None)
    except UsageError as error:
        raise BadUsage(f"--base-url: {error}") from None
    return text.rstrip("/")


def _source(text: str) -> Source:
    kind, _, number = text.partition(":")
    if kind not in {"database", "segment"} or not (number.isascii() and number.isdigit()):
        raise BadUsage(f"--source {text!r}: it looks like database:1 or segment:10")
    return Source(kind, int(number))


def _where(text: str | None, formats: Sequence[Format]) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        where = json.loads(text)
    except ValueError:
        where = None
    if not isinstance(where, dict) or not where:
        raise BadUsage('--where is a JSON object, such as {"occupation": "doctor"}')
    try:
        encoded({"source_type": "database", "source_id": 1, "custom_request": where}, formats[-1], CREATE)
    except _xml.XmlEncodingError as error:
        raise BadUsage(f"--where can't be said in XML ({error}); try --wire-format json") from None
    return where


def _positive(name: str, number: float) -> float:
    if not 0 < number < float("inf"):
        raise BadUsage(f"{name} must be more than 0")
    return number


def _not_negative(name: str, number: float) -> float:
    if not 0 <= number < float("inf"):
        raise BadUsage(f"{name} must not be less than 0")
    return number
