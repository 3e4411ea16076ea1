"""Places that files go to: how they are named, and what is refused."""

from __future__ import annotations

import io
import sys
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from obstore.store import AzureStore, GCSStore, HTTPStore, S3Store

from profile_export import ObjectUrl, OutputStream, UsageError, _arguments
from profile_export.targets import parse_url, read_target


@pytest.mark.parametrize(
    ("text", "root", "key"),
    [
        ("s3://bucket", "s3://bucket", ""),
        ("s3://bucket/a/b/", "s3://bucket", "a/b"),
        ("gs://bucket/ä b%20c", "gs://bucket", "ä b%20c"),
        ("az://container/a", "az://container", "a"),
        ("memory:///a", "memory://", "a"),
    ],
)
def test_a_url_is_a_store_and_a_key(text: str, root: str, key: str) -> None:
    found = parse_url(text)
    assert isinstance(found, ObjectUrl)
    assert (found.root, found.key) == (root, key)
    file = found / "1.csv"
    assert (str(file), file.name, file.suffix) == (f"{root}/{key}/1.csv" if key else f"{root}/1.csv", "1.csv", ".csv")
    assert read_target(str(file)) == file


@pytest.mark.parametrize(
    "text",
    [
        "s3://key:geheim@bucket/a",
        "s3://geheim@bucket",
        "az://container/a?sig=geheim",
        "s3://bucket/a#geheim",
        "s3://bucket/a?",
        "s3:///geheim",
        "s3://bucket/geheim//b",
        "s3://bucket/../geheim",
        "s3://bucket/geheim\x00",
        "https://geheim/a",
        "file://geheim/a",
        "s3://[geheim",
    ],
)
def test_other_urls_are_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        _arguments.destination(text, overwrite=False)
    assert "geheim" not in f"{caught.value} {caught.value.hints}"


@pytest.mark.parametrize(
    "to", ["", b"x", None, 7, io.StringIO(), PurePosixPath("s3://bucket/a"), HTTPStore("https://127.0.0.1:1/")]
)
def test_files_cant_go_everywhere(to: Any) -> None:
    with pytest.raises(UsageError):
        _arguments.destination(to, overwrite=False)


@pytest.mark.parametrize(
    ("store", "url"),
    [
        (S3Store("b", prefix="a/b"), "s3://b/a/b"),
        (GCSStore("b", skip_signature=True), "gs://b"),
        (AzureStore("c", account_name="acc", skip_signature=True), "az://c"),
    ],
)
def test_a_store_object_goes_by_its_url(store: Any, url: str) -> None:
    found = _arguments.destination(store, overwrite=False).directory
    assert (str(found), found.store) == (url, store)  # type: ignore[union-attr]


def test_a_stream_takes_one_export() -> None:
    assert isinstance(_arguments.destination(io.BytesIO(), overwrite=False).directory, OutputStream)
    with pytest.raises(UsageError, match="one export"):
        _arguments.destination(io.BytesIO(), overwrite=False, many=True)
    assert read_target("-") == OutputStream()
    assert read_target("/exports") == Path("/exports")


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from profile_export._stores import Stores  # noqa: PLC0415

    for name in ("obstore", "obstore.store"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UsageError) as caught:
        Stores().of(ObjectUrl("s3://bucket"))
    assert any("profile-export[cloud]" in hint for hint in caught.value.hints)
