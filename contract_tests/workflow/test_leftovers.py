"""Part files across runs: what an earlier run left is taken up by one later run of the same task, or left alone."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from profile_export import _files, _leftovers, _ownership, _part_file, errors
from profile_export._leftovers import read_record, record_of, take_up
from profile_export._part_file import PartFile
from profile_export._parts import PartFiles
from profile_export._ranges import ResumePoint

CONTENT = b'id,email\n1,"a\nb"\n2,c\n'
TAG = '"v1"'
TASK = "task_1"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "exports" / "1_database_export.csv"


def names(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir()) if target.parent.exists() else []


def begun(target: Path, content: bytes = CONTENT, *, etag: str | None = TAG, task: str = TASK) -> PartFile:
    """A part file on which this process works."""
    part = PartFiles().begin(target, task, count_rows=True, announced=100, etag=etag)
    assert isinstance(part, PartFile)
    part.write(content)
    return part


def killed(target: Path, content: bytes = CONTENT, **more: Any) -> Path:
    """A part file as kill -9 leaves it."""
    part = begun(target, content, **more)
    part._close()
    _ownership.let_go(part.path)
    return part.path


def kept(target: Path, content: bytes = CONTENT, **more: Any) -> Path:
    """A part file as an error or Ctrl-C leaves it."""
    part = begun(target, content, **more)
    part.keep()
    return part.path


leave = pytest.mark.parametrize("leave", [killed, kept])


@leave
def test_a_later_run_goes_on(target: Path, leave: Callable[..., Path]) -> None:
    left = leave(target, CONTENT[:13])
    with PartFiles() as parts:
        point = parts.look(target, TASK, count_rows=True)
        assert point == ResumePoint(13, TAG, 100)
        part = parts.here(target)
        assert isinstance(part, PartFile)
        assert part.path != left, "a name of its own claims it"
        assert stat.S_IMODE(part.path.stat().st_mode) == 0o600
        part.go_on(len(CONTENT))
        part.write(CONTENT[13:])
        facts = part.finish(len(CONTENT))
        assert (facts.sha256, facts.records, facts.resumed_from) == (hashlib.sha256(CONTENT).hexdigest(), 3, 13)
        parts.publish(target, overwrite=False)
    assert names(target) == [target.name]
    assert target.read_bytes() == CONTENT


def test_of_several_the_longest_is_taken_and_the_rest_go(target: Path) -> None:
    killed(target, CONTENT[:5])
    killed(target, CONTENT[:15])
    killed(target, CONTENT[:10])
    with PartFiles() as parts:
        assert parts.look(target, TASK, count_rows=True) == ResumePoint(15, TAG, 100)
        assert len(names(target)) == 2


def test_what_somebody_works_on_is_left_alone(target: Path) -> None:
    part = begun(target)
    assert PartFiles().look(target, TASK, count_rows=True) is None
    assert part.path.read_bytes() == CONTENT
    part.discard()
    assert names(target) == []


def test_what_belongs_to_another_task_is_left_alone(target: Path) -> None:
    left = killed(target, task="task_2")
    assert PartFiles().look(target, TASK, count_rows=True) is None
    assert names(target) == [left.name, record_of(left).name]


@pytest.mark.parametrize("etag", [None], ids=["without a tag"])
def test_what_nobody_can_go_on_with_goes(target: Path, etag: str | None) -> None:
    killed(target, etag=etag)
    assert PartFiles().look(target, TASK, count_rows=True) is None
    assert names(target) == []


def test_names_that_look_like_patterns_are_names(target: Path) -> None:
    odd = target.with_name("[ab]*.csv")
    other = target.with_name("a.csv")
    killed(other)
    assert PartFiles().look(odd, TASK, count_rows=False) is None
    killed(odd)
    with PartFiles() as parts:
        assert parts.look(odd, TASK, count_rows=False) is not None
    assert len([name for name in names(target) if name.startswith("a.csv")]) == 2


class TestLossOfPower:
    """After the machine went down, only what was synced is what it was."""

    def test_what_was_synced_counts(self, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        left = kept(target)
        left.write_bytes(CONTENT + b"\0" * 50)
        monkeypatch.setattr(_ownership, "boot", lambda: "after")
        with PartFiles() as parts:
            assert parts.look(target, TASK, count_rows=True) == ResumePoint(len(CONTENT), TAG, 100)
            part = parts.here(target)
            assert isinstance(part, PartFile)
            part.go_on(None)
            assert part.path.read_bytes() == CONTENT, "what came behind is cut off"

    @pytest.mark.parametrize("boot", ["after", ""])
    def test_what_was_not_begins_again(self, target: Path, monkeypatch: pytest.MonkeyPatch, boot: str) -> None:
        killed(target)
        monkeypatch.setattr(_ownership, "boot", lambda: boot)
        assert PartFiles().look(target, TASK, count_rows=True) is None

    def test_a_clean_end_waits_for_the_disk_and_a_begin_does_not(
        self, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced: list[str] = []
        real = os.fsync

        def sync(descriptor: int) -> None:
            synced.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
            real(descriptor)

        monkeypatch.setattr(os, "fsync", sync)
        part = begun(target)
        assert set(synced[synced.index("file") :]) == {"file"}, "records are whole, and nobody waits for more"
        synced.clear()
        part.keep()
        assert synced == ["file", "file", "folder"], "the bytes, then the record that vouches for them"

    def test_a_promise_is_taken_back_before_other_bytes_are_written(
        self, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        part = begun(target)
        part.keep()
        again = PartFile.left_behind(target, TASK, count_rows=False)
        assert again is not None
        synced: list[str] = []
        monkeypatch.setattr(_files, "sync_directory", lambda path: synced.append(path.name))
        again.restart(None, '"other"')
        assert synced == [target.parent.name]
        synced.clear()
        again.restart(None, '"third"')
        assert synced == []
        again.discard()


class TestWhoMayBeBelieved:
    """A folder that others write to."""

    def test_a_link_is_not_followed(self, target: Path, tmp_path: Path) -> None:
        left = killed(target)
        left.rename(tmp_path / "behind")
        left.symlink_to(tmp_path / "behind")
        assert PartFiles().look(target, TASK, count_rows=True) is None
        assert (tmp_path / "behind").read_bytes() == CONTENT

    def test_a_file_of_somebody_else_is_not_taken(self, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        killed(target)
        mine = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
        assert PartFiles().look(target, TASK, count_rows=True) is None

    def test_a_second_name_of_a_published_file_is_not_written_to(self, target: Path) -> None:
        left = killed(target)
        target.hardlink_to(left)
        assert PartFiles().look(target, TASK, count_rows=True) is None
        assert target.read_bytes() == CONTENT
        assert names(target) == [target.name]

    @pytest.mark.parametrize(
        "change",
        [
            {"profile_export_part": 2},
            {"owner": {}},
            {"etag": 7},
            {"total": "1"},
            {"synced": None},
            {"task_id": None},
            {"more": 1},
        ],
        ids=str,
    )
    def test_a_record_that_does_not_fit_says_nothing(self, target: Path, change: dict[str, Any]) -> None:
        left = killed(target)
        members = {**json.loads(record_of(left).read_bytes()), **change}
        record_of(left).write_text(json.dumps(members))
        assert read_record(left) is None
        assert PartFiles().look(target, TASK, count_rows=True) is None
        assert left.read_bytes() == CONTENT, "nor is it ours to remove"

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"null"])
    def test_nor_does_what_is_no_record(self, target: Path, content: bytes) -> None:
        left = killed(target)
        record_of(left).write_bytes(content)
        assert read_record(left) is None


def test_a_record_without_its_part_goes(target: Path) -> None:
    left = killed(target)
    left.unlink()
    assert PartFiles().look(target, TASK, count_rows=True) is None
    assert names(target) == []


def test_of_two_that_claim_a_part_one_gets_it(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed(target)
    into = target.with_name(f"{target.name}.ffffffff.part")
    real = _leftovers.write_record

    def beaten(part: Path, record: Any, **more: Any) -> None:
        real(part, record, **more)
        if part == into:
            assert take_up(target, TASK, target.with_name(f"{target.name}.00000000.part")) is not None

    monkeypatch.setattr(_leftovers, "write_record", beaten)
    assert take_up(target, TASK, into) is None
    assert names(target) == [f"{target.name}.00000000.part", f"{target.name}.00000000.part.json"]


def test_what_can_not_be_read_any_more_begins_again(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed(target)

    def fail(*_: Any, **__: Any) -> None:
        raise OSError(5, "bad sector")

    with monkeypatch.context() as broken:
        broken.setattr(PartFile, "_read", fail)
        assert PartFiles().look(target, TASK, count_rows=True) is None
    assert names(target) == []


def test_who_slept_too_long_notices_that_its_file_is_gone(target: Path) -> None:
    part = begun(target)
    part.path.rename(target.with_name("taken"))
    acts: list[Callable[[None], object]] = [part.restart, part.go_on, lambda _: part.publish(overwrite=False)]
    for act in acts:
        with pytest.raises(errors.DownloadError, match="another process took up"):
            act(None)
    part.keep()
    assert target.with_name("taken").read_bytes() == CONTENT
    assert not target.exists()


ENDS: list[tuple[BaseException, bool]] = [
    (KeyboardInterrupt(), True),
    (SystemExit(3), True),
    (RuntimeError("a bug"), True),
    (errors.ResponseLost("lost"), True),
    (errors.IncompleteDownload("broke off"), True),
    (errors.NoSpace("full"), True),
    (errors.TargetExists("there"), True),
    (errors.ServerError("503"), True),
    (errors.IntegrityError("other rows"), False),
    (errors.LinkExpired("gone"), False),
    (errors.RemoteChanged("again and again"), False),
    (errors.TaskNotFound("gone"), False),
]


@pytest.mark.parametrize(("error", "stays"), ENDS, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("etag", [TAG, None], ids=["with a tag", "without"])
def test_what_stays_after_which_end(target: Path, error: BaseException, stays: bool, etag: str | None) -> None:
    def work() -> None:
        with PartFiles() as parts:
            parts.begin(target, TASK, count_rows=True, announced=None, etag=etag).write(CONTENT)
            raise error

    with pytest.raises(type(error)):
        work()
    assert len(names(target)) == (2 if stays and etag is not None else 0)


def test_nothing_stays_of_nothing(target: Path) -> None:
    def work() -> None:
        with PartFiles() as parts:
            parts.begin(target, TASK, count_rows=True, announced=None, etag=TAG)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert names(target) == []


def test_a_new_version_is_never_joined_to_bytes_of_the_old_one(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed at any step of a restart, the record vouches only for bytes of its own version."""
    part = begun(target)

    def killed_here(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killing:
        killing.setattr(_leftovers, "write_record", killed_here)
        with pytest.raises(KeyboardInterrupt):
            part.restart(100, '"v2"')
    record = read_record(part.path)
    assert record is not None
    assert (record.etag, part.path.stat().st_size) == (TAG, 0)
    part.discard()


def test_clearing_removes_what_is_left_of_a_task(target: Path) -> None:
    killed(target)
    other = killed(target, task="task_2")
    _leftovers.clear(target, TASK)
    assert names(target) == [other.name, record_of(other).name]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(5, "input/output error")], ids=repr)
@pytest.mark.parametrize("after", ["forget", "sync_directory"])
def test_an_end_after_the_name_was_given_is_told_as_what_it_is(
    target: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, after: str
) -> None:
    def ends(*_: Any) -> None:
        raise error

    def work() -> None:
        with PartFiles() as parts:
            parts.begin(target, TASK, count_rows=True, announced=None, etag=TAG).write(CONTENT)
            with monkeypatch.context() as broken:
                broken.setattr(_leftovers if after == "forget" else _part_file, after, ends)
                parts.publish(target, overwrite=False)

    with pytest.raises(KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else errors.DownloadError):
        work()
    assert names(target) == [target.name]
    assert target.read_bytes() == CONTENT


def test_a_full_disk_at_a_clean_end_keeps_what_was_vouched_for(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = begun(target)

    def full(*_: Any) -> None:
        raise OSError(28, "no space")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        part.keep()
    record = read_record(part.path)
    assert record is not None
    assert record == attrs.evolve(record, synced=0, etag=TAG)
    with PartFiles() as parts:
        assert parts.look(target, TASK, count_rows=True) is not None


def ranged(target: Path, *, kept: bool) -> Path:
    """A part file with 8 bytes at its start, and 4 that another connection brought from byte 12 on."""
    part = begun(target, CONTENT[:8])
    part.beyond[12] = 12
    part.write_range(12, CONTENT[12:16])
    part._write_record()
    assert part._tells_ranges
    if kept:
        part.keep()
    else:
        part._close()
        _ownership.let_go(part.path)
    return part.path


@leave
@pytest.mark.parametrize(
    "sibling", ["1_database_export.csv.1", "1_database_export.csv.gz", "1_database_export.csv.1.part"]
)
def test_a_name_that_begins_like_another_one_is_another_one(
    target: Path, leave: Callable[..., Path], sibling: str
) -> None:
    """Their tags may be the same, too: nginx makes them of time and length."""
    theirs = leave(target.with_name(sibling), CONTENT[:12])
    assert PartFile.left_behind(target, TASK, count_rows=True) is None
    _leftovers.clear(target, TASK)
    assert theirs.read_bytes() == CONTENT[:12]
    own = leave(target, CONTENT[:8])
    part = PartFile.left_behind(target, TASK, count_rows=True)
    assert part is not None
    assert part.size == 8
    assert theirs.exists()
    assert not own.exists()
    part.discard()


def test_an_interruption_while_ranges_are_hashed_loses_none(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = begun(target, CONTENT[:8])
    assert part.claim(8)
    part.write_range(8, CONTENT[8:16])
    with monkeypatch.context() as patch:
        patch.setattr(part, "_note", interrupted)
        with pytest.raises(KeyboardInterrupt):
            part.catch_up()
    assert part.received == 16
    part.keep()
    assert spans(target) == ((0, 16),)


def test_an_interruption_while_it_is_read_again_leaves_it_to_the_next_run(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(target)
    with monkeypatch.context() as patch:
        patch.setattr(PartFile, "_note", interrupted)
        with pytest.raises(KeyboardInterrupt):
            PartFile.left_behind(target, TASK, count_rows=True)
    part = PartFile.left_behind(target, TASK, count_rows=True)
    assert part is not None
    assert part.size == len(CONTENT)
    part.discard()


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def spans(target: Path) -> tuple[tuple[int, int], ...] | None:
    into = target.with_name("taken.part")
    leftover = take_up(target, TASK, into)
    return None if leftover is None else leftover.spans


def test_a_gap_is_never_taken_for_bytes(target: Path) -> None:
    part = begun(target, CONTENT[:8])
    assert part.claim(12)
    # Killed at its first bytes behind the gap, long before the next note of what is where.
    part.write_range(12, CONTENT[12:16])
    part._close()
    _ownership.let_go(part.path)
    assert spans(target) == ((0, 8),)


def test_a_range_that_was_dropped_is_not_taken_for_bytes(target: Path) -> None:
    part = begun(target, CONTENT[:8])
    assert part.claim(12)
    part.write_range(12, CONTENT[12:16])
    part.drop(12)
    part.write(CONTENT[8:10])
    part._write_record()
    part._close()
    _ownership.let_go(part.path)
    assert spans(target) == ((0, 10),)


def test_a_range_without_a_byte_leaves_no_gap(target: Path) -> None:
    part = begun(target, CONTENT[:8])
    assert part.claim(12)
    part.keep()
    assert part.path.stat().st_size == 8


@pytest.mark.parametrize("kept", [False, True])
def test_ranges_are_taken_up(target: Path, kept: bool) -> None:
    ranged(target, kept=kept)
    assert spans(target) == ((0, 8), (12, 16))


@pytest.mark.parametrize(("kept", "left"), [(False, None), (True, ((0, 8), (12, 16)))])
def test_a_loss_of_power_leaves_the_ranges_that_were_made_durable(
    target: Path, monkeypatch: pytest.MonkeyPatch, kept: bool, left: object
) -> None:
    ranged(target, kept=kept)
    monkeypatch.setattr(_ownership, "boot", lambda: "another")
    assert spans(target) == left


def test_what_a_loss_of_power_left_doesnt_pass_after_a_kill(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = kept(target, CONTENT[:8])
    with path.open("ab") as file:
        # Their length was noted, the bytes had not been written.
        file.write(bytes(20))
    monkeypatch.setattr(_ownership, "boot", lambda: "another")
    into = target.with_name(f"{target.name}.0123abcd.part")
    assert take_up(target, TASK, into) is not None
    # Whoever took it up is killed before his first byte, in the same boot.
    assert spans(target) == ((0, 8),)


def test_a_record_of_one_connection_beside_one_of_ranges(target: Path) -> None:
    killed(target, CONTENT[:10])
    larger = ranged(target, kept=True)
    assert spans(target) == ((0, 8), (12, 16))
    assert not larger.exists()
    assert len(names(target)) == 2


@pytest.mark.parametrize("ranges", [[[5, 3]], [[-1, 3]], [["0", 3]], [[0]], 7])
def test_a_record_of_bad_ranges_is_none(target: Path, ranges: object) -> None:
    path = ranged(target, kept=True)
    members = json.loads(record_of(path).read_bytes())
    record_of(path).write_text(json.dumps({**members, "ranges": ranges}))
    assert read_record(path) is None
