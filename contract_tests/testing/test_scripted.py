"""The panel in memory: both clients, both formats, both ways to authenticate, and every fault that it can play."""

from __future__ import annotations

import asyncio
import csv
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import profile_export as px
from profile_export import AsyncExportClient, Database, ExportClient, Segment
from profile_export.testing import ScriptedPanel, VirtualClock

ROWS = [
    {"_id": 1, "phone": "007", "occupation": "doctor"},
    {"_id": 2, "phone": "0049", "occupation": "driver"},
    {"_id": 3, "phone": "00", "occupation": "doctor", "note": 'first\n"second"'},
]


@pytest.fixture
def panel() -> ScriptedPanel:
    panel = ScriptedPanel()
    panel.add(Database(1), ROWS)
    return panel


def content(result: px.DownloadedExport) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for file in result.files:
        with file.path.open(newline="", encoding="utf-8") as stream:
            rows += csv.DictReader(stream)
    return rows


@pytest.mark.parametrize("auth", ["body", "bearer"])
@pytest.mark.parametrize("wire_format", ["json", "xml"])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_an_export(panel: ScriptedPanel, tmp_path: Path, asynchronous: bool, wire_format: str, auth: str) -> None:
    options = {"wire_format": wire_format, "auth": auth}

    async def later() -> px.DownloadedExport:
        async with panel.async_client(**options) as client:
            return await client.export(Database(1), to=tmp_path, where={"occupation": "doctor"})

    if asynchronous:
        result = asyncio.run(later())
    else:
        with panel.client(**options) as client:
            result = client.export(Database(1), to=tmp_path, where={"occupation": "doctor"})
    assert (result.total, result.rows) == (2, 2)
    assert [row["phone"] for row in content(result)] == ["007", "00"]
    assert content(result)[1]["note"] == 'first\n"second"'
    assert [request.operation for request in panel.requests] == ["create", "status", "download"]


def test_an_hour_takes_no_time(tmp_path: Path) -> None:
    panel = ScriptedPanel()
    panel.add(Database(1), ROWS, seconds=3500)
    began = time.monotonic()
    with panel.client() as client:
        result = client.export(Database(1), to=tmp_path, timeout=3600)
    assert time.monotonic() - began < 10
    assert result.rows == 3
    assert 3500 <= panel.clock.now() <= 3600
    assert 10 < len(panel.requests_for("status")) < 300


def test_a_wait_times_out_by_the_same_clock(panel: ScriptedPanel) -> None:
    panel.add(Segment(7), ROWS, seconds=7200)
    with panel.client() as client:
        task = client.create_export(Segment(7))
        assert task.status().progress == 0
        panel.clock.advance(3600)
        assert task.status().progress == 50
        with pytest.raises(px.WaitTimeout):
            task.wait(timeout=600)
        assert 4200 <= panel.clock.now() < 4300
        assert task.wait(timeout=3600).total == 3


def test_a_client_that_others_make_lives_on_the_clock_too(tmp_path: Path) -> None:
    clock = VirtualClock()
    panel = ScriptedPanel(base_url="https://elsewhere.test/panel", token="another-token", clock=clock)
    panel.add(Database(1), ROWS, seconds=100)
    with clock, ExportClient("https://elsewhere.test", token="another-token", transport=panel.transport()) as client:
        assert client.export(Database(1), to=tmp_path).total == 3
    assert clock.now() >= 100


def test_several_at_once_share_the_time(tmp_path: Path) -> None:
    panel = ScriptedPanel()
    for number in range(1, 6):
        panel.add(Database(number), ROWS, seconds=600 * number)

    async def main() -> list[px.DownloadedExport]:
        async with panel.async_client() as client:
            exports = [client.export(Database(n), to=tmp_path / str(n), timeout=4000) for n in range(1, 6)]
            return await asyncio.gather(*exports)

    assert [result.rows for result in asyncio.run(main())] == [3] * 5
    # The longest one's time, not the sum of all.
    assert 3000 <= panel.clock.now() < 3500


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"operation": "create", "error": 402, "text": "tariff limit"}, px.ApiError),
        ({"operation": "create", "error": 400}, px.InvalidRequest),
        ({"operation": "create", "status": 503, "times": 9}, px.CreateOutcomeUnknown),
        ({"operation": "status", "status": 429, "times": 9}, px.RateLimited),
        ({"operation": "status", "error": 401}, px.AuthenticationError),
        ({"operation": "download", "status": 500, "times": 99}, px.ServerError),
        ({"operation": "download", "cut_after": 0, "times": 99}, px.IncompleteDownload),
        ({"operation": "create", "cut_after": 0, "times": 9}, px.CreateOutcomeUnknown),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_faults_that_last_end_the_export(
    panel: ScriptedPanel, tmp_path: Path, fault: dict[str, Any], error: type[Exception]
) -> None:
    panel.fail_next(fault.pop("operation"), **fault)
    with panel.client() as client, pytest.raises(error) as raised:
        client.export(Database(1), to=tmp_path)
    assert panel.token not in str(raised.value)
    assert not list(tmp_path.glob("*.csv"))


@pytest.mark.parametrize("wire_format", ["json", "xml"])
def test_faults_that_pass_are_got_over(panel: ScriptedPanel, tmp_path: Path, wire_format: Any) -> None:
    panel.fail_next("create", cut_after=0)
    panel.fail_next("status", status=503, retry_after=90)
    panel.fail_next("download", cut_after=20)
    panel.fail_next("download", status=502)
    with panel.client(wire_format=wire_format) as client:
        assert client.export(Database(1), to=tmp_path).rows == 3
    first, second = panel.requests_for("create")
    assert first.request_id == second.request_id
    assert panel.clock.now() >= 90
    ranges = [request.headers.get("range") for request in panel.requests_for("download")]
    assert ranges == [None, "bytes=20-", "bytes=20-"]


def test_an_answer_that_was_lost_was_carried_out_once(panel: ScriptedPanel) -> None:
    panel.fail_next("create", cut_after=0)
    with panel.client() as client:
        assert client.create_export(Database(1)).task_id == "task_1"
        assert client.create_export(Database(1)).task_id == "task_2"


def test_a_refused_token(panel: ScriptedPanel, tmp_path: Path) -> None:
    with panel.client() as client:
        done = client.create_export(Database(1)).wait()
        panel.refuse_token()
        with pytest.raises(px.AuthenticationError):
            client.create_export(Database(1))
        with pytest.raises(px.AuthenticationError):
            done.download(tmp_path)
        panel.accept_token()
        assert done.download(tmp_path).rows == 3
    with panel.client(token="a-wrong-token") as client, pytest.raises(px.AuthenticationError):
        client.create_export(Database(1))
    assert "a-wrong-token" not in str(panel.requests[-1]) + str(panel.requests[-1].headers)


def test_a_task_that_fails(panel: ScriptedPanel) -> None:
    with panel.client() as client:
        first, second = client.create_export(Database(1)), client.create_export(Database(1))
        panel.fail_task("the disk is full")
        for _ in range(2):
            with pytest.raises(px.TaskFailed, match="failed") as raised:
                first.wait()
            assert raised.value.errors == ("the disk is full",)
        assert second.wait().total == 3


def test_links_that_expire(panel: ScriptedPanel, tmp_path: Path) -> None:
    with panel.client() as client:
        done = client.create_export(Database(1)).wait()
        panel.expire_links()
        # The client asks for fresh ones.
        assert done.download(tmp_path).rows == 3
    assert len(panel.requests_for("status")) == 2


def test_no_token_is_in_what_was_seen(panel: ScriptedPanel, tmp_path: Path) -> None:
    for auth in ("body", "bearer"):
        for wire_format in ("json", "xml"):
            with panel.client(auth=auth, wire_format=wire_format) as client:
                client.export(Database(1), to=tmp_path, overwrite=True)
    told = "".join(f"{request}{request.headers}" for request in panel.requests)
    assert panel.token not in told
    assert panel.requests[0].body == {
        "token": "***",
        "source_type": "database",
        "source_id": 1,
        "file_format": "csv",
    }
    assert panel.requests[2].path.endswith("/1_database_export.csv?token=***")
    assert (panel.requests[2].method, panel.requests[2].body) == ("GET", {})
    panel.reset()
    assert panel.requests == []


def test_several_files_and_none(tmp_path: Path) -> None:
    panel = ScriptedPanel()
    panel.add(Database(1), ROWS, rows_per_file=2)
    panel.add(Segment(9), [])
    with panel.client() as client:
        result = client.export(Database(1), to=tmp_path)
        assert [(file.path.name, file.rows) for file in result.files] == [
            ("1_database_export_1.csv", 2),
            ("1_database_export_2.csv", 1),
        ]
        assert client.export(Segment(9), to=tmp_path).total == 0
        assert client.export(Segment(9), to=tmp_path, file_format="json").files[0].path.read_bytes() == b"[]"


def test_files_that_are_what_they_are(tmp_path: Path) -> None:
    panel = ScriptedPanel()
    panel.add_files(Database(1), [b"a;b\n1;2\n"], total=2)
    with panel.client() as client, pytest.raises(px.IntegrityError, match=r"1 rows.*2 profiles"):
        client.export(Database(1), to=tmp_path)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda client: client.create_export(Database(404)), "no such source"),
        (lambda client: client.create_export(Database(1), where={"$or": []}), "equal fields only"),
        (lambda client: client.create_export(Database(1), where={"_id": {"$gt": 1}}), "equal fields only"),
        (lambda client: client.create_export(Database(1), file_format="xlsx"), "csv or json"),
    ],
)
def test_what_the_script_does_not_know(
    panel: ScriptedPanel, call: Callable[[ExportClient], object], words: str
) -> None:
    with panel.client() as client, pytest.raises(px.InvalidRequest, match=words):
        call(client)


def test_unknown_tasks_and_paths(panel: ScriptedPanel, tmp_path: Path) -> None:
    with panel.client() as client, pytest.raises(px.TaskNotFound):
        client.status("task_of_nobody")
    wrong = ExportClient(f"{panel.base_url}/elsewhere", token=panel.token, transport=panel.transport())
    with wrong, pytest.raises(px.ExportError):
        wrong.status("task_1")


@pytest.mark.parametrize(
    "fault",
    [
        {"operation": "upload", "status": 503},
        {"operation": "create"},
        {"operation": "create", "status": 200},
        {"operation": "create", "status": 99},
        {"operation": "create", "error": 0},
        {"operation": "create", "status": 503, "times": 0},
        {"operation": "download", "cut_after": -1},
        {"operation": "download", "cut_after": 5, "status": 503},
    ],
)
def test_faults_that_are_none_are_refused(panel: ScriptedPanel, fault: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        panel.fail_next(**fault)


def test_each_client_has_its_own_transport(panel: ScriptedPanel) -> None:
    with pytest.raises(px.UsageError):
        ExportClient(panel.base_url, token=panel.token, transport=panel.async_transport())  # type: ignore[arg-type]
    with pytest.raises(px.UsageError):
        AsyncExportClient(panel.base_url, token=panel.token, transport=panel.transport())  # type: ignore[arg-type]
