"""A client made of the options, with somebody who watches its events."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import profile_export
from profile_export import Event, RetryPolicy, UsageError
from profile_export.cli.crowd import reporter
from profile_export.cli.invocation import Invocation
from profile_export.cli.logs import logging_to
from profile_export.cli.tokens import read_token

if TYPE_CHECKING:
    from profile_export import ExportClient


def connected(
    invocation: Invocation, options: Mapping[str, Any], *, exports: int = 1
) -> AbstractContextManager[ExportClient]:
    """The client that the connection options describe, for so many exports. Nothing is sent yet.

    Raises:
        UsageError: The options, or the token, can't be used.
    """
    base_url = options["base_url"]
    if base_url is None:
        hint = "pass --base-url https://panel.example.com, or set PROFILE_EXPORT_BASE_URL"
        raise UsageError("there is no address of a panel", hints=(hint,))
    return open_client(
        invocation,
        base_url,
        read_token(options["token_file"]),
        exports=exports,
        panel_url=options["panel_url"],
        wire_format=options["wire_format"],
        auth=options["auth"],
        journal=options.get("journal"),
        retry=RetryPolicy(attempts=options["retries"] + 1),
        verify=options["ca_file"] or True,
    )


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
            if _is_open_to_others(base_url):
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


def _is_open_to_others(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        local = ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    return parts.scheme == "http" and not local
