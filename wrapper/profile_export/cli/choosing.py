"""Which panel, and how it is spoken to: from options, the environment, and the configuration file, in this order.

A panel that is named by `--panel` is an option: what the file says of it goes before the environment. One that the
environment names, or the file's default, comes last. A panel's token goes to that panel's own address only.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import attrs
import click
from click.core import ParameterSource

from profile_export import UsageError
from profile_export.cli import NAME, configuration, references, tokens
from profile_export.cli.configuration import SETTINGS, Configuration, Entry
from profile_export.cli.console import Console

TYPED: Final = ParameterSource.COMMANDLINE
HINT: Final = (
    "pass --base-url https://panel.example.com, set PROFILE_EXPORT_BASE_URL, "
    f"or keep it: {NAME} config set main --base-url URL"
)


@attrs.frozen
class Chosen:
    """What was chosen.

    Attributes:
        settings: By their names.
        places: Where each setting comes from, in words.
        entry: The panel of the configuration file that counts, if any.
        entry_first: Whether what it says goes before the environment.
        file: The configuration.
    """

    settings: Mapping[str, Any]
    places: Mapping[str, str]
    entry: Entry | None
    entry_first: bool
    file: Configuration

    @property
    def base_url(self) -> str:
        """The panel's address.

        Raises:
            UsageError: There is none.
        """
        if self.settings["base_url"] is None:
            raise UsageError("there is no address of a panel", hints=(HINT,))
        return str(self.settings["base_url"])


def choose(options: Mapping[str, Any]) -> Chosen:
    """The settings for the command that runs now.

    Raises:
        UsageError: The configuration can't be used, or says something else than the options.
    """
    first = _source("panel") is TYPED
    if first and not options["panel"]:
        # As from a variable that isn't set: the default could be another panel than the one that was meant.
        raise UsageError("--panel names no panel", hints=("pass a name, or leave it out for the default",))
    file = configuration.read()
    name = options["panel"] or file.default
    entry = _seen_from(file, file.entry(name)) if name else None
    if entry is not None and _is_for_another_address(entry, options, first=first):
        entry = None
    settings: dict[str, Any] = {}
    places: dict[str, str] = {}
    for key in SETTINGS:
        settings[key], places[key] = _one(key, options[key], entry, first=first)
    return Chosen(settings, places, entry, first, file)


def _seen_from(file: Configuration, entry: Entry) -> Entry:
    """The panel with its certificates beside the file that names them; a name that is typed means this folder."""
    if "ca_file" not in entry.settings:
        return entry
    ca_file = str(references.beside(entry.settings["ca_file"], file.path))
    return attrs.evolve(entry, settings={**entry.settings, "ca_file": ca_file})


def _is_for_another_address(entry: Entry, options: Mapping[str, Any], *, first: bool) -> bool:
    """Whether the address comes from elsewhere, so that nothing of the entry may count, least of all its token."""
    source = _source("base_url")
    if source is not TYPED and (source is not ParameterSource.ENVIRONMENT or first):
        return False
    if _origin(options["base_url"]) == _origin(entry.settings["base_url"]):
        return False
    if first:
        raise UsageError(
            f"--panel {entry.name} is another panel than --base-url", hints=("give one of them, not both",)
        )
    return True


def _one(key: str, value: Any, entry: Entry | None, *, first: bool) -> tuple[Any, str]:
    source = _source(key)
    if source is TYPED:
        return value, f"--{key.replace('_', '-')}"
    in_entry = entry is not None and key in entry.settings
    if entry is not None and in_entry and (first or source is not ParameterSource.ENVIRONMENT):
        return entry.settings[key], f"panel {entry.name} of the configuration"
    if source is ParameterSource.ENVIRONMENT:
        return value, f"PROFILE_EXPORT_{key.upper()}"
    return value, "default"


def token_for(chosen: Chosen, token_file: str | None, console: Console) -> tuple[str, str]:
    """The token, and where it is from, in words.

    Raises:
        UsageError: There is none, or none that can be used.
    """
    entry = chosen.entry if chosen.entry is not None and chosen.entry.reference is not None else None
    in_environment = tokens.VARIABLE in os.environ
    if token_file is not None:
        return tokens.read_token(token_file), f"--token-file {token_file}"
    if entry is None or (in_environment and not chosen.entry_first):
        return tokens.read_token(None), tokens.VARIABLE
    token = references.token_of(entry, chosen.file.path)
    if entry.reference is not None and entry.reference[0] == "token":
        console.warn(
            f"{chosen.file.path} holds the token of panel {entry.name!r} in clear; a keyring or a file is safer"
        )
    return token, f"{references.told(entry)}, as panel {entry.name} of the configuration says"


def _source(name: str) -> ParameterSource | None:
    return click.get_current_context().get_parameter_source(name)


def _origin(url: Any) -> tuple[str, str | None, int | None] | None:
    try:
        parts = urlsplit(str(url))
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return None
    return parts.scheme, parts.hostname, port
