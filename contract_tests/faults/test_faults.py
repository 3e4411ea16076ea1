"""Every fault of the catalogue ends in a whole file or its named error, in time, with nothing left or leaked."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract_tests.faults import bench
from contract_tests.faults.catalogue import FAULTS
from contract_tests.faults.fault import ERRORS, Case, cases

ALL = list(cases(FAULTS))
LASTING = [case for case in ALL if case.times is None]
# What stalls has no format, and takes long.
IN_XML = [case for case in LASTING if case.fault.in_xml and case.step != "download" and case.fault.patience >= 1]

# Stopping the server ends whatever waits for the network; a client that sleeps for ten years is ended by this.
pytestmark = pytest.mark.timeout(3 * bench.BUDGET)


@pytest.mark.parametrize("case", ALL, ids=str)
def test_it_ends_as_declared(case: Case, tmp_path: Path) -> None:
    bench.check(case, bench.run(case, tmp_path / "exports"), tmp_path / "exports")


@pytest.mark.parametrize("case", LASTING, ids=str)
def test_the_asynchronous_client_ends_alike(case: Case, tmp_path: Path) -> None:
    outcome = bench.run(case, tmp_path / "exports", flavour="asynchronous")
    bench.check(case, outcome, tmp_path / "exports")


@pytest.mark.parametrize("case", IN_XML, ids=str)
def test_xml_ends_alike(case: Case, tmp_path: Path) -> None:
    outcome = bench.run(case, tmp_path / "exports", wire_format="xml")
    bench.check(case, outcome, tmp_path / "exports")


@pytest.mark.parametrize("flavour", ["blocking", "asynchronous"])
def test_ipv6_is_spoken(flavour: bench.Flavour, tmp_path: Path) -> None:
    [case] = [case for case in ALL if case.fault.name == "ipv6"]
    outcome = bench.run(case, tmp_path / "exports", flavour=flavour)
    assert outcome.url.startswith("http://[::1]:")
    assert (outcome.end, outcome.requests) == ("complete", {"create": 1, "status": 2, "download": 1})


def test_names_are_distinct_and_outcomes_exist() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    assert {case.end for case in ALL} <= {"complete", *ERRORS}


def test_faults_reach_every_step_and_most_errors() -> None:
    assert {case.step for case in ALL} == {"create", "status", "download"}
    # The rest needs no server that misbehaves: bad arguments, what is in the folder already, an unknown authority.
    bases = {"export-error", "transport", "api-error", "task", "download"}
    assert set(ERRORS) - {case.end for case in ALL} <= {*bases, "usage", "target-exists", "journal", "certificate"}
