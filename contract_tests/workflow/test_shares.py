"""Which ranges of a file are still asked for after one of them has failed."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from profile_export import _effects as do
from profile_export import _splits, errors
from profile_export._parts import PartFiles
from profile_export._shares import Shares

TOTAL = 40


@pytest.mark.parametrize(
    ("failure", "more"),
    [
        (errors.ResponseLost("that connection broke"), 2),
        (errors.RateLimited("too many", code=429, text="", http_status=429, retry_after=None), 0),
        (errors.LinkExpired("gone"), 0),
        (errors.NoSpace("the disk is full"), 0),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_one_range_meets_and_what_the_others_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception, more: int
) -> None:
    monkeypatch.setattr(_splits, "SMALLEST_RANGE", 1)
    effect = do.Fetch("https://panel.example.com/a.csv", tmp_path / "a.csv", "csv", "task_1", 4)
    headers = {"ETag": '"v1"', "Accept-Ranges": "bytes", "Content-Length": str(TOTAL)}
    with PartFiles() as parts:
        parts.begin(effect.target, "task_1", count_rows=True, announced=TOTAL, etag='"v1"').write(b"a")
        shares = Shares(effect, parts, None)
        opened = shares.open(httpx.Response(200, headers=headers))
        next(opened)
        shares.note(failure)
        assert len(list(opened)) == more
