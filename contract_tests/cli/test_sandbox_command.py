"""`profile-export sandbox`: a panel in a process of its own, and the whole way of a new user against it."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import sqlite3
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.cli.conftest import TOKEN, Cli
from contract_tests.cli.programs import Running, environment, finished, running
from profile_export import Database, ExportClient

SMALL = ("--port", "0", "--profiles", "50", "--task-seconds", "0")


def told(program: Running) -> Any:
    """The document that tells where the sandbox is."""
    program.until(lambda: "}\n" in program.out)
    return json.loads(program.out)


def test_a_new_user_from_end_to_end(tmp_path: Path) -> None:
    with running("sandbox", *SMALL, env=environment(TMPDIR=str(tmp_path))) as panel:
        panel.until(lambda: "Ctrl-C stops it." in panel.out)
        tried = dict(re.findall(r"^  export (\w+)=(\S+)$", panel.out, re.MULTILINE))
        assert set(tried) == {"PROFILE_EXPORT_BASE_URL", "PROFILE_EXPORT_TOKEN"}
        assert "profile-export run segment:7 --to exports" in panel.out
        words = ("run", "database:1", "--where", '{"occupation": "doctor"}', "--to", "exports")
        done = finished(*words, env=environment(**tried), cwd=tmp_path)
        panel.process.send_signal(signal.SIGINT)
        assert panel.ended() == 0
    assert done.returncode == 0, done.stderr
    assert "exports/1_database_export.csv" in done.stdout
    assert done.stdout.endswith("complete and verified\n")
    assert panel.err.splitlines()[-1] == "stopped"
    assert "POST /api/v1.1/profiles/get_all 200" in panel.err
    # Nothing is left but the export: the sandbox's own folder is gone.
    assert [path.name for path in tmp_path.iterdir()] == ["exports"]


def test_a_private_token_is_accepted_and_never_shown(cli: Cli) -> None:
    env = environment(PROFILE_EXPORT_TOKEN=TOKEN)
    with running("sandbox", *SMALL, "--auth", "bearer", env=env) as panel:
        panel.until(lambda: "Ctrl-C stops it." in panel.out)
        url = re.findall(r"address +(\S+)", panel.out)[0]
        assert "token     the one in --token-file or PROFILE_EXPORT_TOKEN" in panel.out
        assert panel.out.count("--auth bearer") == 2
        assert cli("create", "segment:7", "--base-url", url, "--auth", "bearer").code == 0
        assert cli("create", "segment:7", "--base-url", url).code == 3
        panel.process.send_signal(signal.SIGTERM)
        assert panel.ended() == 0
    assert TOKEN not in panel.out + panel.err


def test_what_is_kept_is_there_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    env = environment()
    options = (*SMALL, "--data", str(data), "--json", "--quiet", "--rows-per-file", "20", "--seed", "3")
    task_id = ""
    for _ in range(2):
        with running("sandbox", *options, env=env) as panel:
            place = told(panel)
            assert (place["token"], place["data"]) == ("sandbox-token-for-trying", str(data))
            with ExportClient(place["url"], token=place["token"]) as client:
                task_id = task_id or client.create_export(Database(1)).task_id
                done = client.wait(task_id)
            panel.process.send_signal(signal.SIGINT)
            assert (panel.ended(), panel.err) == (0, "")
        assert (done.total, len(done.urls)) == (50, 3)


def test_ctrl_c_while_it_prepares(tmp_path: Path) -> None:
    env = environment(TMPDIR=str(tmp_path))
    with running("sandbox", "--port", "0", "--profiles", "5000000", env=env) as panel:
        panel.until(lambda: any(path.stat().st_size > 100_000 for path in tmp_path.rglob("seeding*")))
        panel.process.send_signal(signal.SIGINT)
        assert panel.ended() == 130
    assert "Traceback" not in panel.err
    assert list(tmp_path.iterdir()) == []


def test_settings_that_cannot_be(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    with sqlite3.connect(foreign / "sandbox.sqlite3") as connection:
        connection.execute("CREATE TABLE mine (id)")
    connection.close()
    cases: Mapping[str, list[object]] = {
        "profiles must be from 1 to 10,000,000, not 0": ["--profiles", 0],
        "task_seconds must be at least 0": ["--task-seconds", -1],
        "rows_per_file must be from 1": ["--rows-per-file", 0],
        "can't start the sandbox: port must be from 0 to 65535": ["--port", 70_000],
        "can't listen on 203.0.113.7, port 0": ["--port", 0, "--host", "203.0.113.7"],
        f"can't start the sandbox: {tmp_path / 'file'}: File exists": ["--data", tmp_path / "file", "--port", 0],
        "is not a sandbox's file": ["--data", foreign, "--port", 0],
        "Invalid value for '--auth'": ["--auth", "none"],
        "can't read the token file": ["--token-file", tmp_path / "none"],
    }
    for message, words in cases.items():
        done = cli("sandbox", *words, token=None)
        assert (done.code, done.out) == (2, ""), message
        assert message in done.first
    assert sorted(path.name for path in tmp_path.rglob("*") if "lock" not in path.name) == [
        "file",
        "foreign",
        "sandbox.sqlite3",
    ]


def test_a_port_that_is_taken(cli: Cli) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = cli("sandbox", "--port", port, "--profiles", 10, token=None)
    assert (done.code, done.out) == (2, "")
    assert f"can't listen on 127.0.0.1, port {port}: Address already in use" in done.first


@pytest.mark.parametrize("command", ["sandbox", "demo"])
def test_without_the_extra(cli: Cli, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    done = cli(command, token=None)
    assert (done.code, done.first) == (2, "profile-export: the sandbox is not installed: it needs the package uvicorn")
    assert "hint: install it with: pip install 'profile-export[sandbox]'" in done.err


def test_a_hangup_ends_a_sandbox_that_is_busy(tmp_path: Path) -> None:
    def ask(url: str) -> None:
        with contextlib.suppress(httpx.HTTPError), httpx.Client(base_url=url) as client:
            while True:
                client.get("/")

    with running("sandbox", *SMALL, "--json", env=environment(TMPDIR=str(tmp_path))) as panel:
        url = told(panel)["url"]
        busy = [threading.Thread(target=ask, args=(url,)) for _ in range(4)]
        for one in busy:
            one.start()
        panel.until(lambda: panel.err.count("GET / 200") > 20)
        panel.process.send_signal(signal.SIGHUP)
        assert panel.ended() == 129
        for one in busy:
            one.join()
    assert panel.err.splitlines()[-1] == "profile-export: interrupted by SIGHUP"
    assert list(tmp_path.iterdir()) == []
