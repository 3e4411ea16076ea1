"""Every logger at DEBUG, and a sweep over what is logged."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import respx

from contract_tests.secrets.sweep import Log, Sweep


@pytest.fixture
def sweep() -> Iterator[Sweep]:
    log = Log()
    root = logging.getLogger()
    names = ["", "httpx", "httpcore", "profile_export", "asyncio", "uvicorn", "hpack", "starlette"]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    root.addHandler(log)
    try:
        yield Sweep(log)
    finally:
        root.removeHandler(log)
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


@pytest.fixture
def router() -> Iterator[respx.MockRouter]:
    with respx.mock(assert_all_called=False) as router:
        yield router
