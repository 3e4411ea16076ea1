"""A run that is killed before any one of its effects leaves whole files or nothing, on a real disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contract_tests.workflow.worlds import LINK, OTHER_LINK, World, completed, settings, state
from profile_export import _effects as do
from profile_export._download import Destination
from profile_export._file_work import with_files
from profile_export._parts import PartFiles
from profile_export._requests import ExportRequest
from profile_export._workflow import export
from profile_export.types import Database

CONTENT = b"id\n1\n2\n"


class DiskWorld(World):
    """A scripted world with a real disk, which ends at a chosen effect."""

    def __init__(self, kill_at: int | None, parts: PartFiles, *, after: bool) -> None:
        super().__init__(states=[state("running", 50), completed(total=4, urls=(LINK, OTHER_LINK))])
        self.kill_at = kill_at
        self.after = after
        self.parts = parts

    def perform(self, effect: do.Effect[Any]) -> Any:
        killed = len(self.performed) == self.kill_at
        if killed and not self.after:
            raise KeyboardInterrupt
        answer = self._perform(effect)
        if killed:
            raise KeyboardInterrupt
        return answer

    def _perform(self, effect: do.Effect[Any]) -> Any:
        match effect:
            case do.Fetch(_, target):
                part = self.parts.begin(target, count_rows=True, announced=len(CONTENT))
                part.write(CONTENT)
                return part.finish(len(CONTENT))
            case do.FileEffect():
                return with_files(effect, self.parts)
            case _:
                return super().perform(effect)


def run(folder: Path, kill_at: int | None, *, after: bool = False) -> int:
    with PartFiles() as parts:
        world = DiskWorld(kill_at, parts, after=after)
        world.run(export(ExportRequest(Database(1)), Destination(folder), settings(), 60))
    return len(world.performed)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_killed_run_leaves_whole_files_or_nothing(tmp_path: Path, after: bool) -> None:
    steps = run(tmp_path / "whole", None)
    assert steps > 15
    for step in range(1, steps + 1):
        folder = tmp_path / str(step)
        with pytest.raises(KeyboardInterrupt):
            run(folder, step, after=after)
        left = list(folder.iterdir()) if folder.exists() else []
        assert all(path.suffix == ".csv" and path.read_bytes() == CONTENT for path in left)


def test_a_run_after_a_killed_one_succeeds(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, 12)
    run(tmp_path, None)
    assert len(list(tmp_path.iterdir())) == 2
