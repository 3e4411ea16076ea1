"""Folders for hundreds of machines."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from contract_tests.kills.drill import Roots


@pytest.fixture
def roots(tmp_path: Path) -> Iterator[Roots]:
    """A new folder at every call; in memory where the system has such a place, as nothing here is to last."""
    memory = Path("/dev/shm")
    numbers = count(1)
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield lambda: Path(folder, str(next(numbers)))
