"""Reports of somebody's failing tests: pytest with everything it can show, in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from contract_tests.secrets.sweep import MARKER, leaks
from contract_tests.wire.dialogue import refused, written
from contract_tests.wire.listeners import Listener, listening, read_request

# The token comes from outside, as it should: a report shows the source of what failed.
FAILING = """
import asyncio, os
from profile_export import AsyncExportClient, Database, ExportClient, RetryPolicy

URL, ONCE = os.environ["PANEL_URL"], RetryPolicy(attempts=1)

def test_blocking(tmp_path, request):
    with ExportClient(URL, token=request.config.stash[TOKEN], retry=ONCE, auth=AUTH) as client:
        task = client.task("task_1")
        client.export(Database(1), to=tmp_path)

def test_asynchronous(tmp_path, request):
    async def run():
        async with AsyncExportClient(URL, token=request.config.stash[TOKEN], retry=ONCE, auth=AUTH) as client:
            await client.download("task_1", tmp_path)
    asyncio.run(run())
"""
CONFTEST = """
import os, pytest

def pytest_configure(config):
    import test_exports
    config.stash[test_exports.TOKEN] = os.environ.pop("PANEL_TOKEN")
"""


def repeating(connection: socket.socket, listener: Listener) -> None:
    """Refuses every request, and repeats the token."""
    read_request(connection, listener)
    body = written(refused(403, f"no such token: {MARKER}"), "json")
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    connection.sendall(f"{head}Connection: close\r\n\r\n".encode() + body)


@pytest.mark.parametrize("auth", ["body", "bearer"])
def test_no_report_of_a_failing_test_shows_the_token(tmp_path: Path, auth: str) -> None:
    names = f"import pytest\nTOKEN, AUTH = pytest.StashKey(), {auth!r}\n"
    (tmp_path / "test_exports.py").write_text(names + FAILING)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\njunit_logging = all\nlog_level = DEBUG\n")
    with listening(repeating) as server:
        show = ["--showlocals", "--tb=long", "-vv", "-rA", "--junitxml=report.xml", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "profile_export.testing.plugin", *show],
            cwd=tmp_path,
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
                # Plugins that this repository's tests need load for seconds, and report nothing here.
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
                "PANEL_URL": f"http://127.0.0.1:{server.port}",
                "PANEL_TOKEN": MARKER,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert len(server.lines) == 2, done.stdout + done.stderr
    report = (tmp_path / "report.xml").read_text(encoding="utf-8")
    assert len(ET.fromstring(report).findall(".//failure")) == 2
    assert "AuthenticationError" in report
    assert "httpcore" in report
    assert not leaks(report)
    assert not leaks(done.stdout + done.stderr)
