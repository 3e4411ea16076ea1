"""What the network does to a request, in this package's words: was it sent, and is it worth another attempt?"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from contract_tests.wire.dialogue import ONCE, TASK, Mode, Panel, created, refused, running
from profile_export import Database, RetryPolicy, errors

FAILURES: list[tuple[type[httpx.RequestError], type[errors.ExportError], str | None]] = [
    (httpx.ConnectError, errors.ConnectFailed, "no"),
    (httpx.ConnectTimeout, errors.ConnectFailed, "no"),
    (httpx.PoolTimeout, errors.ConnectFailed, "no"),
    (httpx.ProxyError, errors.ConnectFailed, "no"),
    (httpx.UnsupportedProtocol, errors.ConnectFailed, "no"),
    (httpx.ReadTimeout, errors.RequestTimeout, "maybe"),
    (httpx.WriteTimeout, errors.RequestTimeout, "maybe"),
    (httpx.ReadError, errors.ResponseLost, "maybe"),
    (httpx.WriteError, errors.ResponseLost, "maybe"),
    (httpx.CloseError, errors.ResponseLost, "maybe"),
    (httpx.RemoteProtocolError, errors.ResponseLost, "maybe"),
    (httpx.DecodingError, errors.ContractError, None),
]
every_failure = pytest.mark.parametrize(("failure", "kind", "sent"), FAILURES, ids=lambda value: str(value)[-28:])


@every_failure
def test_a_failed_status(
    panel: Panel, mode: Mode, failure: type[httpx.RequestError], kind: type[errors.ExportError], sent: str | None
) -> None:
    panel.status(failure("words of the network"))
    with pytest.raises(kind) as caught:
        mode.speak(lambda client: client.status(TASK), retry=ONCE)
    assert type(caught.value) is kind
    assert getattr(caught.value, "sent", None) == sent
    assert (caught.value.operation, caught.value.task_id) == ("status", TASK)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@every_failure
def test_a_failed_create(
    panel: Panel, mode: Mode, failure: type[httpx.RequestError], kind: type[errors.ExportError], sent: str | None
) -> None:
    panel.create(failure("words of the network"))
    with pytest.raises(errors.ExportError) as caught:
        mode.speak(lambda client: client.create_export(Database(1)), retry=ONCE)
    if sent == "maybe":
        assert type(caught.value) is errors.CreateOutcomeUnknown
        assert type(caught.value.__cause__) is kind
    else:
        assert type(caught.value) is kind
    assert caught.value.request_id == panel.requests[0].headers["Request-ID"]


def test_a_failure_without_words_still_says_something(panel: Panel, mode: Mode) -> None:
    panel.status(httpx.ConnectError(""))
    with pytest.raises(errors.ConnectFailed, match="ConnectError"):
        mode.speak(lambda client: client.status(TASK), retry=ONCE)


def test_a_passing_failure_passes(panel: Panel, mode: Mode) -> None:
    panel.create(httpx.ConnectError("down"), httpx.ReadError("reset"), created())
    assert mode.speak(lambda client: client.create_export(Database(1))).task_id == TASK
    assert len(panel.requests) == 3


@pytest.mark.parametrize("attempts", [1, 3])
def test_attempts_come_to_an_end(panel: Panel, mode: Mode, attempts: int) -> None:
    panel.status(httpx.ReadError("reset"))
    with pytest.raises(errors.ResponseLost):
        mode.speak(lambda client: client.status(TASK), retry=RetryPolicy(attempts=attempts, first_delay=0))
    assert len(panel.requests) == attempts


def test_an_early_lost_answer_leaves_a_create_in_doubt(panel: Panel, mode: Mode) -> None:
    panel.create(httpx.ReadError("reset"), httpx.ConnectError("down"))
    with pytest.raises(errors.CreateOutcomeUnknown):
        mode.speak(lambda client: client.create_export(Database(1)))


def test_a_create_that_must_not_repeat(panel: Panel, mode: Mode) -> None:
    panel.create(httpx.ConnectError("down"), httpx.ReadError("reset"), created())
    with pytest.raises(errors.CreateOutcomeUnknown):
        mode.speak(lambda client: client.create_export(Database(1)), retry=RetryPolicy(create="never", first_delay=0))
    assert len(panel.requests) == 2


def test_a_panel_that_is_down_for_a_moment_does_not_end_a_wait(panel: Panel, mode: Mode) -> None:
    panel.status(running(1), httpx.ConnectError("down"), httpx.Response(503), running(50), _completed())
    assert mode.speak(lambda client: client.wait(TASK, timeout=60)).total == 0


def _completed() -> dict[str, Any]:
    return {"data": {"status": "completed", "progress": 100, "result": {"total": 0}}, "error": 0, "error_text": ""}


def test_a_sink_that_fails_changes_nothing(panel: Panel, mode: Mode) -> None:
    def sink(event: object) -> None:
        raise RuntimeError("no terminal")

    panel.create()
    assert mode.speak(lambda client: client.create_export(Database(1)), on_event=sink).task_id == TASK


def test_a_task_just_created_may_be_unknown_to_the_first_question(panel: Panel, style_mode: Mode) -> None:
    panel.create()
    panel.status(refused(404, "Task not found"), running(7))
    steps = (lambda client: client.create_export(Database(1)), lambda task: task.status())
    assert style_mode.speak(*steps, retry=ONCE).progress == 7


def test_a_task_known_by_its_id_has_no_such_grace(panel: Panel, style_mode: Mode) -> None:
    panel.status(refused(404, "Task not found"), running(7))
    with pytest.raises(errors.TaskNotFound):
        style_mode.speak(lambda client: client.status(TASK), retry=ONCE)
