"""The download on the wire: the file to the byte, redirects, and all that may come in place of it."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import attrs
import httpx
import pytest

from contract_tests.wire.dialogue import (
    BASE_URL,
    FILE,
    LINK,
    ONCE,
    PATIENT,
    PLAIN,
    SHORT_LINK,
    TASK,
    TOKEN,
    Mode,
    Panel,
    completed,
    file_answer,
    raw,
    refused,
    written,
)
from profile_export import (
    AsyncExportClient,
    Database,
    DownloadedExport,
    DownloadFinished,
    DownloadPolicy,
    DownloadProgress,
    DownloadRestarted,
    DownloadStarted,
    Event,
    ExportFinished,
    ExportStarted,
    FilePublished,
    errors,
)

NAME = "1_database_export.csv"


def get(mode: Mode, folder: Path, **options: Any) -> DownloadedExport:
    result: DownloadedExport = mode.speak(lambda client: client.download(TASK, folder), **options)
    return result


def fails(panel: Panel, mode: Mode, folder: Path, *answers: Any, **options: Any) -> errors.ExportError:
    """The error that answers to a download lead to; nothing is left in the folder."""
    panel.status()
    panel.file(*answers)
    with pytest.raises(errors.ExportError) as caught:
        get(mode, folder, **{"retry": ONCE, **options})
    assert (caught.value.operation, caught.value.task_id) == ("download", TASK)
    assert list(folder.iterdir()) == []
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_headers_may_be_in_any_letters(panel: Panel, style_mode: Mode, tmp_path: Path, encoding: str) -> None:
    """Names of files in `Content-Disposition` often are."""
    panel.status()
    headers = [(b"Content-Disposition", 'attachment; filename="\u00e9xport.csv"'.encode(encoding))]
    panel.file(lambda _: httpx.Response(200, headers=headers, stream=httpx.ByteStream(FILE)))
    result = style_mode.speak(lambda client: client.download(TASK, tmp_path))
    assert result.files[0].path.read_bytes() == FILE


def test_the_file_to_the_byte(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    panel.status()
    panel.file()
    (file,) = get(mode, tmp_path).files
    assert file.path.read_bytes() == FILE
    assert (file.size, file.rows, file.sha256) == (len(FILE), 2, hashlib.sha256(FILE).hexdigest())
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize("size", [1, 3, 7, 4096])
def test_chunks_make_no_difference(panel: Panel, mode: Mode, tmp_path: Path, size: int) -> None:
    content = b"\xef\xbb\xbfid\r\n" + b'"a\r\n""b"\r\n' * 50
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    panel.status(completed(total=50))
    panel.file(lambda _: httpx.Response(200, stream=Stream(pieces)))
    (file,) = get(mode, tmp_path).files
    assert file.path.read_bytes() == content
    assert file.rows == 50


class Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in pieces; an exception among them breaks it off."""

    def __init__(self, pieces: list[bytes | Exception] | list[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece


def broken(*pieces: bytes | Exception) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(200, headers={"Content-Type": "text/csv"}, stream=Stream(list(pieces)))


@pytest.mark.parametrize(
    "failure",
    [httpx.ReadError("reset"), httpx.ReadTimeout("stall"), httpx.RemoteProtocolError("peer closed")],
    ids=repr,
)
def test_a_file_that_breaks_off_is_fetched_again(
    panel: Panel, mode: Mode, tmp_path: Path, failure: httpx.TransportError
) -> None:
    events: list[Event] = []
    panel.status()
    route = panel.file(broken(FILE[:9], failure), broken(failure), httpx.ConnectError("down"), file_answer())
    result = get(mode, tmp_path, on_event=events.append)
    assert result.files[0].path.read_bytes() == FILE
    assert result.files[0].sha256 == hashlib.sha256(FILE).hexdigest()
    assert route.call_count == 4
    assert sum(isinstance(event, DownloadRestarted) for event in events) == 1  # nine bytes were lost, once
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_a_file_that_always_breaks_off_is_incomplete(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    error = fails(panel, mode, tmp_path, broken(FILE[:9], httpx.ReadError("reset")), retry=PATIENT)
    assert isinstance(error, errors.IncompleteDownload)
    assert "6 times" in str(error)


def test_a_file_that_is_shorter_than_announced_is_fetched_again(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    panel.status()
    panel.file(raw(200, FILE[:9], Content_Length=str(len(FILE))), file_answer())
    assert get(mode, tmp_path).files[0].path.read_bytes() == FILE


@pytest.mark.parametrize("difference", [-1, 1, 1000])
def test_a_file_that_is_never_as_long_as_announced_is_incomplete(
    panel: Panel, mode: Mode, tmp_path: Path, difference: int
) -> None:
    answer = raw(200, FILE, Content_Length=str(len(FILE) + difference))
    assert isinstance(fails(panel, mode, tmp_path, answer), errors.IncompleteDownload)


@pytest.mark.parametrize("length", ["", "-5", "many", "7, 7"])
def test_an_announcement_that_says_nothing_is_none(panel: Panel, mode: Mode, tmp_path: Path, length: str) -> None:
    panel.status()
    panel.file(raw(200, FILE, Content_Length=length))
    assert get(mode, tmp_path).files[0].size == len(FILE)


def test_what_is_told_on_the_way(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    events: list[Event] = []
    panel.status()
    panel.file(raw(200, FILE, Content_Length=str(len(FILE))))
    get(mode, tmp_path, on_event=events.append)
    told = [attrs.evolve(event, export="") for event in events]
    target = tmp_path / NAME
    assert told[:1] + told[2:] == [
        ExportStarted(source=None, task_id=TASK),
        DownloadStarted(target=target, size=len(FILE)),
        DownloadProgress(target=target, received=len(FILE)),
        DownloadFinished(target=target, size=len(FILE)),
        FilePublished(target=target, size=len(FILE)),
        ExportFinished(files=1, total=2),
    ]


REFUSALS: dict[str, tuple[Any, type[errors.ExportError]]] = {
    "wrong token": (refused(401, "API token required"), errors.AuthenticationError),
    "no access": (refused(403, "No access"), errors.AuthenticationError),
    "expired": (refused(400, "Link expired"), errors.LinkExpired),
    "unknown code": (refused(440, "Gone"), errors.LinkExpired),
    "success envelope": ({"error": 0, "error_text": "Successful operation", "data": None}, errors.IntegrityError),
    "http 401": (raw(401, b""), errors.AuthenticationError),
    "http 403": (raw(403, b"<html>Forbidden</html>", Content_Type="text/html"), errors.AuthenticationError),
    "http 404": (raw(404, b"<html>Not found</html>", Content_Type="text/html"), errors.LinkExpired),
    "http 410": (raw(410, b""), errors.LinkExpired),
    "http 429": (raw(429, b""), errors.RateLimited),
    "http 500": (raw(500, b"oops"), errors.ServerError),
    "http 520": (raw(520, b""), errors.ServerError),
    "http 204": (raw(204, b""), errors.ContractError),
    "http 206": (raw(206, FILE, Content_Range="bytes 0-9/10"), errors.ContractError),
    "http 302 to nowhere": (raw(302, b""), errors.ContractError),
    "http 304": (raw(304, b""), errors.ContractError),
    "html": (raw(200, b"<html>Log in</html>", Content_Type="text/html"), errors.IntegrityError),
    "html as csv": (raw(200, b"\n <html>Log in</html>", Content_Type="text/csv"), errors.IntegrityError),
    "text as html": (raw(200, b"Log in", Content_Type="text/html; charset=utf-8"), errors.IntegrityError),
    "marked html": (raw(200, b"\xef\xbb\xbf<html>Log in</html>", Content_Type="text/csv"), errors.IntegrityError),
    "gzip": (raw(200, gzip.compress(FILE), Content_Encoding="gzip"), errors.ContractError),
    "endless html": (raw(200, b"<html>" + b"x" * 200_000, Content_Type="text/html"), errors.IntegrityError),
    "endless failure": (raw(503, b"x" * 200_000), errors.ServerError),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_what_comes_in_place_of_the_file(panel: Panel, mode: Mode, tmp_path: Path, refusal: str) -> None:
    answer, kind = REFUSALS[refusal]
    assert type(fails(panel, mode, tmp_path, answer)) is kind


@pytest.mark.parametrize("content_type", ["text/csv", "application/octet-stream", ""])
@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
def test_an_envelope_is_known_under_any_name(
    panel: Panel, mode: Mode, tmp_path: Path, content_type: str, before: bytes
) -> None:
    body = before + written(refused(401, "API token required"), mode.wire_format)
    error = fails(panel, mode, tmp_path, raw(200, body, Content_Type=content_type))
    assert isinstance(error, errors.AuthenticationError)
    assert (error.code, error.text) == (401, "API token required")


def test_an_envelope_in_place_of_an_empty_export_is_no_file(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    """A csv file of one line without a line break would be a header and no rows: exactly what was announced."""
    panel.status(completed(total=0))
    panel.file(raw(200, b"\xef\xbb\xbf" + written(refused(401, "API token required"), "json"), Content_Type="text/csv"))
    with pytest.raises(errors.AuthenticationError):
        get(mode, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b'{"id": 1}\n{"id": 2}\n', b'[{"id": 1}]', b'{"profiles": []}', b""], ids=str)
@pytest.mark.parametrize("known", [True, False], ids=["format known", "format by name"])
def test_a_json_export(panel: Panel, mode: Mode, tmp_path: Path, content: bytes, known: bool) -> None:
    link = "/api/download/data/4cf435e8/1_database_export.json"
    panel.status(completed([link], total=2))
    panel.file(raw(200, content, Content_Type="application/json"), link=link)
    result = mode.speak(
        lambda client: client.task(TASK, file_format="json" if known else ""),
        lambda task: task.wait(),
        lambda done: done.download(tmp_path),
    )
    assert result.files[0].path.read_bytes() == content
    assert (result.rows, result.files[0].rows) == (None, None)


def test_rows_that_are_missing_reject_the_file(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    panel.status(completed(total=3))
    panel.file()
    with pytest.raises(errors.IntegrityError, match="2 rows, but the panel announced 3 profiles") as caught:
        get(mode, tmp_path)
    (kept,) = tmp_path.iterdir()
    assert kept.name == f"{NAME}.rejected"
    assert kept.read_bytes() == FILE
    assert str(kept) in caught.value.hints[0]


def test_one_bad_file_of_two_publishes_none(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    panel.status(completed([LINK, SHORT_LINK], total=4))
    panel.file()
    panel.file(raw(404, b""), link=SHORT_LINK)
    with pytest.raises(errors.LinkExpired):
        get(mode, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_taken_name_is_left_alone_and_nothing_is_fetched(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"precious")
    panel.status()
    route = panel.file()
    with pytest.raises(errors.TargetExists, match=NAME):
        get(mode, tmp_path)
    assert route.call_count == 0
    assert (tmp_path / NAME).read_bytes() == b"precious"


def test_overwriting_when_asked(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"old")
    panel.status()
    panel.file()
    mode.speak(lambda client: client.download(TASK, tmp_path, overwrite=True))
    assert (tmp_path / NAME).read_bytes() == FILE


def test_a_folder_that_is_a_file_stops_an_export_before_a_task_is_made(
    panel: Panel, mode: Mode, tmp_path: Path
) -> None:
    panel.whole()
    (tmp_path / "taken").touch()
    with pytest.raises(errors.DownloadError):
        mode.speak(lambda client: client.export(Database(1), to=tmp_path / "taken"))
    assert panel.requests == []


MOVED = "/api/download/data/moved/1.csv"


@pytest.mark.parametrize("http_status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", [MOVED, f"{BASE_URL}{MOVED}", "../moved/1.csv", f"{MOVED}?token={TOKEN}"])
def test_a_redirect_within_the_panel(
    panel: Panel, style_mode: Mode, tmp_path: Path, http_status: int, location: str
) -> None:
    panel.status()
    panel.file(raw(http_status, b"<html>Moved</html>", Location=location))
    panel.file(link=MOVED)
    assert get(style_mode, tmp_path).files[0].path.name == NAME
    request = panel.requests[-1]
    assert (request.method, request.url.path, request.url.query) == ("GET", MOVED, f"token={TOKEN}".encode())


def test_a_redirect_is_signed_again_in_every_mode(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    panel.status()
    panel.file(raw(302, b"", Location=f"{MOVED}?part=1&token={TOKEN}"))
    panel.file(link=MOVED)
    get(mode, tmp_path)
    request = panel.requests[-1]
    assert request.url.query == (f"part=1&token={TOKEN}".encode() if mode.auth == "body" else b"part=1")
    assert request.headers.get("Authorization") == (f"Bearer {TOKEN}" if mode.auth == "bearer" else None)
    assert request.headers["Accept-Encoding"] == "identity"


FOREIGN = ["https://evil.example/api/download/x.csv", "//evil.example/api/download/x.csv", "http://[bad", "http://"]
FOREIGN += ["http://panel.example.com/api/download/x.csv", "https://panel.example.com:8443/api/download/x.csv"]
FOREIGN += [
    "https://u@panel.example.com/api/download/x.csv",
    "/elsewhere/x.csv",
    "ftp://panel.example.com/x",
    "\\\\evil",
]
FOREIGN += ["https://exa mple.com/x", "https://panel.example.com:x/api/download/x.csv", "https://1.2.3.999/x"]


@pytest.mark.parametrize("location", FOREIGN)
def test_a_redirect_that_leads_away_is_not_followed(panel: Panel, mode: Mode, tmp_path: Path, location: str) -> None:
    error = fails(panel, mode, tmp_path, raw(302, b"", Location=location))
    assert type(error) is errors.UnsafeLink
    assert len(panel.requests) == 2


def test_redirects_in_a_circle(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    error = fails(panel, mode, tmp_path, raw(302, b"", Location=LINK))
    assert isinstance(error, errors.ContractError)
    assert len(panel.requests) == 7


@pytest.mark.parametrize("link", ["https://evil.example/api/download/x.csv", "/api/download/../x.csv", "x.csv"])
def test_an_unsafe_link_is_not_followed(panel: Panel, mode: Mode, tmp_path: Path, link: str) -> None:
    panel.status(completed([LINK, link]))
    with pytest.raises(errors.UnsafeLink):
        get(mode, tmp_path)
    assert len(panel.requests) == 1


def test_absolute_links_to_the_panel_are_fine(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    panel.status(completed([f"{BASE_URL}{LINK}"]))
    panel.file()
    assert get(mode, tmp_path).rows == 2


def test_links_elsewhere_on_the_panel_can_be_allowed(panel: Panel, mode: Mode, tmp_path: Path) -> None:
    panel.status(completed(["/files/1.csv"]))
    panel.file(link="/files/1.csv")
    assert get(mode, tmp_path, download=DownloadPolicy(link_prefix="")).rows == 2


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_both_asynchronous_worlds(panel: Panel, tmp_path: Path, backend: str) -> None:
    panel.status()
    panel.file()

    async def work() -> DownloadedExport:
        async with AsyncExportClient(BASE_URL, token=TOKEN, verify=False) as client:
            return await client.download(TASK, tmp_path)

    assert anyio.run(work, backend=backend).files[0].path.read_bytes() == FILE


def suffixes(folder: Path) -> list[str]:
    return sorted(path.suffix for path in folder.iterdir())


def test_a_cancelled_download_leaves_nothing(panel: Panel, tmp_path: Path) -> None:
    began = asyncio.Event()

    class Stalled(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield FILE[:9]
            began.set()
            await asyncio.sleep(60)

    panel.status()
    panel.file(lambda _: httpx.Response(200, headers={"Content-Type": "text/csv"}, stream=Stalled()))

    async def work() -> None:
        transport = httpx.AsyncHTTPTransport()
        async with AsyncExportClient(BASE_URL, token=TOKEN, transport=transport) as client:
            download = asyncio.ensure_future(client.download(TASK, tmp_path))
            await began.wait()
            # The thread that has the bytes writes them.
            while suffixes(tmp_path) != [".json", ".part"]:  # noqa: ASYNC110 - files tell nobody
                await asyncio.sleep(0.001)
            download.cancel()
            with pytest.raises(asyncio.CancelledError):
                await download

    asyncio.run(work())
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_download_leaves_nothing(panel: Panel, tmp_path: Path) -> None:
    class Interrupted(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield FILE[:9]
            raise KeyboardInterrupt

    panel.status()
    panel.file(lambda _: httpx.Response(200, stream=Interrupted()))
    with pytest.raises(KeyboardInterrupt):
        get(PLAIN, tmp_path)
    assert list(tmp_path.iterdir()) == []
