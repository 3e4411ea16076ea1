"""Exports in processes of their own, which can be killed: python -m contract_tests.kills.export_program URL.

A line `begin DIR` on its input starts an export to DIR/exports with the journal DIR/journal, and `finish DIR` what a
person does after a crash. Each answers with the number of its process, and with how that ended. They are forks of this
one, because starting Python a hundred times over would be most of the time.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from profile_export import Database, DownloadPolicy, ExportClient, PollPolicy, _splits

TOKEN = "a-token-for-the-sandbox"


def work(url: str, what: str, folder: Path) -> None:
    poll = PollPolicy(min_delay=0.05, max_delay=0.05)
    # Every other pair of folders is filled over several connections.
    several = DownloadPolicy(connections=4 if folder.name.isdigit() and int(folder.name) % 4 >= 2 else 1)
    with ExportClient(url, token=TOKEN, journal=folder / "journal", poll=poll, download=several) as client:
        finished = [outcome.unwrap() for outcome in client.resume_all(timeout=60)] if what == "finish" else []
        # Killed before its record was written, or after it was done.
        there = list((folder / "exports").glob("*.csv"))
        if not finished and not there:
            client.export(Database(1), to=folder / "exports", timeout=60)


def _tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def main(url: str) -> None:
    _splits.SMALLEST_RANGE = 4096  # type: ignore[misc]
    for line in sys.stdin:
        what, _, folder = line.strip().partition(" ")
        pid = os.fork()
        if pid == 0:
            try:
                work(url, what, Path(folder))
            except BaseException:  # noqa: BLE001 - whatever it was, it must not go on as the parent
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        _tell(pid)
        _tell(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


if __name__ == "__main__":
    main(sys.argv[1])
