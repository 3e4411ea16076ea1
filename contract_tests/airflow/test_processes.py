"""Forty exports over four worker slots, in Airflow's real processes, which may be killed; and no trace of the token."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from contract_tests.airflow.conftest import TOKEN
from contract_tests.airflow.panel import Panel, running_panel
from contract_tests.airflow.processes import WORKER_SLOTS, Airflow, running_airflow, until
from contract_tests.secrets.sweep import leaks

EXPORTS = 40
POOL = 5


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Panel]:
    with running_panel(tmp_path_factory.mktemp("panel"), TOKEN, segments=EXPORTS) as running:
        yield running


@pytest.fixture(scope="module")
def airflow(database: Path, panel: Panel) -> Iterator[Airflow]:
    with running_airflow(database) as running:
        connection = {**panel.connection(), "connection_id": "profile_export_default"}
        running.ask("POST", "connections", connection)
        yield running


def use_pool(airflow: Airflow, *, include_deferred: bool) -> None:
    pools = {pool["name"] for pool in airflow.ask("GET", "pools")["pools"]}
    if "profile_export" in pools:
        airflow.ask("DELETE", "pools/profile_export")
    airflow.ask("POST", "pools", {"name": "profile_export", "slots": POOL, "include_deferred": include_deferred})


class Occupancy:
    """Looks at the pool and at the worker slots again and again."""

    def __init__(self, airflow: Airflow, run: str) -> None:
        self._airflow = airflow
        self._run = run
        self.most_in_pool = 0
        self.most_running = 0

    def look(self) -> None:
        pool = self._airflow.ask("GET", "pools/profile_export")
        self.most_in_pool = max(self.most_in_pool, pool["occupied_slots"])
        self.most_running = max(self.most_running, self._airflow.count(self._run, "running"))


def trigger_arguments(home: Path) -> list[str]:
    """What is stored of the triggers that wait now; Airflow encrypts it, but not always."""
    with closing(sqlite3.connect(home / "airflow.db")) as database:
        rows = database.execute("SELECT kwargs FROM trigger").fetchall()
    fernet = Fernet(os.environ["AIRFLOW__CORE__FERNET_KEY"])
    return [text if text.startswith("{") else fernet.decrypt(text).decode() for (text,) in rows]


def assert_no_trace_of_the_token(airflow: Airflow, panel: Panel) -> None:
    """In all that Airflow has written: database, logs of tasks and triggers, output of the processes."""
    with closing(sqlite3.connect(airflow.home / "airflow.db")) as database:
        database.execute("PRAGMA wal_checkpoint")
    texts = {path: path.read_bytes().decode("latin-1") for path in airflow.home.rglob("*") if path.is_file()}
    assert {path: found for path, text in texts.items() if (found := leaks(text))} == {}
    # The same look finds what is no secret.
    told = {path.suffix or path.name for path, text in texts.items() if panel.url.removeprefix("http://") in text}
    assert {".db", ".log"} <= told


def test_all_are_in_flight_over_few_slots_and_survive_the_triggerer(
    airflow: Airflow, panel: Panel, tmp_path: Path
) -> None:
    use_pool(airflow, include_deferred=False)
    panel.clock.hold()
    panel.seen.forget()
    run = airflow.run("profile_exports", sources=panel.segments, folder=str(tmp_path))
    slots = Occupancy(airflow, run)
    until(lambda: airflow.count(run, "deferred") == EXPORTS, 400, slots.look)
    assert panel.seen.under_way == EXPORTS
    arguments = trigger_arguments(airflow.home)
    assert len(arguments) == EXPORTS
    assert all("continuation" in text and not leaks(text) for text in arguments)
    airflow.kill("triggerer")
    airflow.start("triggerer")
    panel.clock.go()
    airflow.succeeded(run, 400, slots.look)
    assert len(panel.seen.created) == len(set(panel.seen.created)) == EXPORTS
    assert set(panel.seen.downloaded) == set(panel.seen.created)
    assert len(list(tmp_path.glob("*/segment-*/*.csv"))) == EXPORTS
    assert 1 <= slots.most_running <= WORKER_SLOTS
    assert slots.most_in_pool <= POOL
    assert_no_trace_of_the_token(airflow, panel)


def test_a_pool_that_counts_deferred_tasks_is_the_limit_of_the_panel(
    airflow: Airflow, panel: Panel, tmp_path: Path
) -> None:
    use_pool(airflow, include_deferred=True)
    panel.clock.hold()
    panel.seen.forget()
    run = airflow.run("profile_exports", sources=panel.segments[: 2 * POOL], folder=str(tmp_path))
    slots = Occupancy(airflow, run)
    until(lambda: airflow.count(run, "deferred") == POOL, 200, slots.look)
    # Nothing stops the others now but the pool: workers are free.
    time.sleep(5)
    assert len(panel.seen.created) == POOL
    assert airflow.count(run, "running") == airflow.count(run, "queued") == 0
    panel.clock.go()
    airflow.succeeded(run, 400, slots.look)
    assert len(panel.seen.created) == len(set(panel.seen.created)) == 2 * POOL
    assert set(panel.seen.downloaded) == set(panel.seen.created)
    assert panel.seen.most_under_way == slots.most_in_pool == POOL
    assert_no_trace_of_the_token(airflow, panel)


def test_a_worker_that_is_killed_leaves_its_task_to_the_next_try(
    airflow: Airflow, panel: Panel, tmp_path: Path
) -> None:
    panel.seen.forget()
    run = airflow.run("killed_once", folder=str(tmp_path))
    airflow.succeeded(run, 120)
    [instance] = airflow.ask("GET", f"{run}/taskInstances")["task_instances"]
    assert instance["try_number"] == 2
    assert panel.seen.created == panel.seen.downloaded
    assert len(panel.seen.created) == 1
    assert_no_trace_of_the_token(airflow, panel)
