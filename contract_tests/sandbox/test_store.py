"""The data directory: reused when it fits, refused when it doesn't, and never shared."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from contract_tests.sandbox.bench import Bench
from contract_tests.sandbox.conftest import OpenBench
from profile_export.sandbox import DataDirError, SandboxSettings, create_app
from profile_export.sandbox.store import Store

MakeSettings = Callable[..., SandboxSettings]


def test_a_directory_is_kept_and_used_again(open_bench: OpenBench, settings: MakeSettings) -> None:
    first = open_bench()
    task_id = first.create()
    url = first.result(task_id)["urls"][0]
    content = first.get(url).content
    changed = (settings().data_dir / "sandbox.sqlite3").stat().st_ino
    first.close()
    second = open_bench()
    assert (settings().data_dir / "sandbox.sqlite3").stat().st_ino == changed
    assert second.result(task_id)["urls"] == [url]
    assert second.get(url).content == content


@pytest.mark.parametrize("other", [{"seed": 2}, {"profiles": 41}])
def test_other_data_in_the_directory_is_an_error_and_stays(
    open_bench: OpenBench, settings: MakeSettings, other: dict[str, int]
) -> None:
    open_bench().close()
    with pytest.raises(DataDirError, match="holds 40 profiles of seed 1"):
        create_app(settings(**other))
    open_bench()  # neither changed nor locked


def test_a_directory_in_use_is_an_error(open_bench: OpenBench, settings: MakeSettings) -> None:
    busy = open_bench()
    with pytest.raises(DataDirError, match="in use by another sandbox"):
        create_app(settings())
    assert len(busy.csv_rows()) == 40
    busy.close()
    open_bench()


def test_closing_twice_is_harmless(bench: Bench) -> None:
    bench.close()
    bench.close()


@pytest.mark.parametrize("content", [b"a text file of somebody\n" * 100, b""], ids=["text", "empty"])
def test_a_foreign_file_is_an_error_and_stays(settings: MakeSettings, content: bytes) -> None:
    path = settings().data_dir / "sandbox.sqlite3"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(DataDirError, match="not a sandbox's file"):
        create_app(settings())
    assert path.read_bytes() == content


def test_another_layout_is_an_error(open_bench: OpenBench, settings: MakeSettings) -> None:
    open_bench().close()
    with sqlite3.connect(settings().data_dir / "sandbox.sqlite3") as connection:
        connection.execute("UPDATE meta SET layout = 'profile-export-sandbox/0'")
    connection.close()
    with pytest.raises(DataDirError, match="another version"):
        create_app(settings())


def test_an_interrupted_seeding_leaves_nothing_behind(
    settings: MakeSettings, open_bench: OpenBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("profile_export.sandbox.store._count_sources", interrupted)
        with pytest.raises(KeyboardInterrupt):
            create_app(settings())
    assert not (settings().data_dir / "sandbox.sqlite3").exists()
    assert len(open_bench().csv_rows()) == 40


def test_other_files_in_the_directory_are_left_alone(settings: MakeSettings, open_bench: OpenBench) -> None:
    mine = settings().data_dir / "notes.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    open_bench().create()
    assert mine.read_text() == "mine"


def test_a_directory_that_cannot_be_made_is_an_os_error(settings: MakeSettings, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(OSError, match="data"):
        create_app(settings())


def test_a_connection_is_used_again_but_not_after_an_error(settings: MakeSettings) -> None:
    """Its frames may hold a query that isn't read to its end, and with it the data as they were."""
    with closing(Store(settings())) as store:
        with store.connect() as first:
            pass
        with store.connect() as again, store.connect() as beside:
            assert again is first
            assert beside is not first
        with suppress(ZeroDivisionError), store.connect() as broken:
            half_read = broken.execute("SELECT email FROM profiles")
            half_read.fetchone()
            _ = 1 / 0
        with store.change() as other:
            assert other is not broken
            other.execute("UPDATE profiles SET email = 'new@example.com'")
        with store.connect() as looking:
            assert looking.execute("SELECT DISTINCT email FROM profiles").fetchall()[0][0] == "new@example.com"
        with pytest.raises(sqlite3.ProgrammingError):
            broken.execute("SELECT 1")
    for connection in (first, beside, other):
        with pytest.raises(sqlite3.ProgrammingError):
            connection.execute("SELECT 1")


def test_a_connection_that_outlives_its_store_is_closed_in_the_end(settings: MakeSettings) -> None:
    store = Store(settings())
    with store.connect() as connection:
        store.close()
    with pytest.raises(sqlite3.ProgrammingError):
        connection.execute("SELECT 1")
