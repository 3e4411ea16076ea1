"""Hash and rows are those of the bytes, whether they are found out at once or in threads of their own."""

from __future__ import annotations

import hashlib
import itertools
import random
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profile_export import _evidence
from profile_export._evidence import Evidence
from profile_export._parts import PartFiles
from profile_export._rows import RecordCounter

LINE = b'1,"Ivan ""the\n2nd""",Petrov\r\n'
CONTENT = b"".join(LINE.replace(b"1", str(number).encode(), 1) for number in range(40_000))


def helpers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("profile-export")]


def cut(sizes: list[int]) -> list[bytes]:
    """The content in pieces of these sizes, in turn."""
    pieces, start = [], 0
    for size in itertools.cycle(sizes):
        pieces.append(CONTENT[start : start + size])
        start += size
        if start >= len(CONTENT):
            return pieces
    raise AssertionError


@settings(max_examples=25)
@given(sizes=st.lists(st.sampled_from([1000, 100_000, 2**17, 2**18, 400_001, 2**20]), min_size=1, max_size=5))
def test_buffers_may_be_used_again_when_the_next_piece_was_taken(sizes: list[int]) -> None:
    buffers = itertools.cycle([bytearray(2**20), bytearray(2**20)])
    evidence = Evidence(count_rows=True)
    for piece in cut(sizes):
        buffer = next(buffers)
        buffer[: len(piece)] = piece
        evidence.take(memoryview(buffer)[: len(piece)])
    assert evidence.sha256() == hashlib.sha256(CONTENT).hexdigest()
    assert evidence.records() == 40_000
    evidence.close()
    assert helpers() == []


def test_without_rows_only_the_hash_is_found_out() -> None:
    evidence = Evidence(count_rows=False)
    evidence.take(CONTENT)
    assert evidence.records() is None
    assert evidence.sha256() == hashlib.sha256(CONTENT).hexdigest()
    evidence.close()


def test_small_pieces_need_no_threads() -> None:
    evidence = Evidence(count_rows=True)
    for start in range(0, len(CONTENT), _evidence.WORTH_A_THREAD - 1):
        evidence.take(CONTENT[start : start + _evidence.WORTH_A_THREAD - 1])
    assert helpers() == []
    assert evidence.records() == 40_000


def test_what_a_thread_meets_is_raised_where_the_next_piece_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: object, _piece: bytes) -> None:
        raise MemoryError

    monkeypatch.setattr(RecordCounter, "feed", broken)
    evidence = Evidence(count_rows=True)
    evidence.take(CONTENT)
    with pytest.raises(MemoryError):
        evidence.take(CONTENT)
    evidence.close()


@pytest.mark.parametrize("again", [False, True], ids=["at once", "after a restart"])
def test_a_part_file_proves_what_was_written_and_leaves_no_thread(tmp_path: Path, *, again: bool) -> None:
    content = CONTENT if not again else random.Random(1).randbytes(2**21)
    with PartFiles() as parts:
        part = parts.begin(tmp_path / "file.csv", count_rows=True, announced=None)
        if again:
            part.write(CONTENT)
            part.restart(None)
        for start in range(0, len(content), 300_000):
            part.write(memoryview(content)[start : start + 300_000])
        facts = part.finish(len(content))
        assert (facts.size, facts.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        parts.publish(tmp_path / "file.csv", overwrite=False)
        assert helpers() == []
    assert (tmp_path / "file.csv").read_bytes() == content
