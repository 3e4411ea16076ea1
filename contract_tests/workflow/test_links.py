"""Links and redirects lead to the panel's own downloads, or nowhere."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profile_export._transfer import Panel, origin_of, parse_panel, plan_files, resolve_link, resolve_redirect
from profile_export.errors import UnsafeLink, UsageError
from profile_export.policy import DownloadPolicy

PREFIX = "/api/download/"
PLAIN = parse_panel("https://panel.example.com", None)
UNDER = parse_panel("https://panel.example.com/eu/", None)
PORT = parse_panel("http://127.0.0.1:8080", None)
SIX = parse_panel("http://[2001:DB8::1]:8080", None)
TWO = parse_panel("https://api.example.com", "https://files.example.com/home")
UNICODE = parse_panel("https://\u043f\u0430\u043d\u0435\u043b\u044c.example", None)


@pytest.mark.parametrize(
    ("panel", "link", "url"),
    [
        (
            PLAIN,
            "/api/download/data/4cf4/1_export.csv",
            "https://panel.example.com/api/download/data/4cf4/1_export.csv",
        ),
        (PLAIN, "/api/download/6b24/1_export.csv", "https://panel.example.com/api/download/6b24/1_export.csv"),
        (
            PLAIN,
            "/api/download/a%20b%2F%C3%A9.csv?x=1&y",
            "https://panel.example.com/api/download/a%20b%2F%C3%A9.csv?x=1&y",
        ),
        (PLAIN, "https://panel.example.com/api/download/x.csv", "https://panel.example.com/api/download/x.csv"),
        (PLAIN, "HTTPS://Panel.Example.COM:443/api/download/x", "https://panel.example.com/api/download/x"),
        (UNDER, "/api/download/x.csv", "https://panel.example.com/api/download/x.csv"),
        (UNDER, "/eu/api/download/x.csv", "https://panel.example.com/eu/api/download/x.csv"),
        (PORT, "/api/download/x.csv", "http://127.0.0.1:8080/api/download/x.csv"),
        (PORT, "http://127.0.0.1:8080/api/download/x.csv", "http://127.0.0.1:8080/api/download/x.csv"),
        (SIX, "/api/download/x.csv", "http://[2001:db8::1]:8080/api/download/x.csv"),
        (SIX, "http://[2001:db8::1]:8080/api/download/x.csv", "http://[2001:db8::1]:8080/api/download/x.csv"),
        (TWO, "/api/download/x.csv", "https://files.example.com/api/download/x.csv"),
        (TWO, "/home/api/download/x.csv", "https://files.example.com/home/api/download/x.csv"),
        (TWO, "https://api.example.com/api/download/x.csv", "https://api.example.com/api/download/x.csv"),
        (UNICODE, "/api/download/x.csv", "https://xn--80aksgi6f.example/api/download/x.csv"),
    ],
)
def test_links_of_the_panel_are_joined_and_never_rebuilt(panel: Panel, link: str, url: str) -> None:
    assert resolve_link(link, panel, PREFIX) == url


HOSTILE = [
    "",
    "x.csv",
    "api/download/x.csv",
    "?token=x",
    "//evil.example/api/download/x.csv",
    "//panel.example.com/api/download/x.csv",
    "https://evil.example/api/download/x.csv",
    "https://panel.example.com.evil.example/api/download/x.csv",
    "https://panel.example.com@evil.example/api/download/x.csv",
    "https://user@panel.example.com/api/download/x.csv",
    "https://user:pass@panel.example.com/api/download/x.csv",
    "https://@panel.example.com/api/download/x.csv",
    "https://panel.example.com:8443/api/download/x.csv",
    "https://panel.example.com:99999/api/download/x.csv",
    "https://panel.example.com:x/api/download/x.csv",
    "http://panel.example.com/api/download/x.csv",
    "ftp://panel.example.com/api/download/x.csv",
    "file:///api/download/x.csv",
    "javascript:alert(1)",
    "data:text/csv,1",
    "https:/api/download/x.csv",
    "https:api/download/x.csv",
    "https://panel.example.com./api/download/x.csv",
    "https://[::1/api/download/x.csv",
    "https://[panel.example.com]/api/download/x.csv",
    "https://panel.example.com\\@evil.example/api/download/x.csv",
    "\\\\evil.example\\api\\download\\x.csv",
    "/\\evil.example/api/download/x.csv",
    "/api/download\\..\\x.csv",
    "/api/download/../admin/x.csv",
    "/api/download/./x.csv",
    "/api/download/%2e%2e/admin/x.csv",
    "/api/download/%2E./admin/x.csv",
    "/api/download/..%2fadmin/x.csv",
    "/api/download/..%5cadmin/x.csv",
    "/api/download/x/..",
    "/api/download/x/%2e",
    "/api/download/",
    "/api/download/x/",
    "/api/download",
    "/api/v1.1/profiles/get_all",
    "/api/downloads/x.csv",
    "/API/download/x.csv",
    "/api%2Fdownload%2Fx.csv",
    "///evil.example/x.csv",
    "/api/download/x.csv#fragment",
    "/api/download/x y.csv",
    "/api/download/x.csv ",
    "/api/download/x\n.csv",
    "/api/download/x\r\nHost: evil.example",
    "/api/download/x\t.csv",
    "/api/download/x\x00.csv",
    "/api/download/x\u202e.csv",
    "/api/download/x\ud800.csv",
    "/api/download/" + "x" * 10_000,
]


@pytest.mark.parametrize("link", HOSTILE, ids=lambda link: ascii(link)[:60])
def test_other_links_are_refused(link: str) -> None:
    with pytest.raises(UnsafeLink):
        resolve_link(link, PLAIN, PREFIX)


@pytest.mark.parametrize("link", ["/other/x.csv", "/x.csv", "/api/v1.1/x.csv"])
def test_an_empty_prefix_allows_every_path_of_the_panel(link: str) -> None:
    assert resolve_link(link, PLAIN, "") == f"https://panel.example.com{link}"
    with pytest.raises(UnsafeLink):
        resolve_link("https://evil.example/x.csv", PLAIN, "")


PIECES = ["/", "//", "\\", "..", "%2e", "%2F", "@", ":", "#", "?", "api", "/api/download/", "x.csv", "https:", "http:"]
PIECES += [
    "https://panel.example.com",
    "panel.example.com",
    "evil.example",
    "[::1]",
    "\t",
    "\x7f",
    "%",
    "%zz",
    ";",
    " ",
]
pieces = st.sampled_from(PIECES)
links = st.lists(pieces | st.text(max_size=3), max_size=7).map("".join) | st.builds(
    "/api/download/{}".format, st.text()
)


@settings(max_examples=250)
@given(link=links, prefix=st.sampled_from([PREFIX, ""]))
def test_whatever_passes_leads_to_the_panel_in_the_eyes_of_the_http_client(link: str, prefix: str) -> None:
    try:
        resolved = resolve_link(link, PLAIN, prefix)
    except UnsafeLink:
        return
    url = httpx.URL(resolved)
    assert (url.scheme, url.host, url.port, url.userinfo) == ("https", "panel.example.com", None, b"")
    assert url.path.startswith(prefix)
    assert ".." not in unquote(url.path).split("/")


@settings(max_examples=250)
@given(location=links)
def test_a_redirect_leads_to_the_panel_or_nowhere(location: str) -> None:
    try:
        resolved = resolve_redirect("https://panel.example.com/api/download/a/b.csv", location, PLAIN, PREFIX)
    except UnsafeLink:
        return
    assert origin_of(resolved) == PLAIN.api
    assert httpx.URL(resolved).path.startswith(PREFIX)


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("c.csv", "/api/download/a/c.csv"),
        ("../c/d.csv", "/api/download/c/d.csv"),
        ("/api/download/data/c.csv", "/api/download/data/c.csv"),
        ("https://panel.example.com/api/download/c.csv", "/api/download/c.csv"),
        ("//panel.example.com/api/download/c.csv", "/api/download/c.csv"),
        ("?part=2", "/api/download/a/b.csv?part=2"),
    ],
)
def test_redirects_may_be_relative(location: str, path: str) -> None:
    resolved = resolve_redirect("https://panel.example.com/api/download/a/b.csv", location, PLAIN, PREFIX)
    assert resolved == f"https://panel.example.com{path}"


@pytest.mark.parametrize(
    "location", ["//evil.example/api/download/c.csv", "http://panel.example.com/api/download/c.csv", "http://[bad"]
)
def test_foreign_redirects_are_refused(location: str) -> None:
    with pytest.raises(UnsafeLink):
        resolve_redirect("https://panel.example.com/api/download/a/b.csv", location, PLAIN, PREFIX)


BAD_BASES = [
    *("", "panel.example.com", "//panel.example.com", "ftp://panel.example.com", "https://", "https:///path"),
    *("https://user@panel.example.com", "https://user:secret@panel.example.com", "https://@panel.example.com"),
    *("https://panel.example.com?x=1", "https://panel.example.com?", "https://panel.example.com#", "https://a/#b"),
    *(" https://panel.example.com", "https://panel.example.com\n", "https://panel.example.com\\x", "https://[::1"),
    *("https://panel.example.com:0", "https://panel.example.com:99999", "https://panel.example.com:x"),
    *("https://a..b", "https://" + "a" * 64 + ".example", "https://.example"),
]


@pytest.mark.parametrize("url", BAD_BASES)
def test_what_is_no_panel_is_refused_without_repeating_it(url: str) -> None:
    for arguments in ((url, None), ("https://panel.example.com", url)):
        with pytest.raises(UsageError) as caught:
            parse_panel(*arguments)
        assert "secret" not in str(caught.value)
        assert caught.value.hints


@pytest.mark.parametrize(
    ("panel", "origin"),
    [
        (PLAIN, "https://panel.example.com"),
        (PORT, "http://127.0.0.1:8080"),
        (SIX, "http://[2001:db8::1]:8080"),
        (UNICODE, "https://xn--80aksgi6f.example"),
    ],
)
def test_an_origin_is_written_as_it_is_on_the_wire(panel: Panel, origin: str) -> None:
    assert str(panel.api) == origin
    assert origin_of(f"{origin}/x") == panel.api


def test_only_the_given_addresses_may_see_the_token() -> None:
    assert {str(origin) for origin in PLAIN.allowed} == {"https://panel.example.com"}
    assert {str(origin) for origin in TWO.allowed} == {"https://api.example.com", "https://files.example.com"}


def test_one_unsafe_link_stops_all() -> None:
    with pytest.raises(UnsafeLink):
        plan_files(["/api/download/a.csv", "//evil.example/b.csv"], Path("/out"), PLAIN, DownloadPolicy())


def test_files_of_one_name_get_names_of_their_own() -> None:
    plans = plan_files(["/api/download/1/a.csv", "/api/download/2/a.csv"], Path("/out"), PLAIN, DownloadPolicy())
    assert [plan.target for plan in plans] == [Path("/out/a.csv"), Path("/out/a-2.csv")]
    assert [plan.url[-7:] for plan in plans] == ["1/a.csv", "2/a.csv"]
