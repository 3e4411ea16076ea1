"""The options that commands share, and how their values are read."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import click

from profile_export import Source, parse_source
from profile_export.cli import tokens
from profile_export.cli.completing import files, folders, panel_names
from profile_export.cli.console import Console
from profile_export.cli.invocation import USUAL_TIMEOUT, Invocation
from profile_export.cli.refused import refused_token_option

Command = TypeVar("Command", bound=Callable[..., Any])

PLACES: Final = (
    "Folder for the files, made if it is missing; or a URL of an object store (s3://, gs://, az://); or - for stdout."
)
UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)", re.ASCII)


def _duration(context: click.Context, parameter: click.Parameter, value: str) -> float:
    """Seconds; infinity for ever, since None would mean to click that there is no value."""
    if value.lower() == "none":
        return math.inf
    match = DURATION.fullmatch(value)
    if match is None:
        raise click.BadParameter(
            f"{value!r} is no length of time; write 90s, 15m, 2h, seconds, or none for ever", context, parameter
        )
    return float(match[1]) * UNITS[match[2]]


def _fields(context: click.Context, parameter: click.Parameter, value: str | None) -> dict[str, Any] | None:
    """A JSON object, or that of `@FILE`. No message repeats it: a filter may hold personal data."""
    if value is None:
        return None
    try:
        return _object(Path(value[1:]).read_text(encoding="utf-8") if value.startswith("@") else value)
    except json.JSONDecodeError as error:
        problem = f"this is not JSON: {error}"
    except RecursionError:
        problem = "this is nested too deeply"
    except OSError as error:
        problem = f"can't read {value[1:]}: {error.strerror}"
    except ValueError as error:
        problem = str(error)
    raise click.BadParameter(problem, context, parameter)


def _object(text: str) -> dict[str, Any]:
    value: object = json.loads(text, object_pairs_hook=_members)
    if not isinstance(value, dict):
        raise ValueError("""this is JSON, but no object such as '{"occupation": "doctor"}'""")  # noqa: TRY004
    return cast("dict[str, Any]", value)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        # json would keep the last one without a word, and the export would hold other profiles than was meant.
        raise ValueError("a name occurs twice in one object")
    return members


def _one_source(context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]) -> Source:
    if len(value) != 1:
        raise click.UsageError("one SOURCE at a time: run the command once for each", context)
    return parse_source(value[0])


def _several_sources(context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]) -> list[Source]:
    sources = [parse_source(text) for text in value]
    for source, times in Counter(sources).items():
        if times > 1:
            raise click.UsageError(f"{source} is named {times} times", context)
    return sources


def sources_argument(command: Command) -> Command:
    """SOURCE, once or several times."""
    return click.argument("sources", nargs=-1, required=True, metavar="SOURCE...", callback=_several_sources)(command)


def source_argument(command: Command) -> Command:
    """SOURCE."""
    return click.argument("source", nargs=-1, required=True, metavar="SOURCE", callback=_one_source)(command)


def task_argument(command: Command) -> Command:
    """TASK_ID."""
    return click.argument("task_id", metavar="TASK_ID")(command)


def selection_options(command: Command) -> Command:
    """What to export."""
    return _all(
        click.option(
            "--where",
            callback=_fields,
            metavar="JSON",
            help="Only profiles with these fields; @FILE reads them from a file.",
        ),
        click.option(
            "--file-format",
            default="csv",
            metavar="WORD",
            help="Format of the files: csv, json, or what else the panel has; rows are counted in csv only.",
        ),
    )(command)


def target_options(command: Command) -> Command:
    """Where the files go."""
    return _all(
        click.option(
            "--to",
            required=True,
            metavar="PLACE",
            shell_complete=folders,
            help=PLACES,
        ),
        click.option("--overwrite", is_flag=True, help="Replace files of the same name."),
    )(command)


def journal_option(command: Command) -> Command:
    """Where exports are remembered."""
    return click.option(
        "--journal",
        metavar="DIR",
        envvar="PROFILE_EXPORT_JOURNAL",
        show_envvar=True,
        help="Folder that remembers exports until they are done, so that a crash loses and repeats none.",
    )(command)


def jobs_option(command: Command) -> Command:
    """How many exports at once."""
    return click.option(
        "--jobs", type=click.IntRange(min=1), default=4, metavar="N", help="How many exports run at once."
    )(command)


def timeout_option(command: Command) -> Command:
    """How long to wait."""
    text = "How long the task may take: 90s, 15m, 2h, seconds, or none for ever."
    return click.option(
        "--timeout", callback=_duration, default=f"{USUAL_TIMEOUT / 3600:g}h", metavar="TIME", help=text
    )(command)


def connection_options(command: Command) -> Command:
    """Which panel, and how it is spoken to."""
    return _all(
        click.option(
            "--base-url",
            metavar="URL",
            envvar="PROFILE_EXPORT_BASE_URL",
            show_envvar=True,
            help="The panel's address: scheme, host and port, without the path of the API.",
        ),
        click.option(
            "--panel",
            metavar="NAME",
            envvar="PROFILE_EXPORT_PANEL",
            show_envvar=True,
            shell_complete=panel_names,
            help="A panel of the configuration file; see profile-export config.",
        ),
        click.option("--panel-url", metavar="URL", help="Where download links lead, if that is another address."),
        token_options,
        click.option("--auth", type=click.Choice(["body", "bearer"]), default="body", help="Where the token is sent."),
        click.option(
            "--wire-format", type=click.Choice(["json", "xml"]), default="json", help="What the panel is asked in."
        ),
        click.option(
            "--ca-file",
            metavar="FILE",
            shell_complete=files,
            help="Certificates of the authorities to trust, in PEM format.",
        ),
        click.option(
            "--retries", type=click.IntRange(min=0), default=5, help="How often a failed request is sent again."
        ),
        click.option(
            "--connections",
            type=click.IntRange(1, 16),
            default=1,
            help="Over how many connections an export is fetched.",
        ),
    )(command)


def token_options(command: Command) -> Command:
    """Where the token comes from."""
    return _all(
        click.option(
            "--token-file",
            metavar="FILE",
            shell_complete=files,
            help=f"File that holds the token (- is stdin); without it, {tokens.VARIABLE} holds it.",
        ),
        refused_token_option,
    )(command)


def _sets(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def remember(context: click.Context, _parameter: click.Parameter, value: Any) -> None:
        console: Console = context.ensure_object(Invocation).console
        setattr(console, name, bool(value))

    return remember


def _speech(flag: str, name: str, text: str, **more: Any) -> Callable[[Command], Command]:
    flags = (flag,) if flag == "--json" else (flag, f"-{name[0]}")
    return click.option(*flags, expose_value=False, is_eager=True, callback=_sets(name), help=text, **more)


def report_options(command: Command) -> Command:
    """How much is said, and in which form. Read before all others, so that their errors are told in that form."""
    return _all(
        _speech("--json", "json", "Write one JSON document to stdout, for errors too.", is_flag=True),
        _speech("--quiet", "quiet", "Say nothing on stderr but errors.", is_flag=True),
        _speech("--verbose", "verbose", "Log to stderr; never shows the token.", count=True, show_default=False),
    )(command)


def _all(*decorators: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """The decorators as one; the first one's option is shown first."""

    def decorate(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate
