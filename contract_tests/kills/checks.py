"""What must hold at every moment, and what must hold at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from contract_tests.kills.panel import NAMES
from contract_tests.kills.runs import World
from profile_export import _records
from profile_export._journal import NAME
from profile_export._records import Record

OLD = b"what stood there before\n"


def records(world: World) -> list[Record]:
    folder = world.journal
    names = sorted(path for path in folder.iterdir() if NAME.fullmatch(path.name)) if folder.is_dir() else []
    return [_records.read(path.read_bytes(), path.name) for path in names if path.stat().st_size]


def check_files(world: World) -> None:
    """0 wrong bytes: what has a final name is whole, and of one version of one task."""
    for index, name in enumerate(NAMES):
        path = world.exports / name
        if path.exists():
            right = [content for task in world.panel.tasks.values() for content in task.versions(index)]
            content = path.read_bytes()
            assert content in right or (world.overwrite and content == OLD), (name, content)


def check_nothing_lost(world: World) -> None:
    """0 lost tasks: the journal leads to every task of the panel."""
    known = {record.task_id for record in records(world)} | {record.request_id for record in records(world)}
    for task in world.panel.tasks.values():
        assert task.useless or task.id in known or task.request_id in known, (task.id, records(world))


def check_finished(world: World, tasks: int = 1) -> None:
    """One task was made, its files are there, its record says so, and nothing else is left."""
    assert len(world.panel.tasks) == tasks
    last = world.panel.last
    assert last is not None
    names = NAMES[: world.panel.files]
    assert everything_below(world.exports) == sorted(names)
    for index, name in enumerate(names):
        assert (world.exports / name).read_bytes() in last.versions(index), name
    done = [record for record in records(world) if not record.pending]
    assert [record.stage for record in done] == ["done"]
    assert [record.task_id for record in done] == [last.id]
    assert everything_below(world.journal) == [f"{record.id}.json" for record in done]
    assert everything_below(world.root) == ["exports", "journal"]


def everything_below(folder: Path) -> list[str]:
    return sorted(_names(folder))


def _names(folder: Path) -> Iterator[str]:
    return (path.name for path in folder.iterdir())
