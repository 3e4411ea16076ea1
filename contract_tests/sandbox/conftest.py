"""Fixtures that open sandboxes and close them again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contract_tests.sandbox.bench import TOKEN, Bench
from profile_export.sandbox import SandboxSettings
from profile_export.sandbox.settings import AuthMode

OpenBench = Callable[..., Bench]


@pytest.fixture(scope="session")
def shared_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[AuthMode], Bench]]:
    """One sandbox for each authentication mode, for the many tests that leave no trace in it."""
    benches: dict[AuthMode, Bench] = {}

    def get(auth: AuthMode = "any") -> Bench:
        if auth not in benches:
            folder = tmp_path_factory.mktemp("shared")
            options = SandboxSettings(data_dir=folder, token=TOKEN, profiles=40, task_seconds=0, auth=auth)
            benches[auth] = Bench(options)
        return benches[auth]

    yield get
    for bench in benches.values():
        bench.close()


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., SandboxSettings]:
    def make(**options: Any) -> SandboxSettings:
        defaults: dict[str, Any] = {"data_dir": tmp_path / "data", "token": TOKEN, "profiles": 40, "task_seconds": 0}
        return SandboxSettings(**{**defaults, **options})

    return make


@pytest.fixture
def open_bench(settings: Callable[..., SandboxSettings]) -> Iterator[OpenBench]:
    benches: list[Bench] = []

    def make(**options: Any) -> Bench:
        benches.append(Bench(settings(**options)))
        return benches[-1]

    yield make
    for bench in benches:
        bench.close()


@pytest.fixture
def bench(open_bench: OpenBench) -> Bench:
    """A sandbox with 40 profiles whose tasks are done at once."""
    return open_bench()
