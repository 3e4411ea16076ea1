"""A link that the panel refuses is asked for again, as long as that helps; how long links live is not documented."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from profile_export import AuthenticationError, ContractError, DownloadPolicy, ExportClient, LinkExpired, RetryPolicy

OLD = ["/api/download/data/1/a.csv", "/api/download/data/2/b.csv"]
NEW = ["/api/download/data/3/a.csv", "/api/download/data/4/b.csv"]
FILE = b"email\r\nann@example.com\r\n"


class Panel:
    """Gives other links at every question; only those of the last `live` answers work."""

    def __init__(self, *links: list[str], refusal: int = 404, live: bool = True) -> None:
        self.links = list(links)
        self.refusal = refusal
        self.live = live
        self.questions = 0
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            urls = self.links[min(self.questions, len(self.links) - 1)]
            self.questions += 1
            data = {"status": "completed", "progress": 100, "result": {"total": len(OLD), "urls": urls}}
            return httpx.Response(200, json={"data": data, "error": 0, "error_text": ""})
        self.asked.append(request.url.path)
        if self.live and request.url.path in self.links[-1]:
            return httpx.Response(200, headers={"Content-Type": "text/csv"}, content=FILE)
        return httpx.Response(self.refusal)


def download(panel: Callable[[httpx.Request], httpx.Response], folder: Path) -> list[str]:
    with ExportClient("https://panel.example.com", token="marker", transport=httpx.MockTransport(panel)) as client:
        return [file.path.name for file in client.download("task_1", folder).files]


@pytest.mark.parametrize("refusal", [401, 403, 404, 410])
def test_fresh_links_are_asked_for_and_the_names_stay(tmp_path: Path, refusal: int) -> None:
    panel = Panel(OLD, NEW, refusal=refusal)
    assert download(panel, tmp_path) == ["a.csv", "b.csv"]
    assert panel.asked == [OLD[0], NEW[0], OLD[1], NEW[1]]


@pytest.mark.parametrize(("refusal", "error"), [(404, LinkExpired), (410, LinkExpired), (403, AuthenticationError)])
def test_a_fresh_link_that_is_refused_too_is_the_end(tmp_path: Path, refusal: int, error: type[Exception]) -> None:
    panel = Panel(OLD, NEW, refusal=refusal, live=False)
    with pytest.raises(error):
        download(panel, tmp_path)
    assert panel.asked == [OLD[0], NEW[0]]
    assert list(tmp_path.iterdir()) == []


def test_another_number_of_files_is_no_fresh_link(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="had 2 files, and now has 1"):
        download(Panel(OLD, NEW[:1]), tmp_path)


def test_a_fresh_link_is_checked_like_the_first(tmp_path: Path) -> None:
    panel = Panel(OLD, ["https://evil.example.com/a.csv", NEW[1]])
    with pytest.raises(Exception, match="not safe to follow"):
        download(panel, tmp_path)
    assert panel.asked == [OLD[0]]


class Named:
    """A panel whose every answer has other links; all files of the first one are refused but the first."""

    def __init__(self, *names: list[str]) -> None:
        self.names = names
        self.questions = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            names = self.names[min(self.questions, len(self.names) - 1)]
            self.questions += 1
            urls = [f"/api/download/{self.questions}/{place}/{name}" for place, name in enumerate(names)]
            data = {"status": "completed", "progress": 100, "result": {"total": len(names), "urls": urls}}
            return httpx.Response(200, json={"data": data, "error": 0, "error_text": ""})
        _, _, _, answer, place, name = request.url.path.split("/")
        if answer == "1" and place != "0":
            return httpx.Response(404)
        return httpx.Response(200, headers={"Content-Type": "text/csv"}, content=f"id\n{place} {name}\n".encode())


def contents(panel: Named, folder: Path) -> dict[str, str]:
    download(panel, folder)
    return {path.name: path.read_text().split("\n")[1] for path in folder.iterdir()}


def test_fresh_links_in_another_order_are_told_by_their_names(tmp_path: Path) -> None:
    panel = Named(["a.csv", "b.csv", "c.csv"], ["c.csv", "a.csv", "b.csv"])
    assert contents(panel, tmp_path) == {"a.csv": "0 a.csv", "b.csv": "2 b.csv", "c.csv": "0 c.csv"}


def test_files_of_one_name_keep_their_order_and_so_do_files_with_new_names(tmp_path: Path) -> None:
    same = Named(["a.csv", "a.csv"], ["a.csv", "a.csv"])
    assert contents(same, tmp_path / "same") == {"a.csv": "0 a.csv", "a-2.csv": "1 a.csv"}
    dated = Named(["a-0901.csv", "b-0901.csv"], ["a-0902.csv", "b-0902.csv"])
    assert contents(dated, tmp_path / "dated") == {"a-0901.csv": "0 a-0901.csv", "b-0901.csv": "1 b-0902.csv"}


def test_a_file_never_gets_the_name_of_another_one(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="nothing tells which is which"):
        download(Named(["a.csv", "b.csv"], ["b.csv", "c.csv"]), tmp_path)
    assert [path.suffix for path in tmp_path.iterdir() if path.suffix == ".csv"] == []


LONG = b"email\r\n" + b"ann@example.com\r\n" * 100


class Broken(httpx.SyncByteStream):
    """A body that breaks off."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self.body
        raise httpx.ReadError("reset")


class ShortLived:
    """Every link is good for one request, which brings `step` bytes; the first `refused` links never work."""

    def __init__(self, step: int, refused: int = 0) -> None:
        self.step = step
        self.refused = refused
        self.links = 0
        self.used = True

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.links, self.used = self.links + 1, False
            result = {"total": 100, "urls": [f"/api/download/{self.links}/a.csv"]}
            data = {"status": "completed", "progress": 100, "result": result}
            return httpx.Response(200, json={"data": data, "error": 0, "error_text": ""})
        if self.used or self.links <= self.refused:
            return httpx.Response(404)
        self.used = True
        start = int(request.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        end = start + self.step
        headers = {"Content-Type": "text/csv", "ETag": '"v1"', "Content-Length": str(len(LONG) - start)}
        if "Range" in request.headers:
            headers["Content-Range"] = f"bytes {start}-{len(LONG) - 1}/{len(LONG)}"
        body = httpx.ByteStream(LONG[start:]) if end >= len(LONG) else Broken(LONG[start:end])
        return httpx.Response(206 if "Range" in request.headers else 200, headers=headers, stream=body)


def fetch(panel: ShortLived, folder: Path, attempts: int = 100) -> bytes:
    with ExportClient(
        "https://panel.example.com",
        token="marker",
        transport=httpx.MockTransport(panel),
        retry=RetryPolicy(first_delay=0),
        download=DownloadPolicy(attempts=attempts),
    ) as client:
        [file] = client.download("task_1", folder).files
        return file.path.read_bytes()


@pytest.mark.parametrize("refused", [0, 1])
def test_links_that_live_shorter_than_the_file_takes_are_asked_for_again(tmp_path: Path, refused: int) -> None:
    panel = ShortLived(500, refused)
    assert fetch(panel, tmp_path) == LONG
    assert panel.links == 4 + refused


def test_but_not_for_ever(tmp_path: Path) -> None:
    panel = ShortLived(1)
    with pytest.raises(LinkExpired):
        fetch(panel, tmp_path, attempts=10)
    assert panel.links == 5, "each took two of the attempts"


def test_nor_when_a_fresh_one_brings_nothing_more(tmp_path: Path) -> None:
    panel = ShortLived(0)
    with pytest.raises(LinkExpired):
        fetch(panel, tmp_path)
    assert panel.links == 2
