"""What a shell may complete behind an option or in place of an argument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from profile_export import UsageError
from profile_export.cli import configuration

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    Items = list[CompletionItem]


def _item(value: str, **more: Any) -> CompletionItem:
    # Loaded when a shell asks, and not by every run.
    from click.shell_completion import CompletionItem  # noqa: PLC0415

    return CompletionItem(value, **more)


def panel_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Panels of the configuration file."""
    try:
        panels = configuration.read().panels
    except UsageError:
        return []
    return [
        _item(name, help=str(entry.settings.get("base_url", "")))
        for name, entry in panels.items()
        if name.startswith(incomplete)
    ]


def folders(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Folders, as the shell finds them."""
    return [_item(incomplete, type="dir")]


def files(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Files, as the shell finds them."""
    return [_item(incomplete, type="file")]
