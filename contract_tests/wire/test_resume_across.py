"""A download that broke off in one run goes on in the next one, by the task's id, a token or the journal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from contract_tests.wire.test_resume import FILE, TOKEN, Panel
from profile_export import (
    AsyncExportClient,
    DownloadedExport,
    DownloadPolicy,
    DownloadRestarted,
    DownloadStarted,
    Event,
    ExportClient,
    IncompleteDownload,
    RetryPolicy,
)

ONCE = RetryPolicy(attempts=1)
Run = Callable[..., DownloadedExport]


def wrong_range(request: httpx.Request, etag: str) -> httpx.Response:
    """The rest, but of another version."""
    start = request.headers["Range"].removeprefix("bytes=").removesuffix("-")
    headers = {"Content-Range": f"bytes {start}-{len(FILE) - 1}/{len(FILE)}", "ETag": etag, "Content-Type": "text/csv"}
    return httpx.Response(206, headers=headers, content=FILE[int(start) :])


def blocking(panel: Panel, folder: Path, events: list[Event], task: str, **options: Any) -> DownloadedExport:
    transport = httpx.MockTransport(panel)
    with ExportClient(
        "https://panel.example.com", token=TOKEN, transport=transport, on_event=events.append, **options
    ) as client:
        return client.download(task, folder)


def awaiting(panel: Panel, folder: Path, events: list[Event], task: str, **options: Any) -> DownloadedExport:
    async def download() -> DownloadedExport:
        transport = httpx.MockTransport(panel)
        async with AsyncExportClient(
            "https://panel.example.com", token=TOKEN, transport=transport, on_event=events.append, **options
        ) as client:
            return await client.download(task, folder)

    return anyio.run(download)


@pytest.fixture(params=[blocking, awaiting])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    def call(
        panel: Panel, task: str = "task_1", events: list[Event] | None = None, retry: RetryPolicy = ONCE, **more: Any
    ) -> DownloadedExport:
        taken: list[Event] = [] if events is None else events
        result: DownloadedExport = request.param(panel, tmp_path, taken, task, retry=retry, **more)
        return result

    return call


def test_the_next_run_asks_for_the_rest_only(run: Run, tmp_path: Path) -> None:
    panel, events = Panel([1000]), list[Event]()
    with pytest.raises(IncompleteDownload):
        run(panel)
    [file] = run(panel, events=events).files
    assert panel.asked == [(None, None), ("bytes=1000-", '"v1"')]
    assert (file.path.read_bytes(), file.rows, file.resumed_from) == (FILE, 200, 1000)
    assert [path.name for path in tmp_path.iterdir()] == [file.path.name]
    started = [event for event in events if isinstance(event, DownloadStarted)]
    assert [(event.size, event.resumed_from) for event in started] == [(len(FILE), 1000)]
    assert not [event for event in events if isinstance(event, DownloadRestarted)]


def test_another_task_begins_at_the_first_byte(run: Run, tmp_path: Path) -> None:
    panel = Panel([1000])
    with pytest.raises(IncompleteDownload):
        run(panel)
    [file] = run(panel, task="task_2").files
    assert panel.asked[1] == (None, None)
    assert (file.path.read_bytes(), file.resumed_from) == (FILE, None)
    assert len(list(tmp_path.iterdir())) == 3, "what the first task left is still there for it"


def test_a_file_that_became_another_one_meanwhile_is_fetched_whole(run: Run, tmp_path: Path) -> None:
    older = FILE.replace(b"example.com", b"example.org")
    panel = Panel([1000], etags=['"v1"', '"v2"'], files=[older, FILE])
    with pytest.raises(IncompleteDownload):
        run(panel)
    [file] = run(panel).files
    assert (file.path.read_bytes(), file.resumed_from) == (FILE, None)
    assert len(list(tmp_path.iterdir())) == 1


def test_all_was_here_already(run: Run) -> None:
    panel = Panel([len(FILE)])
    with pytest.raises(IncompleteDownload):
        run(panel)
    [file] = run(panel).files
    assert (file.path.read_bytes(), file.resumed_from) == (FILE, None)


def cuts(number: int) -> list[int | None]:
    """Every answer brings 100 bytes, and breaks off."""
    return [100] * number


def test_attempts_that_bring_something_are_not_in_vain(run: Run) -> None:
    panel = Panel(cuts(30))
    assert run(panel, retry=RetryPolicy(attempts=2, first_delay=0)).rows == 200
    assert len(panel.asked) == 31


def test_but_there_is_an_end_of_them(run: Run) -> None:
    panel = Panel(cuts(30))
    with pytest.raises(IncompleteDownload, match="broke off 9 times"):
        run(panel, retry=RetryPolicy(attempts=2, first_delay=0), download=DownloadPolicy(attempts=9))
    assert len(panel.asked) == 9


def test_attempts_in_vain_end_soon(run: Run) -> None:
    panel = Panel([100, 0, 0, 100, 0, 0, 0])
    with pytest.raises(IncompleteDownload, match="broke off 7 times"):
        run(panel, retry=RetryPolicy(attempts=4, first_delay=0))
    assert len(panel.asked) == 7


CHANGES: list[Any] = [None, lambda request: wrong_range(request, '"v2"')]


@pytest.mark.parametrize("answer", CHANGES, ids=["sent anew", "another range"])
def test_of_a_file_that_became_another_one_every_new_byte_counts(run: Run, answer: Any) -> None:
    """However much was here of the one before."""
    panel = Panel([2500, *cuts(30)], etags=['"v1"', '"v2"'])
    if answer is not None:
        panel.answer = lambda request: answer(request) if len(panel.asked) == 2 else None
    assert run(panel, retry=RetryPolicy(attempts=4, first_delay=0)).rows == 200


def test_a_file_that_is_another_one_every_time_is_in_vain(run: Run) -> None:
    panel = Panel(cuts(30), etags=[f'"v{number}"' for number in range(30)])
    with pytest.raises(IncompleteDownload, match="broke off 4 times"):
        run(panel, retry=RetryPolicy(attempts=4, first_delay=0))


def test_reaching_the_same_place_again_is_in_vain(run: Run) -> None:
    """Without a tag every attempt begins at the first byte, and brings nothing new."""
    panel = Panel(cuts(30), etags=[""])
    with pytest.raises(IncompleteDownload, match="broke off 3 times"):
        run(panel, retry=RetryPolicy(attempts=3, first_delay=0))
