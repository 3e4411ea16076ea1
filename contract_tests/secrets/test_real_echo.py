"""A real server that repeats the token in its answer's head: httpcore's own log shows heads, all else stays clean."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from contract_tests.secrets.sweep import MARKER, Sweep
from contract_tests.wire.dialogue import LINK, STATUS, STYLES, TASK, Mode, completed, written
from contract_tests.wire.listeners import Listener, listening, read_request
from profile_export import UnsafeLink

QUOTED = quote(MARKER, safe="")


def answer(head: str, body: bytes) -> bytes:
    return f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def repeating(connection: socket.socket, listener: Listener) -> None:
    """Gives a finished task, whose file is said to be elsewhere, with all that the request had in its query."""
    line = read_request(connection, listener).split(b"\r\n")[0].decode()
    if STATUS in line:
        body = written(completed([LINK]), "json")
        connection.sendall(answer("200 OK\r\nContent-Type: application/json", body))
    else:
        connection.sendall(answer(f"302 Found\r\nLocation: https://evil.example/x.csv?token={QUOTED}", b""))


@pytest.mark.parametrize("mode", STYLES, ids=str)
def test_only_the_log_of_the_http_library_shows_a_repeated_token(sweep: Sweep, tmp_path: Path, mode: Mode) -> None:
    with listening(repeating) as server:
        options: dict[str, Any] = {"base_url": f"http://127.0.0.1:{server.port}", "token": MARKER}
        with pytest.raises(UnsafeLink) as caught:
            mode.speak(lambda client: client.download(TASK, tmp_path), **options)
    sweep.see("error", caught.value)
    sweep.see_folder(tmp_path)
    assert sweep.findings(log=False) == []
    shown = {finding.split(":")[1].strip() for finding in sweep.findings()}
    assert shown == {"httpcore.http11"}
