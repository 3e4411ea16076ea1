"""Continuation tokens are portable, versioned, bound to the panel, and hold no secret."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profile_export import Database, ExportClient, InvalidRequest, RetryPolicy, TransportError, UsageError, WaitTimeout
from profile_export._continuation import Continuation, read_token, write_token
from profile_export._transfer import Origin

PANEL = Origin("https", "panel.example.com", 443)
TOKEN = "marker-token-5f2c"


@given(st.text(min_size=1), st.text())
def test_what_is_written_is_read(task_id: str, file_format: str) -> None:
    continuation = Continuation(task_id, file_format)
    assert read_token(PANEL, write_token(PANEL, continuation)) == continuation


@given(st.text() | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_token(PANEL, text)


@pytest.mark.parametrize(
    "change",
    [
        {"profile_export": 2},
        {"profile_export": True},
        {"profile_export": "1"},
        {"profile_export": None},
        {"origin": "https://other.example.com"},
        {"origin": "http://panel.example.com"},
        {"task_id": ""},
        {"task_id": 7},
        {"file_format": None},
        {"more": "members"},
    ],
)
def test_a_token_that_is_not_quite_one_is_refused(change: dict[str, object]) -> None:
    members = json.loads(write_token(PANEL, Continuation("task_1", "csv")))
    with pytest.raises(UsageError):
        read_token(PANEL, json.dumps({**members, **change}))


def client(handler: httpx.MockTransport) -> ExportClient:
    retry = RetryPolicy(attempts=1)
    return ExportClient("https://panel.example.com", token=TOKEN, transport=handler, retry=retry)


def answering(members: dict[str, object]) -> httpx.MockTransport:
    return httpx.MockTransport(lambda _request: httpx.Response(200, json=members))


RUNNING = answering({"data": {"status": "in_progress", "progress": 4}, "error": 0, "error_text": ""})


def test_a_task_goes_on_in_another_client() -> None:
    with client(RUNNING) as first, client(RUNNING) as second:
        text = first.task("task_1", file_format="csv").continuation_token()
        task = second.resume(text)
        assert (task.task_id, task.file_format) == ("task_1", "csv")
        assert task.status().progress == 4
    assert TOKEN not in text


def test_a_wait_that_times_out_tells_how_to_go_on() -> None:
    with client(RUNNING) as panel:
        with pytest.raises(WaitTimeout) as caught:
            panel.task("task_1", file_format="csv").wait(timeout=0)
        assert caught.value.continuation_token is not None
        assert panel.resume(caught.value.continuation_token).file_format == "csv"


def test_a_lost_connection_tells_how_to_go_on(tmp_path: Path) -> None:
    def lost(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("gone")

    with client(httpx.MockTransport(lost)) as panel, pytest.raises(TransportError) as caught:
        panel.download("task_1", tmp_path)
    assert caught.value.continuation_token is not None
    assert json.loads(caught.value.continuation_token)["task_id"] == "task_1"


def test_nothing_to_go_on_with_before_there_is_a_task(tmp_path: Path) -> None:
    refusing = answering({"data": None, "error": 400, "error_text": "no"})
    with client(refusing) as panel, pytest.raises(InvalidRequest) as caught:
        panel.create_export(Database(1))
    assert caught.value.continuation_token is None
