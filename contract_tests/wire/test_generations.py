"""The API's own history: the answers of every documented generation run through the whole workflow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.wire.dialogue import (
    FILE,
    LINK,
    SHORT_LINK,
    TASK,
    Envelope,
    Mode,
    Panel,
    completed,
    created,
    documented,
    running,
    success,
    written,
)
from profile_export import Database, DownloadedExport, DownloadPolicy


def without_errors(envelope: Envelope) -> Envelope:
    del envelope["data"]["result"]["errors"]
    return envelope


GENERATIONS: dict[str, tuple[str, Callable[[], Envelope]]] = {
    "oldest": (SHORT_LINK, lambda: without_errors(completed([SHORT_LINK], status="success"))),
    "later": (LINK, completed),
    "short path": (SHORT_LINK, lambda: completed([SHORT_LINK])),
    "success, long path": (LINK, lambda: completed(status="success")),
    "errors absent": (LINK, lambda: without_errors(completed())),
}


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_generation_of_answers_leads_to_the_same_file(
    panel: Panel, mode: Mode, tmp_path: Path, generation: str
) -> None:
    link, final = GENERATIONS[generation]
    panel.create()
    panel.status(running(), final())
    panel.file(link=link)
    result: DownloadedExport = mode.speak(lambda client: client.export(Database(1), to=tmp_path))
    (file,) = result.files
    assert (result.task_id, result.total, result.rows, result.warnings) == (TASK, 2, 2, ())
    assert file.path == tmp_path / "1_database_export.csv"
    assert file.path.read_bytes() == FILE


def test_the_documented_answers_to_the_byte(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    def page(operation: str) -> httpx.Response:
        body = documented(operation, "answer", mode.wire_format)
        return httpx.Response(200, headers={"Content-Type": mode.media_type}, content=body)

    panel.create(page("create_export"))
    panel.status(page("get_task_status"))
    panel.file()
    policy = DownloadPolicy(verify_rows=False)
    result = mode.speak(lambda client: client.export(Database(1), to=tmp_path), download=policy)
    assert (result.task_id, result.total, result.rows) == (TASK, 1343, 2)
    assert [file.path.name for file in result.files] == ["1_database_export.csv"]
    assert panel.paths[-1] == LINK


def test_the_three_steps_one_by_one(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    panel.whole()
    result = mode.speak(
        lambda client: client.create_export(Database(1)), lambda task: task.wait(), lambda done: done.download(tmp_path)
    )
    assert result.files[0].path.read_bytes() == FILE
    assert result.files[0].size == len(FILE)


def test_a_watch_gives_every_state(panel: Panel, mode: Mode) -> None:
    panel.status(running(0, "queued"), running(50), completed())
    seen = mode.speak(lambda client: client.watch(TASK))
    assert [(snapshot.status, snapshot.progress) for snapshot in seen] == [
        ("queued", 0),
        ("in_progress", 50),
        ("completed", 100),
    ]
    final = seen[-1]
    assert (final.total, final.urls, final.source_type, final.source_id) == (2, (LINK,), "database", 1)


def test_several_files_of_one_export(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    second = LINK.replace("4cf435e8", "5df435e8")
    panel.create()
    panel.status(completed([LINK, second], total=3))
    panel.file()
    panel.file(httpx.Response(200, content=b"id\n3\n"), link=second)
    result = mode.speak(lambda client: client.export(Database(1), to=tmp_path))
    assert [(file.path.name, file.rows) for file in result.files] == [
        ("1_database_export.csv", 2),
        ("1_database_export-2.csv", 1),
    ]
    assert result.rows == 3


@pytest.mark.parametrize("urls", [[], None], ids=["empty", "null"])
def test_an_empty_export(panel: Panel, mode: Mode, tmp_path: Path, urls: Any) -> None:
    answer = completed(total=0)
    answer["data"]["result"]["urls"] = urls
    panel.create()
    panel.status(answer)
    result = mode.speak(lambda client: client.export(Database(1), to=tmp_path / "new"))
    assert (result.files, result.total, result.rows) == ((), 0, 0)
    assert list((tmp_path / "new").iterdir()) == []


UNFINISHED: dict[str, dict[str, Any]] = {
    "absent": {},
    "null": {"result": None},
    "empty": {"result": {}},
    "total null": {"result": {"total": 0, "urls": None}},
    "no urls": {"result": {"source_id": 1, "type": "database"}},
    "unknown member": {"result": {"note": "soon"}, "eta": "5 minutes"},
}


@pytest.mark.parametrize("unfinished", UNFINISHED)
def test_whatever_stands_for_a_result_before_the_end(panel: Panel, mode: Mode, unfinished: str) -> None:
    panel.status(running(30, **UNFINISHED[unfinished]))
    snapshot = mode.speak(lambda client: client.status(TASK))
    assert (snapshot.status, snapshot.progress, snapshot.urls, snapshot.errors) == ("in_progress", 30, (), ())


def test_an_empty_list_in_place_of_an_object(panel: Panel, mode: Mode) -> None:
    """How some servers write an empty object in JSON."""
    panel.status(running(30, result=[]))
    assert mode.speak(lambda client: client.status(TASK)).total is None


def test_unknown_members_hurt_nobody(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    final = completed(checksum="abc", parts={"a": "1"})
    final["data"]["eta"] = "now"
    final["trace"] = "xyz"
    create = {**success({"task_id": TASK, "queue": "7"}), "server": "eu-1"}
    panel.create(create)
    panel.status(final)
    panel.file()
    assert mode.speak(lambda client: client.export(Database(1), to=tmp_path)).rows == 2


@pytest.mark.parametrize("task_id", [TASK, "ecd371a8-2229-48bb-bc3e-de7d39cd3051", "task_b2f9fk6a", "7", "a b/\u0436"])
def test_a_task_id_is_opaque(panel: Panel, mode: Mode, task_id: str) -> None:
    panel.create(created(task_id))
    panel.status(running())
    task = mode.speak(lambda client: client.create_export(Database(1)))
    assert task.task_id == task_id
    assert mode.speak(lambda client: client.status(task_id)).task_id == task_id
    sent = mode.members(panel.requests[-1])["task_id"]
    assert sent == task_id


def test_warnings_reach_the_result(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    panel.create()
    panel.status(completed(errors=["row 7 is odd", "row 9 too"]))
    panel.file()
    result = mode.speak(lambda client: client.export(Database(1), to=tmp_path))
    assert result.warnings == ("row 7 is odd", "row 9 too")


@pytest.mark.parametrize("other", ["json", "xml"])
def test_an_answer_may_come_in_the_other_format(panel: Panel, mode: Mode, tmp_path: Path, other: str) -> None:
    def page(envelope: Envelope) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Type": f"text/{other}"}, content=written(envelope, other))

    panel.create(page(created()))
    panel.status(page(running()), page(completed()))
    panel.file()
    assert mode.speak(lambda client: client.export(Database(1), to=tmp_path)).rows == 2
