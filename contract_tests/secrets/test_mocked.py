"""Every way a run can go, in every way to speak, against a panel that repeats the token wherever it can."""

from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import respx

from contract_tests.secrets.sweep import MARKER, Sweep
from contract_tests.wire.dialogue import (
    EVERY_MODE,
    LINK,
    ONCE,
    PATIENT,
    TASK,
    Mode,
    Panel,
    completed,
    created,
    file_answer,
    raw,
    refused,
    running,
    success,
)
from profile_export import Database, Event, ExportError

QUOTED = quote(MARKER, safe="")
ECHO = f"no such token: {MARKER}"
every_mode = pytest.mark.parametrize("mode", EVERY_MODE, ids=str)

CREATES: dict[str, Any] = {
    "refused": refused(401, ECHO),
    "refused in data": refused(400, "no", data={"token": MARKER, MARKER: [MARKER]}),
    "failing": refused(500, ECHO),
    "busy": refused(429, ECHO),
    "long words": refused(400, "x" * 490 + MARKER),
    "http 403": raw(403, ECHO.encode(), Content_Type="text/plain"),
    "page": raw(200, f"<html>{ECHO}</html>".encode(), Content_Type="text/html"),
    "page, cut": raw(200, b"x" * 105 + MARKER.encode(), Content_Type="text/plain"),
    "page, many blanks": raw(200, b" " * 460 + QUOTED.encode(), Content_Type="text/plain"),
    "content type": raw(200, b"?", Content_Type=f"text/{MARKER}"),
    "headers": raw(302, b"", Location=f"/login?token={QUOTED}", Set_Cookie=f"token={MARKER}"),
    "no task": success({"token": MARKER}),
    "odd task": success({"task_id": [MARKER, MARKER]}),
    "odd error": {"error": MARKER, "error_text": ECHO},
    "connection": httpx.ConnectError(ECHO),
    "reset": httpx.ReadError(f"GET /?token={QUOTED}"),
    "protocol": httpx.RemoteProtocolError(ECHO),
    "task id": created(f"task_{MARKER}"),
}
STATUSES: dict[str, Any] = {
    "status": running(100, f"done-{MARKER}"),
    "failed": success({"status": "failed", "progress": 1, "result": {"errors": [ECHO, {MARKER: MARKER}]}}),
    "not found": refused(404, f"Task not found for {MARKER}"),
    "warnings": completed(errors=[ECHO]),
    "type": completed(type=MARKER),
    "odd urls": completed(urls=[7, MARKER]),  # type: ignore[list-item]
    "progress": running(MARKER),  # type: ignore[arg-type]
    "link, other host": completed([f"https://evil.example/?token={QUOTED}"]),
    "link, port": completed([f"https://panel.example.com:{MARKER}/api/download/x"]),
    "link, query": completed([f"{LINK}?token={QUOTED}"]),
    "link, path": completed([f"/api/download/{QUOTED}/1_database_export.csv"]),
    "link, name": completed([f"/api/download/x/{QUOTED}.csv"]),
    "link, plain name": completed([f"/api/download/x/{MARKER}"]),
}
FILES: dict[str, Any] = {
    "refused": refused(401, ECHO),
    "gone": refused(410, ECHO),
    "page": raw(200, f"<html>{ECHO}</html>".encode(), Content_Type=f"text/html; token={MARKER}"),
    "http 500": raw(500, ECHO.encode()),
    "type": raw(204, b"", Content_Type=f"text/{MARKER}", Content_Encoding=MARKER),
    "encoding": raw(200, b"id\n1\n2\n", Content_Encoding=MARKER),
    "redirect": raw(302, b"", Location=f"/api/download/moved.csv?token={QUOTED}"),
    "redirect, plain": raw(302, b"", Location=f"/api/download/moved.csv?token={MARKER}"),
    "redirect, path": raw(302, b"", Location=f"/api/download/{QUOTED}/moved.csv"),
    "redirect, foreign": raw(302, b"", Location=f"https://evil.example/?token={QUOTED}"),
    "redirect, bad": raw(302, b"", Location=f"https://{MARKER}:x/"),
    "reset": httpx.ReadError(f"GET {LINK}?token={QUOTED}"),
    "too few rows": file_answer(b"id\n"),
    "short": raw(200, b"id\n", Content_Length="100"),
    "cookie": raw(200, b"id\n1\n2\n", Set_Cookie=f"token={MARKER}", X_Token=MARKER),
}


def run(mode: Mode, sweep: Sweep, folder: Path, timeout: float = 0, **options: Any) -> ExportError | None:
    """An export step by step, every step's value seen; the error that ended it, if one did."""
    events: list[Event] = []

    def seen(what: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def step(value: Any) -> Any:
            sweep.see(type(value).__name__, value)
            return what(value)

        return step

    steps = [
        seen(lambda client: client.create_export(Database(1), where={"occupation": "doctor"})),
        seen(lambda task: task.wait(timeout=timeout)),
        seen(lambda done: done.download(folder)),
        seen(lambda result: result),
    ]
    try:
        mode.speak(*steps, token=MARKER, on_event=events.append, **{"retry": ONCE, **options})
    except ExportError as error:
        sweep.see("error", error)
        return error
    finally:
        sweep.see("event", *events)
        sweep.see_folder(folder)
    return None


def panel_for(
    router: respx.MockRouter, mode: Mode, *, create: Any = None, status: Any = None, file: Any = None
) -> None:
    panel = Panel(router, mode)
    panel.create(create or created())
    panel.status(status or completed())
    panel.file(file or file_answer())
    router.get(path__regex="^/api/download/").mock(return_value=file_answer())


def went_out(router: respx.MockRouter) -> list[bool]:
    """Whether each request carried the marker: a sweep over runs without it would prove nothing."""
    return [
        any(written in f"{call.request.url} {call.request.headers!r} {call.request.content!r}" for written in WRITTEN)
        or f"Bearer {MARKER}" == call.request.headers.get("Authorization")
        for call in router.calls
    ]


WRITTEN = [MARKER, QUOTED, MARKER.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")]


@every_mode
def test_a_run_that_succeeds(router: respx.MockRouter, sweep: Sweep, tmp_path: Path, mode: Mode) -> None:
    panel_for(router, mode)
    assert run(mode, sweep, tmp_path) is None
    assert went_out(router) == [True] * 3
    assert {"profile_export", "httpx"} <= sweep.loggers
    assert sweep.findings() == []


@every_mode
@pytest.mark.parametrize("answer", CREATES)
def test_a_create_that_goes_wrong(
    router: respx.MockRouter, sweep: Sweep, tmp_path: Path, mode: Mode, answer: str
) -> None:
    panel_for(router, mode, create=CREATES[answer])
    error = run(mode, sweep, tmp_path)
    assert (error is None) is (answer == "task id")
    assert went_out(router)[0]
    assert sweep.findings() == []


@every_mode
@pytest.mark.parametrize("answer", STATUSES)
def test_a_wait_that_goes_wrong(
    router: respx.MockRouter, sweep: Sweep, tmp_path: Path, mode: Mode, answer: str
) -> None:
    panel_for(router, mode, status=STATUSES[answer])
    run(mode, sweep, tmp_path)
    assert all(went_out(router))
    assert sweep.findings() == []


@every_mode
@pytest.mark.parametrize("answer", FILES)
def test_a_download_that_goes_wrong(
    router: respx.MockRouter, sweep: Sweep, tmp_path: Path, mode: Mode, answer: str
) -> None:
    panel_for(router, mode, file=FILES[answer])
    run(mode, sweep, tmp_path)
    assert all(went_out(router))
    assert sweep.findings() == []


@every_mode
def test_repetitions_tell_nothing(router: respx.MockRouter, sweep: Sweep, tmp_path: Path, mode: Mode) -> None:
    panel = Panel(router, mode)
    panel.create(httpx.ConnectError(ECHO), refused(500, ECHO), created())
    panel.status(httpx.ReadError(ECHO), completed())
    panel.file(refused(500, ECHO), httpx.ReadError(ECHO), file_answer())
    assert run(mode, sweep, tmp_path, timeout=30, retry=PATIENT) is None
    assert len(router.calls) == 8
    assert sweep.findings() == []


@pytest.mark.parametrize("mode", [Mode(style="sync"), Mode(style="async")], ids=str)
def test_an_interruption_tells_nothing(router: respx.MockRouter, sweep: Sweep, tmp_path: Path, mode: Mode) -> None:
    """Below the line there are true requests; no frame of the traceback leads there."""

    asked: list[str] = []

    def interrupt(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        raise KeyboardInterrupt

    panel_for(router, mode, file=interrupt)
    with pytest.raises(KeyboardInterrupt) as caught:
        mode.speak(lambda client: client.download(TASK, tmp_path), token=MARKER)
    assert QUOTED in asked[0]
    files = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    assert any(file.endswith("_transport.py") for file in files)
    sweep.see("interruption", caught.value)
    assert sweep.findings() == []


@every_mode
def test_a_journal_and_what_a_broken_run_leaves(
    router: respx.MockRouter, sweep: Sweep, tmp_path: Path, mode: Mode
) -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        headers = {"ETag": f'"{MARKER}"', "Content-Length": "9000"}
        return httpx.Response(200, headers=headers, stream=Breaking())

    panel_for(router, mode, status=completed([f"{LINK}?token={QUOTED}"]), file=broken)
    events: list[Event] = []
    options: dict[str, Any] = {
        "token": MARKER,
        "journal": tmp_path / "journal",
        "on_event": events.append,
        "retry": ONCE,
    }
    with pytest.raises(ExportError) as caught:
        mode.speak(lambda client: client.export(Database(1), to=tmp_path / "out"), **options)
    sweep.see("error", caught.value)
    sweep.see("event", *events)
    sweep.see_folder(tmp_path)
    assert {path.suffix for path in (tmp_path / "out").iterdir()} >= {".part"}
    assert any((tmp_path / "journal").rglob("*"))
    assert sweep.findings() == []


class Breaking(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Some bytes, and then a reset."""

    def __iter__(self) -> Iterator[bytes]:
        yield b"id\n1\n"
        raise httpx.ReadError(ECHO)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"id\n1\n"
        raise httpx.ReadError(ECHO)


def test_the_sweep_finds_what_is_there(sweep: Sweep, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(MARKER)
    places: list[Callable[[], None]] = [
        lambda: sweep.see("value", {"token": MARKER}),
        lambda: sweep.see("error", ExportError("no", hints=(QUOTED,))),
        lambda: sweep.see("piece", MARKER[3:12]),
        lambda: logging.getLogger("httpx").debug("GET %s", QUOTED),
        lambda: sweep.see_folder(tmp_path),
    ]
    for place in places:
        place()
        assert sweep.findings() != []
        sweep.told.clear()
        sweep.log.records.clear()
        assert sweep.findings() == []
