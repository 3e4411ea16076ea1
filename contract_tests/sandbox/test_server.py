"""Serving on real sockets: in a thread, in a process, on a port that is taken, and the way out."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from contract_tests.sandbox.bench import CREATE, DATABASE, STATUS, TOKEN
from profile_export.sandbox import DataDirError, RunningSandbox, SandboxSettings, serve, start_sandbox

MakeSettings = Callable[..., SandboxSettings]


def export_over_http(url: str) -> bytes:
    with httpx.Client(base_url=url) as client:
        created = client.post(CREATE, json={"token": TOKEN, **DATABASE}).json()
        done = client.post(STATUS, json={"token": TOKEN, "task_id": created["data"]["task_id"]}).json()
        return client.get(done["data"]["result"]["urls"][0], params={"token": TOKEN}).content


def test_a_sandbox_in_a_thread(settings: MakeSettings) -> None:
    before = set(threading.enumerate())  # other tests may keep a sandbox of their own
    with start_sandbox(settings()) as sandbox:
        assert isinstance(sandbox, RunningSandbox)
        assert (sandbox.url.rpartition(":")[0], sandbox.token) == ("http://127.0.0.1", TOKEN)
        assert export_over_http(sandbox.url).count(b"@") >= 40
        started = set(threading.enumerate()) - before
        assert "sandbox" in {thread.name for thread in started}
    assert "sandbox" not in {thread.name for thread in set(threading.enumerate()) - before}
    with pytest.raises(httpx.ConnectError):
        httpx.get(sandbox.url)
    with start_sandbox(settings()):  # the data directory is free again
        pass


def test_an_error_in_the_block_stops_it_too(settings: MakeSettings) -> None:
    with pytest.raises(KeyboardInterrupt), start_sandbox(settings()) as sandbox:
        raise KeyboardInterrupt
    with pytest.raises(httpx.ConnectError):
        httpx.get(sandbox.url)


def test_stopping_does_not_wait_for_an_idle_connection(settings: MakeSettings) -> None:
    with httpx.Client() as client, start_sandbox(settings()) as sandbox:
        assert client.get(sandbox.url).status_code == 200


def test_a_port_that_is_taken(settings: MakeSettings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"can't listen on 127.0.0.1, port {port}: Address already in use"):
            serve(settings(), port=port)
        with pytest.raises(OSError, match="Address already in use"), start_sandbox(settings(), port=port):
            pass
    assert not settings().data_dir.exists()


def test_a_host_that_is_not_here(settings: MakeSettings) -> None:
    with pytest.raises(OSError, match=r"can't listen on 192\.0\.2\.1"):
        serve(settings(), host="192.0.2.1", port=0)


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_cannot_be(settings: MakeSettings, port: int) -> None:
    with pytest.raises(ValueError, match=f"^port must be from 0 to 65535, not {port}$"):
        serve(settings(), port=port)


def test_a_data_directory_in_use(settings: MakeSettings) -> None:
    with start_sandbox(settings()), pytest.raises(DataDirError, match="in use"):
        serve(settings(), port=0)


SCRIPT = """
import signal, sys
from pathlib import Path
from profile_export.sandbox import SandboxSettings, serve
if not {ignored}:
    signal.signal(signal.SIGHUP, lambda *_: print("hung up", flush=True))
settings = SandboxSettings(data_dir=Path(sys.argv[1]), token=sys.argv[2], profiles=40, task_seconds=0, quiet={quiet})
serve(settings, port=0, on_ready=lambda url: print(url, flush=True))
print("ended", flush=True)
"""


@pytest.mark.parametrize(
    ("number", "quiet", "told"),
    # A hangup comes to its handler, too, but not before all is closed.
    [(signal.SIGINT, False, ""), (signal.SIGTERM, True, ""), (signal.SIGHUP, True, "hung up\n")],
    ids=["INT", "TERM", "HUP"],
)
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals, quiet: bool, told: str) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(quiet=quiet, ignored=False), str(tmp_path / "data"), TOKEN],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        url = process.stdout.readline().strip()
        assert export_over_http(url).count(b"@") >= 40
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, out) == (0, f"{told}ended\n")
    assert TOKEN not in err
    assert err.count("POST /api/v1.1/") == (0 if quiet else 2)
    assert err.count("GET /api/download/data/") == (0 if quiet else 1)
    assert "Traceback" not in err


def test_a_hangup_that_is_ignored_ends_nothing(tmp_path: Path) -> None:
    """nohup starts it so."""
    script = SCRIPT.format(quiet=True, ignored=True)
    process = subprocess.Popen(
        ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh", sys.executable, "-c", script, str(tmp_path / "data"), TOKEN],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        url = process.stdout.readline().strip()
        process.send_signal(signal.SIGHUP)
        assert export_over_http(url).count(b"@") >= 40
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, out) == (0, "ended\n")
