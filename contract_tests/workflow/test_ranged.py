"""A file that several connections fill: however they come, break off and give up, no byte has another one's place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profile_export._leftovers import read_record
from profile_export._ownership import nobody
from profile_export._part_file import PartFile
from profile_export._parts import PartFiles

CONTENT = bytes(range(40))


def begun(folder: Path) -> PartFile:
    part = PartFiles().begin(folder / "a.json", "task_1", count_rows=False, announced=len(CONTENT), etag='"v1"')
    assert isinstance(part, PartFile)
    return part


@pytest.mark.parametrize("gives_up", ["without a byte", "with bytes that are not to be believed"])
def test_a_range_that_is_given_up_at_the_moment_that_the_first_connection_reaches_it(
    tmp_path: Path, gives_up: str
) -> None:
    part = begun(tmp_path)
    assert part.claim(5)
    part.write(CONTENT[:8])
    assert part.full
    if gives_up == "without a byte":
        part.give_back(5)
    else:
        part.write_range(5, CONTENT[5:9])
        part.drop(5)
    # What the first connection brings next stands behind the bytes that nobody brings any more.
    assert part.full
    part.write(CONTENT[8:])
    assert part.path.read_bytes()[: part.size] == CONTENT[:5]
    part.go_on(len(CONTENT))
    assert not part.full
    part.write(CONTENT[5:])
    assert part.finish(len(CONTENT)).size == len(CONTENT)
    assert part.path.read_bytes() == CONTENT
    part.discard()


def test_what_is_not_to_be_believed_is_taken_back_from_the_record(tmp_path: Path) -> None:
    """Whoever takes the file up after a crash goes by the record."""
    part = begun(tmp_path)
    part.write(CONTENT[:5])
    assert part.claim(10)
    assert part.claim(20)
    part.write_range(10, CONTENT[10:15])
    part.write_range(20, CONTENT[20:25])
    part.give_back(10)
    part.drop(20)
    record = read_record(part.path)
    assert record is not None
    assert record.ranges == ((0, 5), (10, 15))
    part.discard()


def test_what_is_kept_for_a_later_run_is_nobody_s(tmp_path: Path) -> None:
    """Another container may take it up, where no process of this one can be asked for."""
    part = begun(tmp_path)
    part.write(CONTENT[:5])
    part.keep()
    record = read_record(part.path)
    assert record is not None
    assert (record.owner, record.synced) == (nobody(), 5)


places = st.integers(0, len(CONTENT) - 1)
steps = st.one_of(
    st.tuples(st.just("first"), st.integers(1, 12)),
    st.tuples(st.sampled_from(["claim", "give back", "drop"]), places),
    st.tuples(st.just("range"), places),
    st.just(("again", 0)),
)


class Connections:
    """Plays the connections of a part file, as `_fetch` does: the first stops where it is told that there is enough."""

    def __init__(self, part: PartFile) -> None:
        self.part = part
        self.first: int | None = 0

    def play(self, step: str, number: int) -> None:
        part, at = self.part, self.first
        if step == "first" and at is not None:
            part.write(CONTENT[at : at + number])
            self.first = None if part.full else at + number
        elif step == "again" and self.first is None:
            part.go_on(len(CONTENT))
            self.first = None if part.full else part.size
        elif step == "claim":
            part.claim(number)
        elif number in part.beyond:
            self.end(step, number)

    def end(self, step: str, start: int) -> None:
        if step == "give back":
            self.part.give_back(start)
        elif step == "drop":
            self.part.drop(start)
        elif step == "range":
            end = self.part.beyond[start]
            others = [other for other in self.part.beyond if other > start]
            self.part.write_range(start, CONTENT[end : min([end + 3, *others])])

    def check(self) -> None:
        content = self.part.path.read_bytes()
        for start, end in self.part.spans:
            assert content[start:end] == CONTENT[start:end]


@given(st.lists(steps, max_size=30))
def test_every_byte_that_is_here_is_in_its_place(
    tmp_path_factory: pytest.TempPathFactory, played: list[tuple[str, int]]
) -> None:
    part = begun(tmp_path_factory.mktemp("parts"))
    connections = Connections(part)
    for step, number in played:
        connections.play(step, number)
        connections.check()
    part.discard()
