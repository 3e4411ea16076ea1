"""The time that an export may take bounds all of it, and what a finished task tells must be usable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from profile_export import ContractError, Database, ExportClient, RateLimited
from profile_export._wait import completion
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
