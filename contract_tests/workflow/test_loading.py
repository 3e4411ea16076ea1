"""What is loaded and made, counted: start-up is paid by everybody, so nothing comes before it is needed."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from contract_tests.wire.certificates import Authority
from contract_tests.wire.listeners import Listener, listening, read_whole_request
from profile_export import AsyncExportClient, ExportClient, ExportOutcome, PollPolicy, Segment

AT_ONCE = PollPolicy(min_delay=0, max_delay=0)

# In any order of the floors: these cost more than all the rest together.
HEAVY = {"httpx", "h11", "anyio", "attr", "attrs", "asyncio", "click", "tqdm", "ssl", "typing", "re"}


def loaded(code: str) -> set[str]:
    """Modules that `code` brings with it, beside those of Python itself."""
    command = [
        sys.executable,
        "-I",
        "-c",
        f"import sys\nbefore = set(sys.modules)\n{code}\nprint(*set(sys.modules) - before)",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.split("\n")[-2].split())


def test_the_package_by_itself_is_three_modules() -> None:
    modules = loaded("import profile_export, profile_export as package; package.__version__")
    ours = {name for name in modules if name.startswith("profile_export")}
    assert ours == {"profile_export", "profile_export._version"}
    assert modules.isdisjoint(HEAVY - {"typing", "re"})
    assert len(modules) < 40


def test_values_and_errors_need_no_network() -> None:
    modules = loaded("from profile_export import Database, ExportError, PollPolicy, TaskSnapshot; Database(1)")
    assert modules.isdisjoint({"httpx", "anyio", "asyncio", "ssl", "h11", "profile_export_api", "click", "tqdm"})


def test_the_blocking_client_needs_no_event_loop_of_ours() -> None:
    modules = loaded("from profile_export import ExportClient")
    assert modules.isdisjoint({"profile_export.aio", "profile_export._async", "trio", "tqdm", "hypothesis"})
    assert {"cli", "sandbox"}.isdisjoint(name.split(".")[1] for name in modules if name.startswith("profile_export."))


def test_the_version_needs_no_program() -> None:
    modules = loaded("sys.argv[1:] = ['--version']\nfrom profile_export.cli import main\nassert main() == 0")
    assert modules.isdisjoint(HEAVY - {"typing", "re"})
    assert len(modules) < 40


def test_one_http_client_and_one_tls_context_for_all_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Making one takes longer than a whole request."""
    authority = Authority.make(tmp_path)
    with listening(answer_all, authority.server_context()) as listener:
        made = noted(monkeypatch)
        url = f"https://127.0.0.1:{listener.port}"
        with ExportClient(url, token="token", verify=str(authority.certificate), poll=AT_ONCE) as client:
            assert [client.status("task_1").status for _ in range(3)] == ["completed"] * 3
            outcomes = list(client.export_many(map(Segment, range(1, 6)), to=tmp_path / "exports", concurrency=5))
    assert [outcome.error for outcome in outcomes] == [None] * 5
    assert sorted(made) == ["Client", "HTTPTransport", "SSLContext"]
    assert len(listener.lines) == 3 + 5 * 3


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_one_http_client_and_one_tls_context_for_all_calls_of_the_asynchronous_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    authority = Authority.make(tmp_path)

    async def use(url: str) -> list[ExportOutcome]:
        async with AsyncExportClient(url, token="token", verify=str(authority.certificate), poll=AT_ONCE) as client:
            assert [(await client.status("task_1")).status for _ in range(3)] == ["completed"] * 3
            exports = client.export_many(map(Segment, range(1, 6)), to=tmp_path / "exports", concurrency=5)
            return [outcome async for outcome in exports]

    with listening(answer_all, authority.server_context()) as listener:
        made = noted(monkeypatch)
        outcomes = anyio.run(use, f"https://127.0.0.1:{listener.port}", backend=backend)
    assert [outcome.error for outcome in outcomes] == [None] * 5
    # Files come over a blocking one, in threads, under the same context.
    assert sorted(made) == ["AsyncClient", "AsyncHTTPTransport", "Client", "HTTPTransport", "SSLContext"]
    assert len(listener.lines) == 3 + 5 * 3


def answer_all(connection: socket.socket, listener: Listener) -> None:
    """A panel whose tasks are done at once."""
    head, body = read_whole_request(connection, listener)
    kind, answer = "application/json", b""
    if head.startswith(b"GET"):
        kind, answer = "text/csv", b"id\n1\n"
    else:
        members = json.loads(body)
        data: dict[str, Any] = {"task_id": f"task_{members.get('source_id')}"}
        if "task_id" in members:
            number = int(members["task_id"].removeprefix("task_"))
            link = f"/api/download/{number}/{number}_segment_export.csv"
            result = {"errors": [], "source_id": number, "total": 1, "type": "segment", "urls": [link]}
            data = {"status": "completed", "progress": 100, "result": result}
        answer = json.dumps({"data": data, "error": 0, "error_text": ""}).encode()
    lines = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(answer)}\r\n"
    connection.sendall(f"{lines}Connection: close\r\n\r\n".encode() + answer)


def noted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of all clients, transports and TLS contexts that are made from now on."""
    made: list[str] = []
    for kind in (httpx.Client, httpx.AsyncClient, httpx.HTTPTransport, httpx.AsyncHTTPTransport):
        counting(monkeypatch, kind, made)
    new_context = ssl.SSLContext.__new__

    def noting(kind: type[ssl.SSLContext], *args: Any, **options: Any) -> ssl.SSLContext:
        made.append("SSLContext")
        return new_context(kind, *args, **options)

    monkeypatch.setattr(ssl.SSLContext, "__new__", noting)
    return made


def counting(monkeypatch: pytest.MonkeyPatch, kind: type[Any], made: list[str]) -> None:
    first = kind.__init__

    def noting(self: Any, *args: Any, **options: Any) -> None:
        made.append(kind.__name__)
        first(self, *args, **options)

    monkeypatch.setattr(kind, "__init__", noting)
