"""The page of faults shows what the tests run, and its command works."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from contract_tests.faults import serve, table
from contract_tests.faults.catalogue import FAULTS
from contract_tests.faults.fault import lines

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_the_one_of_the_declarations() -> None:
    assert table.PAGE.read_text(encoding="utf-8") == table.page(), table.REMEDY


def test_the_page_has_a_line_for_every_fault_and_step() -> None:
    rows = re.findall(r"^\| .* \| \d+ \|$", table.page(), re.MULTILINE)
    assert len(rows) == len(list(lines(FAULTS)))
    assert len({fault.what for fault in FAULTS}) == len(FAULTS)


def test_the_server_by_hand_says_how_to_use_it_and_serves(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "contract_tests.faults.serve", "--fault", "403", "--times", "1"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            hint = server.stdout.readline().split()
            assert hint[1:3] == ["profile-export", "run"]
            token = hint[0].partition("=")[2]
            assert token
            assert hint[-1].startswith("http://127.0.0.1:")
        finally:
            server.terminate()


def test_faults_are_listed_and_planned() -> None:
    assert len(serve.listing().splitlines()) == len(FAULTS)
    planned = serve.plan("404", None, 2)
    assert planned is not None
    assert (planned.step, planned.times) == ("download", 2)
    assert serve.plan(None, None, None) is None
    chosen = serve.parser().parse_args(["--fault", "stall", "--etag", "weak", "--ranges", "wrong-start"])
    assert (chosen.etag, chosen.ranges, chosen.if_range) == ("weak", "wrong-start", "honoured")
