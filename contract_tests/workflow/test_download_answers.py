"""What the answer of a download means before and beside its bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from profile_export import errors
from profile_export._effects import Fetched
from profile_export._transfer import (
    Head,
    format_of_file,
    is_redirect,
    may_be_page,
    refusal_of,
    refuses,
    rows_of,
    rows_problem,
)
from profile_export.policy import DownloadPolicy


def head(status: int = 200, content_type: str = "text/csv", encoding: str = "", location: str | None = None) -> Head:
    return Head(status, content_type, encoding, location)


REFUSALS: list[tuple[Head, dict[str, Any] | None, type[errors.ExportError]]] = [
    (head(), {"error": 401, "error_text": "API token required"}, errors.AuthenticationError),
    (head(), {"error": 403, "error_text": "No access"}, errors.AuthenticationError),
    (head(), {"error": 429, "error_text": "Slow down"}, errors.RateLimited),
    (head(), {"error": 500, "error_text": "Failed"}, errors.ServerError),
    (head(), {"error": 400, "error_text": "Link expired"}, errors.LinkExpired),
    (head(), {"error": 404, "error_text": "No file"}, errors.LinkExpired),
    (head(), {"error": 440, "error_text": "Gone"}, errors.LinkExpired),
    (head(), {"error": 0, "error_text": "Successful operation"}, errors.IntegrityError),
    (head(), {"error": "400"}, errors.IntegrityError),
    (head(), None, errors.IntegrityError),
    (head(401), None, errors.AuthenticationError),
    (head(403), None, errors.AuthenticationError),
    (head(404), None, errors.LinkExpired),
    (head(410), None, errors.LinkExpired),
    (head(404), {"error": 404, "error_text": "No file"}, errors.LinkExpired),
    (head(429), None, errors.RateLimited),
    (head(500), None, errors.ServerError),
    (head(520), None, errors.ServerError),
    (head(500), {"error": 0}, errors.ServerError),
    (head(204), None, errors.ContractError),
    (head(206), None, errors.ContractError),
    (head(302), None, errors.ContractError),
    (head(400), None, errors.ContractError),
    (head(416), None, errors.ContractError),
    (head(encoding="gzip"), None, errors.ContractError),
]


@pytest.mark.parametrize(("answer", "envelope", "kind"), REFUSALS, ids=str)
def test_every_refusal_has_its_type(
    answer: Head, envelope: dict[str, Any] | None, kind: type[errors.ExportError]
) -> None:
    error = refusal_of(answer, 7.0, envelope)
    assert type(error) is kind
    if isinstance(error, errors.ApiError):
        assert error.code == (envelope["error"] or None if envelope else None)
        assert error.http_status == answer.status
        assert error.retry_after == 7
    if isinstance(error, errors.LinkExpired):
        assert error.hints


@pytest.mark.parametrize(
    ("encoding", "refused"), [("", False), ("identity", False), (" Identity ", False), ("br", True)]
)
def test_only_bytes_as_they_are_can_be_the_file(encoding: str, refused: bool) -> None:
    assert refuses(head(encoding=encoding)) is refused


@pytest.mark.parametrize(
    ("content_type", "first", "expected"),
    [
        ("text/csv", b"i", False),
        ("text/csv", b"{", True),
        ("text/csv", b"<", True),
        ("application/json", b"i", False),
        ("text/html; charset=utf-8", b"i", True),
        ("TEXT/HTML", b"", True),
        ("", b"", False),
    ],
)
def test_a_page_is_known_by_its_first_byte(content_type: str, first: bytes, expected: bool) -> None:
    assert may_be_page(head(content_type=content_type), first) is expected


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_names_a_place(status: int) -> None:
    assert is_redirect(head(status, location="/x"))
    assert not is_redirect(head(status))


@pytest.mark.parametrize("status", [200, 201, 300, 304, 404])
def test_other_answers_are_no_redirects(status: int) -> None:
    assert not is_redirect(head(status, location="/x"))


@pytest.mark.parametrize(
    ("name", "asked", "expected"),
    [
        ("1.csv", "csv", "csv"),
        ("1.json", "csv", "csv"),
        ("1.csv", "json", "json"),
        ("1.CSV", "", "csv"),
        ("1", "CSV", "csv"),
        ("1.json", "", "json"),
        ("export", "", ""),
    ],
)
def test_the_format_is_the_asked_one_or_the_name_s(name: str, asked: str, expected: str) -> None:
    assert format_of_file(Path(name), asked) == expected


@pytest.mark.parametrize(("records", "header", "rows"), [(4, True, 3), (4, False, 4), (0, True, 0), (None, True, None)])
def test_rows_are_records_without_the_header(records: int | None, header: bool, rows: int | None) -> None:
    assert rows_of(Fetched(1, "", records), DownloadPolicy(csv_header=header)) == rows


@pytest.mark.parametrize(
    ("rows", "total", "fits"),
    [
        ([], 0, True),
        ([0], 0, True),
        ([3], 3, True),
        ([2, 1], 3, True),
        ([3], 2, False),
        ([2], 3, False),
        ([], 1, False),
        ([0, 0], 1, False),
        ([None], 3, True),
        ([3, None], 99, True),
    ],
)
def test_the_rows_of_all_files_make_up_the_total(rows: list[int | None], total: int, fits: bool) -> None:
    assert (rows_problem(rows, total, DownloadPolicy()) is None) is fits
    assert rows_problem(rows, total, DownloadPolicy(verify_rows=False)) is None
