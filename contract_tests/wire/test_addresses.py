"""Panels under a path, on an IPv6 address, under a name with letters of its own, with files on another host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from contract_tests.wire.dialogue import (
    CREATE,
    FILE,
    LINK,
    STATUS,
    TOKEN,
    Mode,
    completed,
    created,
    file_answer,
)
from profile_export import Database, UnsafeLink, UsageError

ADDRESSES = [
    ("https://panel.example.com", "https://panel.example.com"),
    ("https://panel.example.com/", "https://panel.example.com"),
    ("https://panel.example.com:443", "https://panel.example.com"),
    ("HTTPS://Panel.Example.com", "https://panel.example.com"),
    ("https://panel.example.com/eu", "https://panel.example.com/eu"),
    ("https://panel.example.com/eu/west/", "https://panel.example.com/eu/west"),
    ("https://panel.example.com/my%20panel", "https://panel.example.com/my%20panel"),
    ("https://panel.example.com/a/../b", "https://panel.example.com/b"),
    ("http://panel.example.com:8080", "http://panel.example.com:8080"),
    ("http://[2001:db8::1]:8080", "http://[2001:db8::1]:8080"),
    ("http://[::1]", "http://[::1]"),
    ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ("https://\u043f\u0430\u043d\u0435\u043b\u044c.example", "https://xn--80aksgi6f.example"),
]


def whole_panel(router: respx.MockRouter, mode: Mode, link: str = LINK) -> None:
    router.post(path__regex=f"{CREATE}$").mock(return_value=mode.answer(created()))
    router.post(path__regex=f"{STATUS}$").mock(return_value=mode.answer(completed([link])))
    router.get(path__regex=r"/api/download/").mock(return_value=file_answer())


def sent(router: respx.MockRouter) -> list[str]:
    return [str(call.request.url) for call in router.calls]


@pytest.mark.parametrize(("base_url", "wire"), ADDRESSES)
def test_where_requests_go(
    router: respx.MockRouter, format_mode: Mode, tmp_path: Path, base_url: str, wire: str
) -> None:
    whole_panel(router, format_mode)
    result = format_mode.speak(lambda client: client.export(Database(1), to=tmp_path), base_url=base_url)
    assert result.files[0].path.read_bytes() == FILE
    home = str(httpx.URL(wire).copy_with(path="/"))[:-1]
    assert sent(router) == [f"{wire}{CREATE}", f"{wire}{STATUS}", f"{home}{LINK}?token={TOKEN}"]


def test_links_may_repeat_the_path_of_the_panel(router: respx.MockRouter, mode: Mode, tmp_path: Path) -> None:
    whole_panel(router, mode, link=f"/eu{LINK}")
    mode.speak(lambda client: client.export(Database(1), to=tmp_path), base_url="https://panel.example.com/eu")
    assert router.calls.last.request.url.path == f"/eu{LINK}"


def test_files_may_be_on_another_host_that_was_named(router: respx.MockRouter, mode: Mode, tmp_path: Path) -> None:
    whole_panel(router, mode)
    options: dict[str, Any] = {"base_url": "https://api.example.com", "panel_url": "https://files.example.com"}
    mode.speak(lambda client: client.export(Database(1), to=tmp_path), **options)
    hosts = [call.request.url.host for call in router.calls]
    assert hosts == ["api.example.com", "api.example.com", "files.example.com"]


def test_files_on_a_host_that_was_not_named_are_not_fetched(
    router: respx.MockRouter, mode: Mode, tmp_path: Path
) -> None:
    whole_panel(router, mode, link=f"https://files.example.com{LINK}")
    with pytest.raises(UnsafeLink, match=r"files\.example\.com"):
        mode.speak(lambda client: client.export(Database(1), to=tmp_path), base_url="https://api.example.com")
    assert len(router.calls) == 2


def test_a_client_shows_its_panel_and_nothing_else(mode: Mode) -> None:
    shown = repr(mode.speak(lambda client: client, base_url="https://panel.example.com/eu"))
    assert "https://panel.example.com" in shown
    assert TOKEN not in shown


@pytest.mark.parametrize("host", ["fa\u00df.example", "FA\u1e9e.example", "\u03c2.example", "a\u200db.example"])
@pytest.mark.parametrize("name", ["base_url", "panel_url"])
def test_a_host_that_programs_read_in_two_ways_is_refused(style_mode: Mode, host: str, name: str) -> None:
    """Python takes the first for fass.example, and httpx for xn--fa-hia.example: the token must go to neither."""
    addresses = {"base_url": "https://panel.example.com", name: f"https://{host}"}
    with pytest.raises(UsageError, match=f"{name} has"):
        style_mode.speak(lambda client: client.status("task_1"), **addresses)
