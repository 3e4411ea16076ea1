"""The trigger waits by the clients' own wait, until a moment that is the same after every restart."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from contract_tests.airflow.conftest import TOKEN
from contract_tests.airflow.panel import Panel
from profile_export import AsyncExportClient, Database, ExportClient
from profile_export.airflow import ProfileExportTrigger
from profile_export.airflow.trigger import time_left

CONNECTION = "profile_export_default"


def created(panel: Panel) -> str:
    with ExportClient(panel.url, token=panel.token) as client:
        return client.create_export(Database(1)).continuation_token()


def fired(
    continuation: str, deadline: float | None = None, connection: str = CONNECTION, earliest: float = 0.0
) -> dict[str, Any]:
    """The payload of the only event of a trigger that was stored and read back."""

    async def events() -> list[Any]:
        first = ProfileExportTrigger(
            profile_export_conn_id=connection, continuation=continuation, deadline=deadline, earliest=earliest
        )
        path, arguments = first.serialize()
        assert path == "profile_export.airflow.trigger.ProfileExportTrigger"
        again = ProfileExportTrigger(**json.loads(json.dumps(arguments)))
        assert again.serialize() == first.serialize()
        return [event async for event in again.run()]

    [event] = asyncio.run(events())
    payload: dict[str, Any] = json.loads(json.dumps(event.payload))
    return payload


def test_it_fires_when_the_task_has_ended(connected: Panel) -> None:
    continuation = created(connected)
    deadline = time.time() + 60
    assert fired(continuation, deadline) == {"continuation": continuation, "deadline": deadline, "error": None}
    assert connected.seen.polls >= 2
    assert len(connected.seen.created) == 1


def test_a_task_that_is_late_is_told_with_its_remedy(connected: Panel) -> None:
    connected.clock.hold()
    error = fired(created(connected), time.time() + 0.5)["error"]
    assert error["slug"] == "wait-timeout"
    assert error["hints"]
    assert json.loads(created(connected))["task_id"] not in error["message"]


def test_a_deadline_that_is_over_leaves_one_question(connected: Panel) -> None:
    """The triggerer was away for long: what has ended in the meantime is not lost."""
    continuation = created(connected)
    time.sleep(1.1)
    assert fired(continuation, time.time() - 3600)["error"] is None
    assert connected.seen.polls == 1


def test_it_does_not_fire_while_its_task_is_still_being_deferred(connected: Panel) -> None:
    continuation, earliest = created(connected), time.time() + 3
    assert fired(continuation, earliest=earliest)["error"] is None
    assert time.time() >= earliest


def test_the_deadline_is_a_moment() -> None:
    assert time_left(None) is None
    assert time_left(time.time() - 5) == 0
    rest = time_left(time.time() + 100)
    assert rest is not None
    assert 99 < rest <= 100


def test_an_unknown_task_is_told(connected: Panel) -> None:
    text = created(connected).replace(connected.seen.created[0], "task_00000000-0000-4000-8000-000000000000")
    assert fired(text)["error"]["slug"] == "task-not-found"


def test_a_refused_token_is_told_without_it(connected: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = "another-t0ken-that-is-refused"
    monkeypatch.setenv("AIRFLOW_CONN_WRONG", json.dumps(connected.connection() | {"password": wrong}))
    payload = fired(created(connected), connection="wrong")
    assert payload["error"]["slug"] == "authentication"
    assert wrong not in json.dumps(payload)


def test_an_error_that_nobody_foresaw_is_told_by_its_type_alone(
    connected: Panel, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise KeyError(f"no {TOKEN} here")

    continuation = created(connected)
    monkeypatch.setattr(AsyncExportClient, "resume", broken)
    payload = fired(continuation)
    assert payload["continuation"] == continuation
    assert payload["error"]["slug"] == "bug"
    assert payload["error"]["message"].endswith(": KeyError")
    assert payload["error"]["hints"]
    # Airflow writes the log of a trigger outside of a triggerer to stdout.
    log = capfd.readouterr().out
    assert "unforeseen error, KeyError" in log
    assert "in broken" in log
    assert TOKEN not in json.dumps(payload) + log


def test_a_connection_that_is_gone_is_told(connected: Panel) -> None:
    assert fired(created(connected), connection="gone")["error"]["message"].endswith(": AirflowNotFoundException")


def test_its_arguments_hold_no_token(connected: Panel) -> None:
    trigger = ProfileExportTrigger(profile_export_conn_id=CONNECTION, continuation=created(connected), deadline=None)
    assert TOKEN not in json.dumps(trigger.serialize())
    assert TOKEN not in repr(vars(trigger))
