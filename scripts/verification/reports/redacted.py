"""An exchange as reports show it: with placeholders for the token, without profiles, and as a command to repeat it."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from scripts.verification.credentials import IN_SHELL
from scripts.verification.line import Place
from scripts.verification.values import Exchange

LONGEST: Final = 2000
_END: Final = "END_OF_REQUEST"


def request(exchange: Exchange) -> str:
    """The request, as it went out but for the token."""
    sent = exchange.request
    target = f"{sent.path}?{sent.query}" if sent.query else sent.path
    headers = "".join(f"{name}: {value}\n" for name, value in sent.headers.items())
    return f"{sent.method} {target}\n{headers}\n{_text(sent.body)}".rstrip()


def answer(exchange: Exchange) -> str:
    """The answer; of what may be a file its size and sum only: profiles are nobody's business."""
    came = exchange.answer
    headers = "".join(f"{name}: {value}\n" for name, value in came.headers.items())
    may_be_file = exchange.operation == "download" and exchange.envelope is None
    body = f"({came.size:,} bytes, SHA-256 {came.digest})" if may_be_file else _text(came.body)
    return f"HTTP {came.status}\n{headers}\n{body}".rstrip()


def repeat(exchange: Exchange, panel: str) -> str:
    """A shell command that sends the request again, with the token from the environment, never in its arguments.

    In bodies the token stands as it is: one with quotes or backslashes has to be escaped by hand.
    """
    sent = exchange.request
    settings = [("url", Place.of(panel).origin + sent.path)]
    settings += [("header", f"{name}: {value}") for name, value in sent.headers.items()]
    if sent.method == "GET":
        settings += [("request", "GET")]
    for name, value in parse_qsl(sent.query, keep_blank_values=True):
        # curl writes the token as a URL wants it.
        settings += [("get", ""), ("data-urlencode", f"{name}={value}")]
    if sent.body:
        settings += [("data-binary", _text(sent.body))]
    lines = [name if name == "get" else f'{name} = "{_quoted(value)}"' for name, value in settings]
    return "\n".join([f"curl --silent --show-error --include --config - <<{_END}", *lines, _END])


def _quoted(value: str) -> str:
    """For curl's configuration within a here-document, in which the shell puts in the token."""
    for_curl = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    for_shell = for_curl.replace("\\\\", "\\\\\\\\").replace("$", "\\$").replace("`", "\\`")
    for placeholder in sorted(IN_SHELL, key=len, reverse=True):
        for_shell = for_shell.replace(placeholder, IN_SHELL[placeholder])
    return for_shell


def _text(body: bytes) -> str:
    text = body.decode("utf-8", errors="replace")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(body):,} bytes)"
