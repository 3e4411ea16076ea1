"""What was verified before a crash is finished without the panel; what can't be finished any more leaves nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from contract_tests.kills.checks import everything_below, records
from contract_tests.kills.panel import NAMES
from contract_tests.kills.runs import Program, Run, World
from profile_export._download import Destination
from profile_export._resume import resume


def killed_in_publishing(root: Path, names_given: int, **options: Any) -> World:
    """Both files are verified, and so many have their names."""
    world = World.new(root, **options)
    run = world.start(world.export())
    for _ in range(names_given):
        step_to(run, "Publish")
        run.step()
    step_to(run, "Publish")
    run.kill()
    [record] = records(world)
    assert record.stage == "verified"
    assert len(given_names(world)) == names_given
    return world


def step_to(run: Run, effect: str) -> None:
    while run.effect != effect:
        assert not run.ended
        run.step()


def given_names(world: World) -> list[str]:
    return [name for name in everything_below(world.exports) if name in NAMES]


def programs(world: World) -> dict[str, Program]:
    return {"export": world.export(), "resume_all": world.resume_all()}


@pytest.mark.parametrize("program", ["export", "resume_all"])
@pytest.mark.parametrize("names_given", [0, 1])
def test_verified_files_get_their_names_although_the_panel_forgot_the_task(
    tmp_path: Path, names_given: int, program: str
) -> None:
    world = killed_in_publishing(tmp_path / "root", names_given)
    task = world.panel.last
    assert task is not None
    world.panel.forget()

    effects: list[str] = []
    run = world.start(programs(world)[program])
    while not run.ended:
        effects.append(run.effect)
        run.step()

    assert run.error is None, run.error
    assert not {"CreateTask", "GetStatus", "Fetch"} & set(effects)
    assert everything_below(world.exports) == sorted(NAMES)
    assert [(world.exports / name).read_bytes() for name in NAMES] == [task.content(index) for index in range(2)]
    assert [record.stage for record in records(world)] == ["done"]


def test_a_part_file_that_was_changed_since_is_not_published(tmp_path: Path) -> None:
    world = killed_in_publishing(tmp_path / "root", 0)
    for part in world.exports.glob("*.part"):
        part.write_bytes(b"x" + part.read_bytes()[1:])
    run = world.start(world.export()).finish()
    assert run.error is None, run.error
    task = world.panel.last
    assert task is not None
    assert [(world.exports / name).read_bytes() for name in NAMES] == [task.content(index) for index in range(2)]


def resume_to(world: World, folder: Path) -> Program:
    [record] = records(world)
    return (yield resume(record, Destination(folder), world.settings, None))


def test_what_was_to_go_elsewhere_meanwhile_can_come_back(tmp_path: Path) -> None:
    world = killed_in_publishing(tmp_path / "root", 1)
    elsewhere = world.start(resume_to(world, world.root / "other"))
    for _ in range(2):
        step_to(elsewhere, "Publish")
        elsewhere.step()
    elsewhere.kill()
    [result] = world.start(world.resume_all()).finish().result
    assert [file.path for file in result.files] == [world.exports / name for name in NAMES]
    assert everything_below(world.exports) == sorted(NAMES)
    assert [record.stage for record in records(world)] == ["done"]


def test_a_name_that_was_taken_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    world = killed_in_publishing(tmp_path / "root", 0)
    (world.exports / NAMES[0]).write_bytes(b"another's")
    run = world.start(world.export()).finish()
    assert run.error is not None
    assert run.error.slug == "target-exists"
    assert (world.exports / NAMES[0]).read_bytes() == b"another's"


def written_now(world: World, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    now = world.machine.wall_clock() + 1
    os.utime(path, (now, now))


def test_nor_is_it_by_an_export_that_was_to_replace_files_of_before(tmp_path: Path) -> None:
    world = killed_in_publishing(tmp_path / "root", 1, overwrite=True)
    written_now(world, world.exports / NAMES[1], b"another's")
    for _ in range(2):
        run = world.start(world.resume_all()).finish()
        [error] = run.result
        assert error.slug == "target-exists"
        assert error.task_id is not None
        assert (world.exports / NAMES[1]).read_bytes() == b"another's"
    [record] = records(world)
    assert (record.stage, record.overwrite) == ("verified", False)


def test_what_it_published_itself_is_not_in_its_way(tmp_path: Path) -> None:
    world = killed_in_publishing(tmp_path / "root", 1, overwrite=True)
    given = world.exports / NAMES[0]
    written_now(world, given, given.read_bytes())
    run = world.start(world.resume_all()).finish()
    [result] = run.result
    assert [file.path.name for file in result.files] == list(NAMES)
    assert [record.stage for record in records(world)] == ["done"]


def test_a_task_that_is_gone_leaves_no_part_files(tmp_path: Path) -> None:
    world = World.new(tmp_path / "root", files=1)
    world.panel.faults = {"fetch": ["reset"]}
    run = world.start(world.export())
    step_to(run, "Fetch")
    run.step()
    run.kill()
    assert any(name.endswith(".part") for name in everything_below(world.exports))
    world.panel.forget()
    resumed = world.start(world.resume_all()).finish()
    assert resumed.error is None
    assert [record.stage for record in records(world)] == ["failed"]
    assert everything_below(world.exports) == []
