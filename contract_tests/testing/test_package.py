"""The package's borders: its public names, what loading it loads, and that it works without the sandbox's extra."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import profile_export.testing
from contract_tests.cli.programs import environment


def test_every_public_name_exists() -> None:
    names = profile_export.testing.__all__
    assert names == sorted(names) == dir(profile_export.testing)
    for name in names:
        assert getattr(profile_export.testing, name).__name__ == name
    with pytest.raises(AttributeError, match="nothing"):
        profile_export.testing.nothing  # noqa: B018


def test_pytest_finds_the_plugin() -> None:
    [plugin] = [found for found in entry_points(group="pytest11") if found.name == "profile_export"]
    assert plugin.value == "profile_export.testing.plugin"


def test_the_scripted_panel_needs_no_extra(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "for name in ('starlette', 'uvicorn', 'yaml', 'pytest', 'pyarrow'): sys.modules[name] = None\n"
        "from profile_export import Database\n"
        "from profile_export.testing import ScriptedPanel\n"
        "panel = ScriptedPanel()\n"
        "panel.add(Database(1), [{'_id': 1}], seconds=1000)\n"
        "with panel.client(wire_format='xml') as client:\n"
        f"    print(client.export(Database(1), to={str(tmp_path)!r}).rows)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment(), timeout=60
    )
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
