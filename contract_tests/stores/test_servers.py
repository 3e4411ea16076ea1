"""The promises of an export, kept in servers of object stores; on the command line, as people use it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract_tests.cli.programs import environment, finished
from contract_tests.stores.servers import Server, azurite, free_port, moto
from contract_tests.wire.test_objects import LARGE, MEBI, Panel, content, export, names
from profile_export import IntegrityError, TargetExists
from profile_export._stores import Stores, has_content, put
from profile_export._upload import SMALLEST_PART, Upload
from profile_export.sandbox import RunningSandbox, SandboxSettings, start_sandbox
from profile_export.targets import ObjectUrl

TOKEN = "marker-of-the-token-8d1"


@pytest.fixture(scope="module", params=["s3", "azure"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with moto() if request.param == "s3" else azurite(tmp_path_factory.mktemp("azurite")) as running:
        yield running


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    folder = tmp_path_factory.mktemp("panel")
    with start_sandbox(SandboxSettings(data_dir=folder, token=TOKEN, profiles=60_000, task_seconds=0)) as sandbox:
        yield sandbox


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> str:
    return hashlib.sha256(request.node.name.encode()).hexdigest()[:8]


def env_of(server: Server, panel: RunningSandbox, **more: str) -> dict[str, str]:
    known = {"PROFILE_EXPORT_TOKEN": TOKEN, "PROFILE_EXPORT_BASE_URL": panel.url, "NO_PROXY": "*"}
    return environment(**server.environment, **known, **more)


def below(server: Server, folder: str) -> list[str]:
    return [name for name in names(server.store()) if name.startswith(folder)]


def test_an_export_of_the_sandbox_is_there_as_it_is_in_a_folder(
    server: Server, panel: RunningSandbox, folder: str, tmp_path: Path
) -> None:
    env = env_of(server, panel)
    done = finished("run", "database:1", "--to", f"{server.root}/{folder}", "--json", env=env)
    assert done.returncode == 0, done.stderr
    (file,) = json.loads(done.stdout)["files"]
    assert (file["path"], file["url"]) == (None, f"{server.root}/{folder}/1_database_export.csv")
    # More than a part, so that it was an upload in parts.
    assert file["size"] > SMALLEST_PART
    assert finished("run", "database:1", "--to", str(tmp_path), env=env).returncode == 0
    assert (
        content(server.store(), f"{folder}/1_database_export.csv") == (tmp_path / "1_database_export.csv").read_bytes()
    )
    again = finished("run", "database:1", "--to", f"{server.root}/{folder}", env=env)
    assert again.returncode == 7
    assert "exists already" in again.stderr
    replaced = finished("run", "database:1", "--to", f"{server.root}/{folder}", "--overwrite", env=env)
    assert replaced.returncode == 0, replaced.stderr
    assert server.unfinished() == []


def test_the_line_of_the_guide_exports(server: Server, panel: RunningSandbox) -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/object-stores.md").read_text(encoding="utf-8")
    words = page.partition("$ profile-export ")[2].partition("\n")[0].replace("s3://exports", server.root).split()
    done = finished(*words, env=env_of(server, panel))
    assert done.returncode == 0, done.stderr
    assert below(server, "all/") == ["all/1_database_export.csv"]


def test_a_small_object_is_put_only_where_none_is(server: Server, folder: str) -> None:
    store = server.store()
    target = ObjectUrl(server.root, f"{folder}/a.csv", store=store)
    put(store, target, b"first", overwrite=False)
    with pytest.raises(TargetExists):
        put(store, target, b"second", overwrite=False)
    assert content(store, target.key) == b"first"
    assert has_content(Stores().of(target), target, 5, hashlib.sha256(b"first").hexdigest())
    assert not has_content(store, target, 5, hashlib.sha256(b"other").hexdigest())


def test_rows_that_are_missing_leave_neither_object_nor_upload(
    server: Server, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(IntegrityError):
        export(Panel([LARGE, b"id\n1\n"], 4 * MEBI + 5), f"{server.root}/{folder}")
    assert below(server, folder) == []
    left = [key for key in server.unfinished() if key.startswith(folder)]
    # Azure has no request that takes blocks back; it drops them by itself.
    assert left == [] or server.root.startswith("az:")


def test_an_upload_is_seen_by_nobody_until_it_is_told_to_end(server: Server, folder: str) -> None:
    upload = Upload(server.store(), f"{folder}/a", part=SMALLEST_PART)
    for _ in range(12):
        upload.write(bytes(MEBI))
    assert below(server, folder) == []
    upload.complete()
    assert below(server, folder) == [f"{folder}/a"]


UPLOADING = """
import sys
from profile_export._stores import Stores
from profile_export._upload import Upload
from profile_export.targets import ObjectUrl

upload = Upload(Stores().of(ObjectUrl(sys.argv[1])), sys.argv[2], part=5 << 20)
for _ in range(12):
    upload.write(bytes(1 << 20))
print("on its way", flush=True)
sys.stdin.read()
"""


def test_a_process_that_is_killed_leaves_no_object(server: Server, panel: RunningSandbox, folder: str) -> None:
    words = [sys.executable, "-c", UPLOADING, server.root, f"{folder}/a"]
    with subprocess.Popen(
        words, env=env_of(server, panel), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "on its way\n"
        process.kill()
    assert below(server, folder) == []


@pytest.mark.parametrize("wrong", ["bucket", "address"])
def test_a_wrong_store_is_told_before_a_task_is_made(server: Server, panel: RunningSandbox, wrong: str) -> None:
    env = env_of(server, panel)
    root = f"{server.root}-not-there" if wrong == "bucket" else server.root
    if wrong == "address":
        env |= dict.fromkeys(("AWS_ENDPOINT_URL", "AZURE_ENDPOINT"), f"http://127.0.0.1:{free_port()}/devstoreaccount1")
    failed: Any = finished("run", "database:1", "--to", root, env=env)
    assert failed.returncode == 7
    assert f"can't reach {root}" in failed.stderr
    assert "task created" not in failed.stderr
    assert not any(value in failed.stderr for name, value in env.items() if "SECRET" in name or "ACCOUNT_KEY" in name)
