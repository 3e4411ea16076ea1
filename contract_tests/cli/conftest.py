"""A sandbox to run commands against, and the command line called in this process where that tells enough."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest

from profile_export.cli import main
from profile_export.sandbox import RunningSandbox, SandboxSettings, start_sandbox

TOKEN = "marker-5c1f0e-of-the-token"


@attrs.frozen
class Outcome:
    """What a person or a program gets."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def first(self) -> str:
        """The line that says what is wrong."""
        return next(line for line in self.err.splitlines() if line.startswith("profile-export: "))


Cli = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "PROFILE_EXPORT_TOKEN",
        "PROFILE_EXPORT_BASE_URL",
        "PROFILE_EXPORT_JOURNAL",
        "PROFILE_EXPORT_PANEL",
        "NO_COLOR",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PROFILE_EXPORT_CONFIG", os.devnull)
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture(scope="session")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """Its tasks are done at once."""
    folder = tmp_path_factory.mktemp("panel")
    with start_sandbox(SandboxSettings(data_dir=folder, token=TOKEN, profiles=60, task_seconds=0)) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def slow_panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """Its tasks take longer than any test."""
    folder = tmp_path_factory.mktemp("slow")
    with start_sandbox(SandboxSettings(data_dir=folder, token=TOKEN, profiles=60, task_seconds=3600)) as sandbox:
        yield sandbox


@pytest.fixture
def nobody() -> Iterator[int]:
    """A port that is taken, but at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    def call(*words: object, token: str | None = TOKEN, url: str | None = None) -> Outcome:
        if token is not None:
            monkeypatch.setenv("PROFILE_EXPORT_TOKEN", token)
        if url is not None:
            monkeypatch.setenv("PROFILE_EXPORT_BASE_URL", url)
        capsys.readouterr()
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call
