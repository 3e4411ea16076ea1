"""`profile-export config`: look at the configuration file, change it, and be told what is wrong in it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from profile_export import UsageError
from profile_export.cli import NAME, config_check, config_text, configuration, references, tokens
from profile_export.cli.completing import files, panel_names
from profile_export.cli.configuration import CHOICES, PANEL_NAME, REFERENCES, SETTINGS
from profile_export.cli.console import printable, table
from profile_export.cli.invocation import Invocation
from profile_export.cli.options import report_options
from profile_export.cli.refused import refused_token_option


@click.group(invoke_without_command=False)
def config() -> None:
    """Keep the panels that you work with in a file, each with a name.

    What the command line says goes before the environment, and that before the file. The file holds no token, but where
    to find it: in a variable, a file, or the keyring (extra: pip install 'profile-export[keyring]').

    \b
    Examples:
      profile-export config set main --base-url https://panel.example.com --token-keyring
      profile-export config set test --base-url https://test.example.com --token-env TEST_TOKEN
      profile-export config check
      profile-export run database:1 --to exports --panel test
    """  # noqa: D301


@config.command()
@report_options
@click.pass_obj
def path(invocation: Invocation, /) -> None:
    """Tell where the file is, whether there is one or not.

    \b
    Example:
      $EDITOR "$(profile-export config path)"
    """  # noqa: D301
    file = configuration.path()
    if invocation.console.json:
        invocation.console.document({"path": str(file), "exists": file.exists()})
    else:
        invocation.console.result(printable(str(file)))


@config.command("list")
@report_options
@click.pass_obj
def list_(invocation: Invocation, /) -> None:
    """List the panels, and where their tokens are.

    \b
    Example:
      profile-export config list
    """  # noqa: D301
    read = configuration.read()
    entries = list(read.panels.values())
    if invocation.console.json:
        told = [{"name": entry.name, **entry.settings, "token": references.told(entry)} for entry in entries]
        invocation.console.document({"path": str(read.path), "default": read.default, "panels": told})
        return
    if not entries:
        invocation.console.result(f"no panels: {NAME} config set main --base-url URL adds one")
        return
    rows = [
        (
            f"{entry.name} (default)" if entry.name == read.default else entry.name,
            str(entry.settings.get("base_url", "-")),
            references.told(entry),
        )
        for entry in entries
    ]
    invocation.console.result(table(("PANEL", "ADDRESS", "TOKEN"), rows, numbers=frozenset()))


@config.command("set")
@click.argument("name", shell_complete=panel_names)
@click.option(
    "--base-url", metavar="URL", help="The panel's address: scheme, host and port, without the path of the API."
)
@click.option("--panel-url", metavar="URL", help="Where download links lead, if that is another address.")
@click.option("--auth", type=click.Choice(CHOICES["auth"]), help="Where the token is sent.")
@click.option("--wire-format", type=click.Choice(CHOICES["wire_format"]), help="What the panel is asked in.")
@click.option("--ca-file", metavar="FILE", shell_complete=files, help="Certificates of the authorities to trust.")
@click.option("--retries", type=click.IntRange(min=0), help="How often a failed request is sent again.")
@click.option(
    "--connections",
    type=click.IntRange(1, 16),
    help="Over how many connections an export is fetched.",
)
@click.option("--token-env", metavar="VARIABLE", help="The token is in this variable of the environment.")
@click.option("--token-file", metavar="FILE", shell_complete=files, help="The token is in this file.")
@click.option(
    "--token-keyring", is_flag=True, help="Ask for the token now (or read stdin), and keep it in the keyring."
)
@click.option("--default", is_flag=True, help="Take this panel when none is named.")
@refused_token_option
@report_options
@click.pass_obj
def set_(invocation: Invocation, /, name: str, *, default: bool, **options: Any) -> None:
    """Add the panel NAME, or change what is given. The first panel becomes the default.

    \b
    Examples:
      profile-export config set main --base-url https://panel.example.com --token-file ~/.secrets/panel
      profile-export config set main --auth bearer --default
    """  # noqa: D301
    if not PANEL_NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a panel", hints=("letters, digits, - and _ make one",))
    file = configuration.path()
    given = _given(options)
    text = _text()
    config_check.usable(_settings(text, name, given), file)
    # What can't be kept is refused before somebody types a token.
    _changed(text, name, given, default=default)
    if options["token_keyring"]:
        token = tokens.read_token(tokens.STDIN)
        invocation.console.secret = token
        references.remember(name, token)
    # Read anew: while that was typed, another process may have kept a panel of its own.
    config_text.change(file, lambda: _changed(_text(), name, given, default=default))
    _tell(invocation, name, file, "is kept in")


@config.command()
@click.argument("name", shell_complete=panel_names)
@report_options
@click.pass_obj
def remove(invocation: Invocation, /, name: str) -> None:
    """Remove the panel NAME, and its token if that is in the keyring.

    \b
    Example:
      profile-export config remove test
    """  # noqa: D301
    read = configuration.read()
    if name not in read.panels:
        read.entry(name)
    config_text.change(read.path, lambda: _without(_text(), name))
    reference = read.panels[name].reference
    if reference is not None and reference[0] == "token_keyring":
        references.forget(name)
    _tell(invocation, name, read.path, "is gone from")


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, as the file keeps it."""
    given = {key: options[key] for key in (*SETTINGS, *REFERENCES) if options.get(key) not in {None, False}}
    if len(given.keys() & REFERENCES.keys()) > 1:
        raise UsageError("give one of --token-env, --token-file and --token-keyring")
    if given.get("token_file") in {tokens.STDIN, ""}:
        hint = "pass a file's name, or --token-keyring, which reads the token from stdin and keeps it in the keyring"
        raise UsageError(f"--token-file {given['token_file']!r} is no file that could be read later", hints=(hint,))
    for key in given.keys() & {"token_file", "ca_file"}:
        # The program will run in other folders, too.
        given[key] = str(Path(given[key]).expanduser().absolute())
    return given


def _settings(text: str, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the panel has then: as it was, but for what is given."""
    before = config_text.panel(text, name)
    if given.keys() & REFERENCES.keys():
        before = {key: value for key, value in before.items() if key not in REFERENCES}
    settings = {**before, **given}
    if "base_url" not in settings:
        raise UsageError(f"panel {name!r} has no address yet", hints=("pass --base-url https://panel.example.com",))
    return settings


def _changed(text: str, name: str, given: Mapping[str, Any], *, default: bool) -> str:
    """`text` with the panel as it is then; the only panel is the default."""
    changed = config_text.with_panel(text, name, _settings(text, name, given))
    known = tomllib.loads(changed)
    if default or (len(known["panels"]) == 1 and "default" not in known):
        changed = config_text.with_default(changed, name)
    return changed


def _without(text: str, name: str) -> str:
    """`text` without the panel; if it was the default, there is none then."""
    changed = config_text.without_panel(text, name)
    return config_text.with_default(changed, None) if tomllib.loads(text).get("default") == name else changed


def _tell(invocation: Invocation, name: str, file: Path, what: str) -> None:
    invocation.console.say(f"panel {name} {what} {file}")
    if invocation.console.json:
        invocation.console.document({"path": str(file), "panel": name})


def _text() -> str:
    """The file's text, which is TOML."""
    configuration.read()
    return configuration.read_text(configuration.path())


config.add_command(config_check.check)
