"""Step 3: headers, ranges by RFC 9110, and links that lead nowhere."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.sandbox.bench import TOKEN, Bench
from profile_export.sandbox.ranges import Unsatisfiable, wanted_range


@pytest.fixture
def url(bench: Bench) -> str:
    (found,) = bench.result(bench.create())["urls"]
    assert isinstance(found, str)
    return found


def test_a_whole_file(bench: Bench, url: str) -> None:
    answer = bench.get(url)
    headers = answer.headers
    assert answer.status_code == 200
    assert headers["content-type"] == "text/csv; charset=utf-8"
    assert headers["content-disposition"] == 'attachment; filename="1_database_export.csv"'
    assert headers["content-length"] == str(len(answer.content))
    assert headers["accept-ranges"] == "bytes"
    assert re.fullmatch('"[0-9a-f]{32}"', headers["etag"])
    assert parsedate_to_datetime(headers["last-modified"])
    assert "content-range" not in headers
    assert "content-encoding" not in headers


def test_a_json_file_has_its_type(bench: Bench) -> None:
    (url,) = bench.result(bench.create(file_format="json"))["urls"]
    answer = bench.get(url)
    assert answer.headers["content-type"] == "application/json"
    assert url.endswith("/1_database_export.json")


def test_head_has_the_headers_of_get(bench: Bench, url: str) -> None:
    head = bench.request("HEAD", url, params={"token": TOKEN}, headers={"Range": "bytes=0-9"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == bench.get(url).headers


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, None),
        ("bytes=5-999999999", 5, None),
        ("bytes=-10", -10, None),
        ("bytes=-999999999", 0, None),
        ("Bytes=1-2", 1, 3),
        ("bytes= 1-2 ", 1, 3),
    ],
)
def test_a_part(bench: Bench, url: str, wanted: str, start: int, end: int | None) -> None:
    whole = bench.get(url)
    part = bench.get(url, {"Range": wanted})
    content = whole.content[start:end]
    assert (part.status_code, part.content) == (206, content)
    first = whole.content.index(content)
    size = len(whole.content)
    assert part.headers["content-range"] == f"bytes {first}-{first + len(content) - 1}/{size}"
    assert part.headers["content-length"] == str(len(content))
    assert part.headers["etag"] == whole.headers["etag"]


@pytest.mark.parametrize(
    "ignored", ["bytes=5-1", "bytes=a-b", "bytes=", "bytes", "rows=0-5", "bytes=0-1,5-6", "bytes=--5", "bytes=-", "0-5"]
)
def test_a_range_that_is_not_understood_is_ignored(bench: Bench, url: str, ignored: str) -> None:
    answer = bench.get(url, {"Range": ignored})
    assert (answer.status_code, answer.content) == (200, bench.get(url).content)


def test_a_range_behind_the_end(bench: Bench, url: str) -> None:
    size = len(bench.get(url).content)
    for wanted in (f"bytes={size}-", f"bytes={size}-{size + 5}", "bytes=-0"):
        answer = bench.get(url, {"Range": wanted})
        assert answer.status_code == 416
        assert answer.headers["content-range"] == f"bytes */{size}"
        assert answer.json()["error"] == 416
    assert bench.get(url, {"Range": f"bytes={size - 1}-"}).status_code == 206


def test_if_range_decides_between_part_and_whole(bench: Bench, url: str) -> None:
    headers = bench.get(url).headers
    etag, modified = headers["etag"], headers["last-modified"]
    for validator, status in (
        (etag, 206),
        (modified, 206),
        (f"W/{etag}", 200),
        ('"other"', 200),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 200),
        ("nonsense", 200),
    ):
        assert bench.get(url, {"Range": "bytes=1-5", "If-Range": validator}).status_code == status
    # What doesn't fit any more is answered whole, even where its range could not be satisfied.
    assert bench.get(url, {"Range": "bytes=99999999-", "If-Range": '"other"'}).status_code == 200


def test_equal_exports_have_equal_tags_and_others_have_not(bench: Bench, url: str) -> None:
    tags = [
        bench.get(bench.result(bench.create(**members))["urls"][0]).headers["etag"]
        for members in ({}, {"source_id": 2}, {"file_format": "json"})
    ]
    assert tags[0] == bench.get(url).headers["etag"]
    assert len(set(tags)) == 3


@pytest.mark.parametrize("prefix", ["/api/download", "/api/download/data"])
@pytest.mark.parametrize(
    "rest", ["none/1_database_export.csv", "{link}/2_database_export.csv", "{link}/..%2f..%2fsandbox.sqlite3", "a/%00"]
)
def test_a_link_that_leads_nowhere(bench: Bench, url: str, prefix: str, rest: str) -> None:
    link = url.split("/")[-2]
    answer = bench.get(f"{prefix}/{rest.format(link=link)}")
    assert answer.status_code == 404
    assert answer.json() == {"data": None, "error": 404, "error_text": answer.json()["error_text"]}


def test_a_file_that_somebody_removed(bench: Bench, url: str) -> None:
    (path,) = bench.settings.data_dir.rglob("*.csv")
    path.unlink()
    assert bench.get(url).status_code == 404


@given(st.text(alphabet="bytes=0123456789-, ", max_size=20), st.integers(0, 50))
def test_a_range_is_always_within_the_file(header: str, size: int) -> None:
    try:
        part = wanted_range(header, size)
    except Unsatisfiable:
        return
    assert part is None or 0 <= part[0] < part[1] <= size


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 50))
def test_every_simple_range(first: int, last: int, size: int) -> None:
    content = bytes(range(size))
    try:
        part = wanted_range(f"bytes={first}-{last}", size)
    except Unsatisfiable:
        assert first >= size
        return
    assert (part is None) == (last < first)
    if part:
        assert content[slice(*part)] == content[first : last + 1]
