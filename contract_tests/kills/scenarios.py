"""What is killed: exports under all kinds of conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from contract_tests.kills.checks import OLD
from contract_tests.kills.panel import LINKS_LAST, NAMES
from contract_tests.kills.runs import World
from profile_export.policy import RetryPolicy


@attrs.frozen(eq=False)
class Scenario:
    """An export that ends well when nobody kills it.

    Attributes:
        what: For people.
        options: Of the machine and the panel.
        faults: What the panel does wrong on the way.
        meanwhile: What happens between the end and the new beginning.
        before: What was there before all.
    """

    what: str
    options: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    faults: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict[str, tuple[str, ...]])
    meanwhile: Callable[[World], None] = lambda _: None
    before: Callable[[World], None] = lambda _: None

    def world(self, root: Path) -> World:
        world = World.new(root, **self.options)
        world.panel.faults = {kind: list(faults) for kind, faults in self.faults.items()}
        self.before(world)
        return world


def _old_files(world: World) -> None:
    run = world.machine.start()
    with world.machine.running(run):
        world.exports.mkdir()
    world.machine.end(run)
    for name in NAMES:
        (world.exports / name).write_bytes(OLD)
        world.machine.disk.adopt(world.exports / name)


def _links_expire(world: World) -> None:
    world.machine.now += LINKS_LAST


ONE: Final = {"files": 1}
SCENARIOS: Final = (
    Scenario("one file", ONE),
    Scenario("two files"),
    Scenario("a panel without tags and ranges", {"tags": False}),
    Scenario("the answer to the create is lost", ONE, {"create": ("drop",)}),
    Scenario("the panel fails, then asks for patience", ONE, {"create": ("500", "429"), "status": ("500",)}),
    Scenario("the download breaks off twice", ONE, {"fetch": ("reset", "reset")}),
    Scenario("three connections", {"files": 1, "connections": 3}),
    Scenario(
        "three connections, of which two break off", {"files": 1, "connections": 3}, {"fetch": ("", "reset", "reset")}
    ),
    Scenario("the panel learns late of a new task", {"files": 1, "lag": 3.0}),
    Scenario("the first link is refused", ONE, {"fetch": ("410",)}),
    Scenario("all links expire after the end", ONE, meanwhile=_links_expire),
    Scenario("the files become others after the end", ONE, meanwhile=lambda world: world.panel.change()),
    Scenario("files of the same names are replaced", {"overwrite": True}, before=_old_files),
)

# A panel that would make a second task, and a client that must not ask it to.
NEVER: Final = Scenario(
    'a panel that recognises no `Request-ID`, and `create="never"`',
    {"files": 1, "recognises": False, "retry": RetryPolicy(create="never")},
)
