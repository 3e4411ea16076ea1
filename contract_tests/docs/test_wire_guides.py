"""The guides to XML (xml.md) and to the header (bearer.md): all that they show runs, and is spoken as they say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.docs.code import PANEL, ROOT, TOKEN, blocks_of, called, commands, runnable
from profile_export import Database, ExportClient, UsageError
from profile_export.testing import SandboxPanel
from profile_export.testing.served import serving

GUIDES = ("docs/how-to/xml.md", "docs/how-to/bearer.md")

UNSAYABLE: list[dict[str, Any]] = [
    {"$or": []},
    {"a": None},
    {"a": []},
    {"a": {}},
    {"a": ["b"]},
    {"a": [[1, 2], 3]},
    {"a": "\0"},
]


@pytest.fixture(params=GUIDES, ids=lambda name: Path(name).stem)
def guide(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def panel(guide: str, tmp_path: Path) -> Iterator[SandboxPanel]:
    # The panel of bearer.md takes no other way.
    auth = "bearer" if "bearer" in guide else "body"
    with serving(tmp_path / "panel", token=TOKEN, auth=auth) as running:
        yield running


def check_spoken(guide: str, panel: SandboxPanel) -> None:
    calls = [*panel.requests_for("create"), *panel.requests_for("status")]
    assert calls
    wanted = "application/xml" if "xml" in guide else "application/json"
    assert {request.headers["content-type"] for request in calls} == {wanted}
    assert {"token" in request.body for request in calls} == {"bearer" not in guide}
    assert {"token=" in request.path for request in panel.requests_for("download")} == {"bearer" not in guide}


def test_the_commands(guide: str, panel: SandboxPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in commands(guide):
        named = {} if "--panel" in command else {"PROFILE_EXPORT_BASE_URL": panel.base_url}
        typed = command.replace(PANEL, panel.base_url)
        assert called(typed, tmp_path, monkeypatch, PROFILE_EXPORT_TOKEN=TOKEN, **named) == 0, command
    assert len(list(tmp_path.glob("exports/*/*.csv"))) == 2
    check_spoken(guide, panel)


def test_the_lines_of_python(guide: str, panel: SandboxPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    [example] = runnable(guide, "python")
    exec(compile(example.replace(PANEL, panel.base_url), guide, "exec"), {})
    assert (tmp_path / "exports" / "python" / "1_database_export.csv").is_file()
    check_spoken(guide, panel)


def test_the_selection_is_sent_as_it_is_shown() -> None:
    [shown] = [block.text for block in blocks_of(ROOT / "docs/how-to/xml.md") if block.language == "text"]
    dialogue = []

    def panel(request: httpx.Request) -> httpx.Response:
        dialogue.append(request.content.decode())
        return httpx.Response(200, json={"data": {"task_id": "task"}, "error": 0, "error_text": ""})

    with ExportClient(PANEL, token=TOKEN, wire_format="xml", transport=httpx.MockTransport(panel)) as client:
        client.create_export(Database(1), where={"occupation": "doctor"})
        for refused in UNSAYABLE:
            with pytest.raises(UsageError, match="XML"):
                client.create_export(Database(1), where=refused)
    [sent] = dialogue
    assert shown in sent
