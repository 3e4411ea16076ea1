"""A link that the panel refuses is asked for once more; how long links live is not documented."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from profile_export import AuthenticationError, ContractError, ExportClient, LinkExpired

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


def download(panel: Panel, folder: Path) -> list[str]:
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
