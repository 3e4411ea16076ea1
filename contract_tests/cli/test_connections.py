"""`--connections`, and its key in the configuration: a file over several connections, by the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract_tests.cli.conftest import Cli
from contract_tests.wire.range_server import serving
from profile_export import _splits

FILE = b"id\n" + b"1234567\n" * 50_000


@pytest.mark.parametrize("way", ["option", "configuration"])
def test_a_file_comes_over_so_many_connections(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(_splits, "SMALLEST_RANGE", 1024)
    with serving(FILE) as panel:
        panel.piece = 16_384
        panel.together(3)
        if way == "option":
            words = ["--connections", "3", "--base-url", panel.url]
        else:
            file = tmp_path / "config.toml"
            file.write_text(f'[panels.main]\nbase_url = "{panel.url}"\nconnections = 3\n')
            monkeypatch.setenv("PROFILE_EXPORT_CONFIG", str(file))
            words = ["--panel", "main"]
        done = cli("download", "t", "--to", tmp_path / "out", *words)
    assert done.code == 0, done
    assert (tmp_path / "out" / "1_database_export.csv").read_bytes() == FILE
    assert panel.most == len(panel.asked) == 3
