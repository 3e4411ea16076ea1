"""A plugin of pytest for `suite`: writes the processor's time of each folder of tests into the folder SUITE_COSTS."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest

COLLECTING: Final = "(importing and collecting, in every worker)"
_tests: Final = defaultdict[str, int](int)
_seconds: Final = defaultdict[str, float](float)


def processor() -> float:
    """Seconds of this process, and of the programs that it has waited for."""
    return sum(os.times()[:4])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """One test, with all of its fixtures."""
    began = processor()
    try:
        return (yield)
    finally:
        folder = item.path.relative_to(item.config.rootpath).parts[1]
        _tests[folder] += 1
        _seconds[folder] += processor() - began


def pytest_collection_finish(session: pytest.Session) -> None:
    """What a worker takes before its first test."""
    if hasattr(session.config, "workerinput"):
        _tests[COLLECTING], _seconds[COLLECTING] = 0, processor()


def pytest_unconfigure() -> None:
    """Each worker writes a file of its own."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is not None:
        costs = {name: (count, _seconds[name]) for name, count in _tests.items()}
        Path(os.environ["SUITE_COSTS"], f"{worker}.json").write_text(json.dumps(costs), encoding="utf-8")
