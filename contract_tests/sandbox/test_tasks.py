"""Tasks in the background: their progress, restarts, failures, repeated requests, and expiring links."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from contract_tests.sandbox.bench import CREATE, DATABASE, TOKEN, Bench
from contract_tests.sandbox.conftest import OpenBench
from profile_export.sandbox import export

DAY = 86_400


def wait_for_files(bench: Bench, task_id: str) -> None:
    deadline = time.monotonic() + 30
    while not (bench.settings.data_dir / "files" / task_id / "1_database_export.csv").exists():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    while bench.app.state.panel.tasks._runner._shares:
        time.sleep(0.005)


def test_progress_follows_the_clock_and_100_means_completed(open_bench: OpenBench) -> None:
    bench = open_bench(task_seconds=10)
    task_id = bench.create()
    wait_for_files(bench, task_id)
    seen: list[tuple[str, int]] = []
    for _ in range(22):
        data = bench.status(task_id)
        seen.append((data["status"], data["progress"]))
        assert (data["result"] is not None) == (data["progress"] == 100)
        bench.clock.now += 0.5
    assert seen == [("in_progress", 5 * step) for step in range(20)] + [("completed", 100)] * 2


def test_a_finished_time_does_not_hide_unfinished_work(open_bench: OpenBench, monkeypatch: pytest.MonkeyPatch) -> None:
    go, real = Event(), export.run

    def slow(*arguments: Any) -> Any:
        assert go.wait(10)
        return real(*arguments)

    monkeypatch.setattr(export, "run", slow)
    bench = open_bench(task_seconds=1)
    task_id = bench.create()
    bench.clock.now += 1000
    assert bench.status(task_id) == {"status": "in_progress", "progress": 0, "result": None}
    go.set()
    assert bench.result(task_id)["total"] == 40


def test_all_rows_written_is_not_yet_the_end(open_bench: OpenBench, monkeypatch: pytest.MonkeyPatch) -> None:
    go, told, real = Event(), Event(), export.run

    def last_moment(job: export.Job, connection: Any) -> Any:
        job.on_rows(40, 40)
        told.set()
        assert go.wait(10)
        return real(job, connection)

    monkeypatch.setattr(export, "run", last_moment)
    bench = open_bench(task_seconds=1)
    task_id = bench.create()
    bench.clock.now += 1000
    assert told.wait(10)
    assert bench.status(task_id) == {"status": "in_progress", "progress": 99, "result": None}
    go.set()
    assert bench.result(task_id)["total"] == 40


def test_without_task_seconds_the_first_status_is_the_last(bench: Bench) -> None:
    assert bench.status(bench.create())["progress"] == 100


def test_the_result_stays(bench: Bench) -> None:
    task_id = bench.create()
    assert bench.status(task_id) == bench.status(task_id)


def test_many_tasks_at_once(open_bench: OpenBench) -> None:
    bench = open_bench(task_seconds=0.001)
    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(lambda _: bench.create(), range(12)))
    bench.clock.now += 1
    assert len(set(ids)) == 12
    assert [bench.result(task_id)["total"] for task_id in ids] == [40] * 12


def test_an_unfinished_task_goes_on_after_a_restart(open_bench: OpenBench, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped, real = Event(), export.run

    def interrupted(job: export.Job, connection: Any) -> Any:
        job.on_rows(20, 40)
        stopped.wait(10)
        job.on_rows(21, 40)
        raise AssertionError("it was not stopped")

    first = open_bench(task_seconds=10)
    with monkeypatch.context() as patch:
        patch.setattr(export, "run", interrupted)
        task_id = first.create()
        deadline = time.monotonic() + 30
        first.clock.now += 9
        while first.status(task_id)["progress"] == 0:
            assert time.monotonic() < deadline
        assert first.status(task_id)["progress"] == 50
        first.app.state.panel.tasks._runner._stop.set()
        stopped.set()
        first.close()
    assert export.run is real
    second = open_bench(task_seconds=10)
    assert second.status(task_id)["progress"] >= 50
    second.clock.now += 10
    assert second.result(task_id)["total"] == 40


@pytest.mark.parametrize("errors", [True, False])
def test_a_task_that_fails_says_so(
    open_bench: OpenBench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, errors: bool
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    bench = open_bench(result_errors=errors)
    monkeypatch.setattr(export, "run", full)
    data = bench.status(bench.create())
    assert data["status"] == "failed"
    assert data["result"].pop("errors", None) == (["The export could not be written"] if errors else None)
    assert data["result"] == {"source_id": 1, "total": 0, "type": "database", "urls": []}
    assert "No space left on device" in caplog.text


def test_a_repeated_request_gets_the_first_task(bench: Bench) -> None:
    body = {"token": TOKEN, **DATABASE}
    answers = [bench.post(CREATE, body, headers={"Request-ID": "one"}) for _ in range(3)]
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert [answer.headers.get("duplicate-request") for answer in answers] == [None, "true", "true"]
    xml = bench.post(CREATE, body, "xml", {"Request-ID": "one"})
    assert answers[0].json()["data"]["task_id"] in xml.text
    assert xml.headers["duplicate-request"] == "true"
    assert bench.create(headers={"Request-ID": "two"}) != answers[0].json()["data"]["task_id"]
    assert bench.create() != bench.create()


@pytest.mark.parametrize("change", [{"source_id": 2}, {"source_id": 99}, {"source_type": "nonsense"}])
def test_the_same_id_with_another_body_gets_the_first_task(bench: Bench, change: dict[str, Any]) -> None:
    headers = {"Request-ID": "one"}
    first = bench.create(headers)
    answer = bench.post(CREATE, {"token": TOKEN, **DATABASE, **change}, headers=headers)
    assert answer.json()["data"]["task_id"] == first
    assert answer.headers["duplicate-request"] == "true"


def test_a_repeated_request_needs_the_token_too(bench: Bench) -> None:
    headers = {"Request-ID": "one"}
    bench.create(headers)
    answer = bench.post(CREATE, {**DATABASE, "token": "another"}, headers=headers)
    assert answer.json()["error"] == 403
    assert "duplicate-request" not in answer.headers


def test_a_refusal_does_not_use_the_id_up(bench: Bench) -> None:
    headers = {"Request-ID": "one"}
    assert bench.post(CREATE, {"token": TOKEN, **DATABASE, "source_id": 99}, headers=headers).json()["error"] == 400
    bench.create(headers)


def test_an_id_is_forgotten_after_a_day(bench: Bench) -> None:
    headers = {"Request-ID": "one"}
    first = bench.create(headers)
    bench.clock.now += DAY - 1
    assert bench.create(headers) == first
    bench.clock.now += 2
    second = bench.create(headers)
    assert second != first
    assert bench.create(headers) == second


def test_of_equal_requests_at_the_same_moment_one_creates(bench: Bench) -> None:
    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(lambda _: bench.create({"Request-ID": "one"}), range(8)))
    assert len(ids) == 1


def test_links_expire_and_the_status_gives_fresh_ones(open_bench: OpenBench) -> None:
    bench = open_bench(link_seconds=60, rows_per_file=30)
    task_id = bench.create()
    old = bench.result(task_id)["urls"]
    tag = bench.get(old[0]).headers["etag"]
    bench.clock.now += 59
    assert bench.result(task_id)["urls"] == old
    bench.clock.now += 1
    gone = bench.get(old[0])
    assert (gone.status_code, gone.json()["error"]) == (410, 410)
    fresh = bench.result(task_id)["urls"]
    assert not set(fresh) & set(old)
    assert [url.rpartition("/")[2] for url in fresh] == [url.rpartition("/")[2] for url in old]
    again = bench.get(fresh[0])
    assert (again.status_code, again.headers["etag"]) == (200, tag)
    assert bench.get(old[1]).status_code == 410
