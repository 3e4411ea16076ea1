"""scripts/generate writes the same bytes every time, without network, and never leaves half a client behind."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract_tests.generation.workbench import CLIENT, COMMAND, Workbench, contents
from scripts import _generate
from scripts.verification import contract
from scripts.verification.contract import CREATE, STATUS, XML

# Read by Python at start-up, in the command and in the generator that it starts.
NO_NETWORK = """
import socket

def refuse(self, address, *rest):
    raise AssertionError(f"network access to {address!r}")

socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refuse
socket.getaddrinfo = lambda host, *rest, **options: refuse(None, host)
"""


@pytest.fixture
def workbench(tmp_path: Path) -> Workbench:
    return Workbench.in_folder(tmp_path)


@pytest.fixture
def offline(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "no-network"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
    return {"PYTHONPATH": str(folder)}


def without_network() -> tuple[str, ...]:
    """A command prefix that takes the network away from other programs too, where the system has one."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return ()
    prefix = (unshare, "--user", "--map-root-user", "--net")
    usable = subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    return prefix if usable else ()


def test_the_network_guard_holds(offline: dict[str, str]) -> None:
    for attempt in ("socket.create_connection(('127.0.0.1', 9))", "socket.getaddrinfo('example.com', 443)"):
        done = subprocess.run(
            [sys.executable, "-c", f"import socket; {attempt}"],
            env={**os.environ, **offline},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "AssertionError: network access to" in done.stderr


def test_replaces_a_stale_client_by_the_same_bytes_whatever_the_surroundings(
    workbench: Workbench, offline: dict[str, str]
) -> None:
    (workbench.client / "client.py").write_text("stale", encoding="utf-8")
    (workbench.client / "leftover.py").touch()
    surroundings = {"PYTHONHASHSEED": "4242", "LC_ALL": "C", "TZ": "Pacific/Auckland", "COLUMNS": "40"}

    done = workbench.generate(prefix=without_network(), env={**offline, **surroundings})

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert contents(workbench.client) == contents(CLIENT)
    assert [path.name for path in workbench.client.parent.iterdir()] == [workbench.client.name]


def test_a_contract_that_the_generator_warns_on_is_refused(workbench: Workbench) -> None:
    document = contract.load()
    document["paths"][STATUS]["post"]["requestBody"]["content"] = {"application/x-unknown": {"schema": {}}}
    workbench.contract.write_text(yaml.safe_dump(document), encoding="utf-8")
    before = contents(workbench.client)

    done = workbench.generate()

    assert done.returncode == 1
    assert "openapi.yaml can't be generated from" in done.stderr
    assert "Unsupported content type application/x-unknown" in done.stderr
    assert contents(workbench.client) == before
    assert [path.name for path in workbench.client.parent.iterdir()] == [workbench.client.name]


def members(node: Any) -> set[str]:
    if isinstance(node, dict):
        return set(node) | {name for child in node.values() for name in members(child)}
    return {name for child in node for name in members(child)} if isinstance(node, list) else set()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("openapi: 3.1.0\npaths: {\n", 'openapi.yaml", line 3'),
        ("just words", "no OpenAPI document"),
        ("openapi: 3.1.0\n", "no OpenAPI document"),
        ("", "no OpenAPI document"),
    ],
)
def test_a_contract_that_is_none_is_refused_in_a_sentence(workbench: Workbench, text: str, words: str) -> None:
    before = contents(workbench.client)
    workbench.contract.write_text(text, encoding="utf-8")
    done = workbench.generate()
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert contents(workbench.client) == before


def test_what_is_missing_is_set_up_first(tmp_path: Path) -> None:
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    shutil.copy(COMMAND, scripts / "generate")
    setup = scripts / "setup"
    setup.write_text("#!/bin/sh\necho set up; exit 7\n", encoding="utf-8")
    setup.chmod(0o755)
    done = subprocess.run([scripts / "generate"], cwd="/", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (7, "set up\n")


def test_the_view_leaves_its_argument_alone() -> None:
    document = contract.load()
    before = copy.deepcopy(document)
    _generate.generator_view(document)
    assert document == before


def test_the_view_drops_what_the_generator_cannot_read_and_nothing_else() -> None:
    document = contract.load()
    view = _generate.generator_view(document)
    assert {XML, "links"} <= members(document)
    assert not {XML, "links"} & members(view)
    for path, method, operation in contract.operations(document):
        kept = view["paths"][path][method]
        assert set(operation) - set(kept) <= {"security"}
        assert "security" not in kept
        assert kept.get("parameters") == operation.get("parameters")
    assert view["components"]["schemas"] == document["components"]["schemas"]
    assert json.dumps(view["paths"][CREATE]["post"]["requestBody"]["content"]["application/json"]) == json.dumps(
        document["paths"][CREATE]["post"]["requestBody"]["content"]["application/json"]
    )


def test_the_view_keeps_members_that_are_called_as_what_it_drops() -> None:
    document = contract.load()
    properties = document["components"]["schemas"]["TaskResult"]["properties"]
    properties["links"] = properties["security"] = {"type": "string"}
    view = _generate.generator_view(document)
    assert view["components"]["schemas"] == document["components"]["schemas"]
