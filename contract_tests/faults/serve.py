"""The fault server by hand: `python -m contract_tests.faults.serve --fault NAME --port N`; `--list` names all."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Final, get_type_hints

from contract_tests.faults.catalogue import FAULTS
from contract_tests.faults.panel import STEPS, TOKEN, Manners, Panel
from contract_tests.faults.server import FaultServer, ForeignHost, Plan

BY_NAME: Final = {fault.name: fault for fault in FAULTS}


def parser() -> argparse.ArgumentParser:
    """The options; those for ranges come from `Manners`."""
    options = argparse.ArgumentParser(prog="python -m contract_tests.faults.serve", description=__doc__)
    options.add_argument("--list", action="store_true", help="name all faults and the steps that they fit")
    options.add_argument("--fault", choices=sorted(BY_NAME), metavar="NAME", help="without it the panel is faultless")
    options.add_argument("--step", choices=STEPS, help="where it happens; the first step that the fault fits")
    options.add_argument("--times", type=int, metavar="N", help="only for the first N requests of the step")
    options.add_argument("--host", default="127.0.0.1", help="the address to listen on, such as ::1")
    options.add_argument("--port", type=int, default=0, help="0 takes a free one")
    for name, kind in get_type_hints(Manners).items():
        options.add_argument(f"--{name.replace('_', '-')}", choices=kind.__args__, default=kind.__args__[0])
    return options


def listing() -> str:
    """All faults, a line each."""
    return "\n".join(f"{fault.name:<26} {', '.join(fault.ends):<26} {fault.what}" for fault in FAULTS)


def plan(fault: str | None, step: str | None, times: int | None) -> Plan | None:
    """What was asked for on the command line."""
    if fault is None:
        return None
    chosen = BY_NAME[fault]
    return Plan(
        chosen, next(known for known in STEPS if known == step or (step is None and known in chosen.ends)), times
    )


def say(line: str) -> None:
    """Writes a line that a program at the other end of a pipe gets at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Serves until Ctrl-C."""
    chosen = parser().parse_args()
    if chosen.list:
        say(listing())
        return
    panel = Panel(Manners(chosen.ranges, chosen.etag, chosen.if_range))
    planned = plan(chosen.fault, chosen.step, chosen.times)
    with (
        ForeignHost() as foreign,
        FaultServer(planned, panel=panel, host=chosen.host, port=chosen.port, foreign=foreign.address) as server,
    ):
        say(f"PROFILE_EXPORT_TOKEN={TOKEN} profile-export run database:1 --to exports/ --base-url {server.url}")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            say("the foreign address was called" if foreign.called() else "the foreign address was not called")


if __name__ == "__main__":
    main()
