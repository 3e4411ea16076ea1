"""What a fault is: its name, what the server does, and how the client must end when it passes and when it stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import attrs

from contract_tests.faults import panel
from contract_tests.faults.panel import STEPS, Manners, Step
from contract_tests.faults.wire import Reply, Request, Wire
from profile_export import errors
from profile_export.errors import ExportError

COMPLETE: Final = "complete"
ERRORS: Final[Mapping[str, type[ExportError]]] = {
    kind.slug: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ExportError)
}


@attrs.frozen
class Exchange:
    """One request that a fault may answer.

    Attributes:
        wire: The connection.
        request: What was asked.
        right: What a faultless panel would answer.
        count: Which request of its step this is, from 1.
        nth: Which request of its connection this is, from 1.
        url: The server's own address.
        foreign: Host and port of an address that is none of the panel's.
        refuse: Lets the server accept no more connections.
    """

    wire: Wire
    request: Request
    right: Reply
    count: int
    nth: int
    url: str
    foreign: str
    refuse: Callable[[], None]

    def reply(self, data: Any, **members: Any) -> None:
        """Sends an envelope with other data, in the request's format."""
        self.wire.send(panel.envelope(self.request, data, **members).whole())


def exit_code(end: str) -> int:
    """What the command line exits with."""
    return 0 if end == COMPLETE else ERRORS[end].exit_code


Act = Callable[[Exchange], None]


@attrs.frozen
class Ends:
    """How an export ends: "complete" or an error's slug.

    Attributes:
        every: When every request of the step meets the fault.
        first: When only the first one does; None where that is no case of its own.
    """

    every: str
    first: str | None = COMPLETE


@attrs.frozen
class Fault:
    """One way to misbehave.

    Attributes:
        name: For the command line and test ids.
        what: For the table.
        act: What the server does in place of the right answer.
        ends: How the client ends, for each step at which the fault is tried.
        patience: The request timeout under which it is tried; short only where the client must wait for nothing.
        attempts: How often it is tried in all.
        wait: The timeout of the wait for the task.
        host: The address that the panel listens on.
        listens: Whether it accepts connections at all.
        room: Bytes that a file may have; None for what the disk has.
        in_xml: Whether it is tried in XML, too.
        manners: How the panel treats ranges meanwhile.
    """

    name: str
    what: str
    act: Act
    ends: Mapping[Step, Ends]
    patience: float = 5.0
    attempts: int = 3
    wait: float = 60.0
    host: str = "127.0.0.1"
    listens: bool = True
    room: int | None = None
    in_xml: bool = False
    manners: Manners = attrs.field(factory=Manners)


@attrs.frozen
class Case:
    """One export under one fault: one test."""

    fault: Fault
    step: Step
    times: int | None
    end: str

    def __str__(self) -> str:
        return f"{self.fault.name}-{self.step}-{'every' if self.times is None else 'first'}"


@attrs.frozen
class Line:
    """One line of the table: a fault at one step."""

    fault: Fault
    step: Step
    ends: Ends


def lines(faults: tuple[Fault, ...]) -> Iterator[Line]:
    """All lines, step by step."""
    for step in STEPS:
        for fault in faults:
            if step in fault.ends:
                yield Line(fault, step, fault.ends[step])


def cases(faults: tuple[Fault, ...]) -> Iterator[Case]:
    """What is tried: every line once, and once more where the fault may pass."""
    for line in lines(faults):
        if line.ends.first is not None:
            yield Case(line.fault, line.step, 1, line.ends.first)
        yield Case(line.fault, line.step, None, line.ends.every)
