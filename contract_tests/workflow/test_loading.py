"""What is loaded and made, counted: start-up is paid by everybody, so nothing comes before it is needed."""

from __future__ import annotations

import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.wire.certificates import Authority
from contract_tests.wire.listeners import answer_status, listening
from profile_export import ExportClient

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
    made: list[str] = []
    counting(monkeypatch, httpx.Client, made)
    counting(monkeypatch, httpx.HTTPTransport, made)
    new_context = ssl.SSLContext.__new__

    def noting(kind: type[ssl.SSLContext], *args: Any, **options: Any) -> ssl.SSLContext:
        made.append("SSLContext")
        return new_context(kind, *args, **options)

    with listening(answer_status, authority.server_context()) as listener:
        monkeypatch.setattr(ssl.SSLContext, "__new__", noting)
        url = f"https://127.0.0.1:{listener.port}"
        with ExportClient(url, token="token", verify=str(authority.certificate)) as client:
            assert [client.status("task_1").progress for _ in range(3)] == [40] * 3
    assert sorted(made) == ["Client", "HTTPTransport", "SSLContext"]


def counting(monkeypatch: pytest.MonkeyPatch, kind: type[Any], made: list[str]) -> None:
    first = kind.__init__

    def noting(self: Any, *args: Any, **options: Any) -> None:
        made.append(kind.__name__)
        first(self, *args, **options)

    monkeypatch.setattr(kind, "__init__", noting)
