"""The time that an export may take bounds all of it, and what a finished task tells must be usable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from contract_tests.workflow.worlds import FOLDER, TASK, World, completed, fetched, settings, state
from profile_export import (
    AsyncExportClient,
    ConnectFailed,
    ContractError,
    Database,
    ExportClient,
    IncompleteDownload,
    RateLimited,
    RetryPolicy,
    WaitTimeout,
)
from profile_export._download import Destination
from profile_export._effects import GetStatus
from profile_export._requests import ExportRequest
from profile_export._wait import Wait, completion
from profile_export._workflow import export
from profile_export.types import TaskSnapshot


def test_a_create_isnt_repeated_past_the_time_of_its_export(tmp_path: Path) -> None:
    asked: list[str] = []

    def busy(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(429, headers={"Retry-After": "30"}, json={"error": 429, "error_text": "later"})

    with (
        ExportClient("https://panel.example.com", token="marker-token", transport=httpx.MockTransport(busy)) as client,
        pytest.raises(RateLimited) as caught,
    ):
        client.export(Database(1), to=tmp_path, timeout=5)
    assert len(asked) == 1
    assert caught.value.retry_after == 30


@pytest.mark.parametrize(
    ("members", "missing"),
    [({}, "total"), ({"total": -1}, "total"), ({"total": 3}, "urls"), ({"total": -1, "urls": ("/a",)}, "total")],
)
def test_a_finished_task_without_usable_results_breaks_the_contract(members: dict[str, Any], missing: str) -> None:
    with pytest.raises(ContractError, match=missing):
        completion(TaskSnapshot("task_1", "completed", 100, **members))


def test_an_empty_export_needs_no_links() -> None:
    assert completion(TaskSnapshot("task_1", "completed", 100, total=0)).urls == ()


@pytest.mark.parametrize("word", ["completed", "success", " Completed\n", "SUCCESS"])
def test_final_words_are_known_in_any_case_and_with_blanks_around(word: str) -> None:
    assert TaskSnapshot("task_1", word, 100).completed


DOWN = ConnectFailed("no route")


def test_one_calls_retries_are_counted_for_each_question_of_a_wait() -> None:
    """A wait of hours meets more passing failures than one call may; they come one by one."""
    bad_hours = [*[DOWN] * 5, state("running", 10)] * 4
    world = World(states=[*bad_hours, completed()])
    policy = RetryPolicy(attempts=6, first_delay=0.1)
    assert world.run(Wait(TASK, settings(retry=policy), None).finish()).total == 3
    assert world.count(GetStatus) == 25


def test_retries_never_outlast_the_wait() -> None:
    world = World(states=[DOWN])
    with pytest.raises(ConnectFailed):
        world.run(Wait(TASK, settings(retry=RetryPolicy(attempts=1000)), 30).finish())
    assert 10 < world.now - 5000 <= 30


def test_one_requests_timeout_is_none_of_the_waits() -> None:
    """A question on its way when the time is over is answered to the end, and its answer counts."""
    world = World(states=[state("running", 10), completed()], latency=50)
    assert world.run(Wait(TASK, settings(), 60).finish()).total == 3
    assert world.now - 5000 > 100


def test_a_wait_without_end_bounds_the_retries_of_a_call_all_the_same() -> None:
    world = World(states=[DOWN])
    with pytest.raises(ConnectFailed):
        world.run(Wait(TASK, settings(retry=RetryPolicy(attempts=4)), None).finish())
    assert world.count(GetStatus) == 4


def test_the_time_of_an_export_bounds_create_and_wait_but_no_download() -> None:
    """A download has the budgets of its own requests: a file of hours is no reason to give up a finished task."""
    world = World(fetches=[IncompleteDownload("broke off"), fetched()], latency=100)
    flow = export(ExportRequest(Database(1)), Destination(FOLDER), settings(), 150)
    assert world.run(flow).total == 3
    assert world.now - 5000 > 400


@pytest.mark.parametrize("style", ["sync", "async"])
@pytest.mark.parametrize(("field", "seconds"), [("read", 7), ("write", 7), ("connect", 7), ("pool", None)])
def test_a_requests_timeout_is_the_policys_alone(style: str, field: str, seconds: float | None) -> None:
    asked: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.extensions["timeout"])
        return httpx.Response(200, json={"data": {"status": "running", "progress": 1}, "error": 0, "error_text": ""})

    options: dict[str, Any] = {
        "token": "marker-token",
        "transport": httpx.MockTransport(answer),
        "retry": RetryPolicy(request_timeout=7),
    }
    if style == "sync":
        with ExportClient("https://panel.example.com", **options) as client, pytest.raises(WaitTimeout):
            client.wait("task_1", timeout=0)
    else:

        async def wait() -> None:
            async with AsyncExportClient("https://panel.example.com", **options) as client:
                await client.wait("task_1", timeout=0)

        with pytest.raises(WaitTimeout):
            anyio.run(wait)
    assert [timeouts[field] for timeouts in asked] == [seconds]
