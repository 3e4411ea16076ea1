"""A client made of the options, with somebody who watches its events."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import profile_export
from profile_export import DownloadPolicy, Event, RetryPolicy
from profile_export.cli.choosing import Chosen, choose, token_for
from profile_export.cli.crowd import reporter
from profile_export.cli.invocation import Invocation
from profile_export.cli.logs import logging_to

if TYPE_CHECKING:
    from profile_export import ExportClient


def connected(
    invocation: Invocation, options: Mapping[str, Any], *, exports: int = 1
) -> AbstractContextManager[ExportClient]:
    """The client that the connection options describe, for so many exports. Nothing is sent yet.

    Raises:
        UsageError: The options, or the token, can't be used.
    """
    chosen = choose(options)
    base_url = chosen.base_url
    token, _ = token_for(chosen, options["token_file"], invocation.console)
    settings = {**client_settings(chosen), "journal": options.get("journal")}
    return open_client(invocation, base_url, token, exports=exports, **settings)


def client_settings(chosen: Chosen) -> dict[str, Any]:
    """What the client takes, without address and token."""
    settings = chosen.settings
    return {
        "panel_url": settings["panel_url"],
        "wire_format": settings["wire_format"],
        "auth": settings["auth"],
        "retry": RetryPolicy(attempts=settings["retries"] + 1),
        "download": DownloadPolicy(connections=settings["connections"]),
        "verify": settings["ca_file"] or True,
    }


@contextmanager
def open_client(
    invocation: Invocation, base_url: str, token: str, *, exports: int = 1, **settings: Any
) -> Generator[ExportClient]:
    """A client whose events are shown, and whose token no message can show."""
    console = invocation.console
    console.secret = token
    with logging_to(console), reporter(console, exports) as watch:
        sink = _remembering(invocation, watch)
        # Read as an attribute, so that httpx is loaded here and not by --help.
        with profile_export.ExportClient(base_url, token=token, on_event=sink, **settings) as client:
            if is_open_to_others(base_url):
                console.warn("http:// sends the token readable for everyone on the way; use https:// if the panel can")
            yield client


def _remembering(invocation: Invocation, watch: Callable[[Event], None]) -> Callable[[Event], None]:
    # Several exports tell their events from threads of their own.
    turn = threading.Lock()

    def sink(event: Event) -> None:
        with turn:
            invocation.take(event)
            watch(event)

    return sink


def is_open_to_others(url: str) -> bool:
    """Whether the token would travel readable, to another machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        local = ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    return parts.scheme == "http" and not local
