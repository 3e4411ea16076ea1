"""What isn't known stays open: unknown words and codes fit, and so does every shape of `data` in an error."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.verification import contract

TASK_ID = "task_b2f9fd6a-2499-4a63-b592-f15d4e3b69c5"
LINK = "/api/download/data/4cf435e8-9921-4666-a39e-03ecbf57527e/1_database_export.csv"


def status_answer(**changes: Any) -> dict[str, Any]:
    return {"data": {"status": "in_progress", "progress": 40, **changes}, "error": 0, "error_text": "ok"}


def result(**changes: Any) -> dict[str, Any]:
    return {"errors": [], "source_id": 1, "total": 3, "type": "database", "urls": [LINK], **changes}


@pytest.mark.parametrize("word", ["completed", "success", "in_progress", "failed", "a word of tomorrow", ""])
def test_any_status_word_fits(word: str) -> None:
    assert contract.component_validator("TaskStatusAnswer").is_valid(status_answer(status=word))


@pytest.mark.parametrize("file_format", ["csv", "json", "xlsx"])
def test_any_file_format_fits(file_format: str) -> None:
    request = {"token": "t", "source_type": "segment", "source_id": 7, "file_format": file_format}
    assert contract.component_validator("CreateExportRequest").is_valid(request)


@pytest.mark.parametrize("name", ["CreateExportAnswer", "TaskStatusAnswer", "ErrorAnswer"])
@pytest.mark.parametrize("code", [400, 401, 402, 403, 440, 1, -1, 10**12])
def test_any_error_code_but_zero_is_an_error(name: str, code: int) -> None:
    assert contract.component_validator(name).is_valid({"error": code, "error_text": "No"})


def test_an_error_envelope_never_carries_code_zero() -> None:
    assert not contract.component_validator("ErrorAnswer").is_valid({"error": 0, "error_text": "ok"})


@pytest.mark.parametrize("name", ["CreateExportAnswer", "TaskStatusAnswer"])
@pytest.mark.parametrize(
    "data", [{}, {"data": None}, {"data": {}}, {"data": []}], ids=["absent", "null", "object", "array"]
)
def test_an_error_has_any_data_or_none(name: str, data: dict[str, Any]) -> None:
    answer = {**data, "error": 400, "error_text": "Incorrect request"}
    assert contract.component_validator(name).is_valid(answer)


@pytest.mark.parametrize("name", ["CreateExportAnswer", "TaskStatusAnswer"])
@pytest.mark.parametrize(
    "data", [{}, {"data": None}, {"data": {}}, {"data": []}], ids=["absent", "null", "object", "array"]
)
def test_success_needs_data(name: str, data: dict[str, Any]) -> None:
    assert not contract.component_validator(name).is_valid({**data, "error": 0, "error_text": "ok"})


def test_create_succeeds_with_a_task_id_only() -> None:
    schema = contract.component_validator("CreateExportAnswer")
    assert schema.is_valid({"data": {"task_id": TASK_ID}, "error": 0, "error_text": "ok"})
    for broken in ({"task_id": ""}, {"task_id": 7}, {"task_id": None}, {"id": TASK_ID}):
        assert not schema.is_valid({"data": broken, "error": 0, "error_text": "ok"})


@pytest.mark.parametrize("value", [{}, {"result": None}, {"result": {}}, {"result": result(urls=None)}])
def test_a_running_task_has_any_result_or_none(value: dict[str, Any]) -> None:
    assert contract.component_validator("TaskStatusAnswer").is_valid(status_answer(**value))


@pytest.mark.parametrize(
    "value",
    [result(), result(urls=[LINK, LINK]), result(urls=[]), result(errors=["x", 1, None]), {"total": 3, "urls": [LINK]}],
)
def test_a_finished_task_has_any_number_of_links_and_errors(value: dict[str, Any]) -> None:
    answer = status_answer(status="completed", progress=100, result=value)
    assert contract.component_validator("TaskStatusAnswer").is_valid(answer)


@pytest.mark.parametrize(
    "changes",
    [
        {"progress": 101},
        {"progress": -1},
        {"progress": "40"},
        {"progress": None},
        {"status": None},
        {"status": 5},
        {"result": "done"},
        {"result": result(total="3")},
        {"result": result(total=-1)},
        {"result": result(urls=LINK)},
        {"result": result(urls=[""])},
        {"result": result(errors=None)},
        {"result": result(source_id="1")},
    ],
    ids=str,
)
def test_open_does_not_mean_anything_goes(changes: dict[str, Any]) -> None:
    assert not contract.component_validator("TaskStatusAnswer").is_valid(status_answer(**changes))


def test_unknown_members_are_allowed_in_answers() -> None:
    answer = status_answer(eta=12)
    answer["trace"] = "abc"
    assert contract.component_validator("TaskStatusAnswer").is_valid(answer)
