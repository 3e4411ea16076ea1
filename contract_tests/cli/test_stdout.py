"""`--to -`: the file on stdout and nothing else; a failure is seen in the exit code."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from contract_tests.cli.conftest import TOKEN, Cli
from contract_tests.cli.programs import PROGRAM, environment
from contract_tests.wire.test_objects import LARGE, MEBI, Panel, client
from profile_export import Database, DownloadError, IntegrityError, UsageError
from profile_export.sandbox import RunningSandbox


def test_the_file_goes_to_stdout_and_the_rest_to_stderr(panel: RunningSandbox, tmp_path: Path) -> None:
    env = environment(PROFILE_EXPORT_TOKEN=TOKEN, PROFILE_EXPORT_BASE_URL=panel.url, NO_PROXY="*")
    piped = subprocess.run([PROGRAM, "run", "database:1", "--to", "-"], env=env, capture_output=True, check=False)
    subprocess.run([PROGRAM, "run", "database:1", "--to", tmp_path], env=env, capture_output=True, check=True)
    (file,) = tmp_path.iterdir()
    assert piped.returncode == 0
    assert piped.stdout == file.read_bytes()
    assert b"file verified: stdout, " in piped.stderr
    assert b"complete and verified" in piped.stderr


def test_a_reader_who_goes_away_is_no_failure_of_the_program(panel: RunningSandbox) -> None:
    command = f"{{ '{PROGRAM}' run database:1 --to - ; echo $? >&2; }} | true"
    env = environment(PROFILE_EXPORT_TOKEN=TOKEN, PROFILE_EXPORT_BASE_URL=panel.url, NO_PROXY="*")
    ended = subprocess.run(["/bin/sh", "-c", command], env=env, capture_output=True, text=True, check=True)
    assert ended.stderr.splitlines()[-1] == "141"
    assert "bug" not in ended.stderr


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("run", "database:1", "segment:1", "--to", "-"), "one SOURCE"),
        (("run", "database:1", "--to", "-", "--json"), "--json"),
        (("run", "database:1", "--to", "-", "--format", "parquet"), "parquet"),
    ],
)
def test_what_cant_go_to_stdout_is_refused_before_anything_is_sent(
    cli: Cli, nobody: int, words: tuple[str, ...], text: str
) -> None:
    outcome = cli(*words, url=f"http://127.0.0.1:{nobody}")
    assert outcome.code == 2
    assert text in outcome.first


class Taken:
    """An open file that takes a little at a time, as raw ones may."""

    def __init__(self) -> None:
        self.content = bytearray()

    def write(self, piece: Any) -> int:
        self.content += piece[: MEBI // 2]
        return min(len(piece), MEBI // 2)

    def flush(self) -> None:
        pass


class Reticent(Taken):
    """An open file that takes all, and doesn't say so."""

    def write(self, piece: Any) -> Any:
        self.content += piece


def piped(panel: Panel, taken: Taken | None = None) -> tuple[bytes, Any]:
    taken = taken or Taken()
    try:
        with client(panel) as blocking:
            return bytes(taken.content), blocking.export(Database(1), to=taken) and bytes(taken.content)  # type: ignore[arg-type]
    except (DownloadError, UsageError) as error:
        return bytes(taken.content), error


def test_a_stream_goes_on_where_the_panel_allows_it() -> None:
    panel = Panel([LARGE], 4 * MEBI, cuts=[3 * MEBI])
    _, content = piped(panel)
    assert content == LARGE
    assert panel.ranges == [None, f"bytes={3 * MEBI}-"]


def test_a_stream_that_does_not_say_how_much_it_took_took_all() -> None:
    assert piped(Panel([LARGE], 4 * MEBI), Reticent())[1] == LARGE


@contextmanager
def impatient() -> Iterator[int]:
    """The end of a pipe that nobody reads: writing to it doesn't block."""
    reading, writing = os.pipe()
    try:
        os.set_blocking(writing, False)
        yield writing
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize("buffering", [0, 4096])
def test_a_stream_that_is_not_ready_loses_nothing_in_silence(buffering: int) -> None:
    with impatient() as end:
        stream: Any = os.fdopen(end, "wb", buffering, closefd=False)
        with (
            client(Panel([LARGE], 4 * MEBI)) as blocking,
            pytest.raises(DownloadError, match="not ready for more") as e,
        ):
            blocking.export(Database(1), to=stream)
        assert "make the stream block" in e.value.hints[0]
        # What its buffer holds can't be written when it goes.
        (stream.raw if buffering else stream).close()


@pytest.mark.parametrize("unbuffered", ["1", ""])
def test_a_stdout_that_is_not_ready_is_an_error(panel: RunningSandbox, unbuffered: str) -> None:
    env = environment(
        PROFILE_EXPORT_TOKEN=TOKEN, PROFILE_EXPORT_BASE_URL=panel.url, NO_PROXY="*", PYTHONUNBUFFERED=unbuffered
    )
    with impatient() as end:
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(end, bytes(4096))
        words = [PROGRAM, "run", "database:1", "--to", "-"]
        ended = subprocess.run(words, env=env, stdout=end, stderr=subprocess.PIPE, check=False)
    assert b"not ready for more" in ended.stderr
    assert ended.returncode == 7


def test_a_stream_cant_begin_anew() -> None:
    panel = Panel([LARGE], 4 * MEBI, cuts=[3 * MEBI], etag=False)
    content, error = piped(panel)
    assert content == LARGE[: 3 * MEBI]
    assert isinstance(error, DownloadError)
    assert "broke off after" in str(error)
    assert error.exit_code == 7
    assert len(panel.ranges) == 2


def test_wrong_rows_are_told_although_they_were_written() -> None:
    content, error = piped(Panel([b"id\n1\n"], 2))
    assert content == b"id\n1\n"
    assert isinstance(error, IntegrityError)


def test_several_files_are_refused_before_the_first_byte() -> None:
    panel = Panel([b"id\n1\n", b"id\n2\n"], 2)
    content, error = piped(panel)
    assert isinstance(error, UsageError)
    assert any("task-1" in hint for hint in error.hints)
    assert (content, panel.ranges) == (b"", [])


def test_a_full_disk_behind_the_stream_is_an_error(panel: RunningSandbox) -> None:
    env = environment(PROFILE_EXPORT_TOKEN=TOKEN, PROFILE_EXPORT_BASE_URL=panel.url, NO_PROXY="*")
    with Path("/dev/full").open("wb") as full:
        words = [PROGRAM, "run", "database:1", "--to", "-"]
        ended = subprocess.run(words, env=env, stdout=full, stderr=subprocess.PIPE, check=False)
    assert ended.returncode == 7
    assert b"can't write" in ended.stderr


def test_a_stdout_that_is_closed(panel: RunningSandbox) -> None:
    env = environment(PROFILE_EXPORT_TOKEN=TOKEN, PROFILE_EXPORT_BASE_URL=panel.url, NO_PROXY="*")
    shell = ["sh", "-c", 'exec "$@" >&-', "sh", PROGRAM, "run", "database:1", "--to", "-"]
    ended = subprocess.run(shell, env=env, capture_output=True, text=True, check=False)
    told = ["profile-export: stdout is closed, where --to - puts the file", "hint: pass a folder"]
    assert (ended.returncode, ended.stderr.splitlines()) == (2, told)
