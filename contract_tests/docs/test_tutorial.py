"""The tutorial (tutorial.md), walked through from its start to its end as it tells, with a quicker panel."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from contract_tests.cli.programs import Running, environment, running, until
from contract_tests.docs.code import PANEL, PATH, ROOT, TOKEN, blocks_of, commands, shell
from profile_export.testing.served import serving

PAGE = "docs/tutorial.md"
HERE = "http://127.0.0.1:8080"
ENVIRONMENT = environment(PATH=PATH)


def python_of_the_page() -> tuple[str, str]:
    [block] = [block for block in blocks_of(ROOT / PAGE) if block.language == "python"]
    return block.name, block.text


def typed(lines: list[str], folder: Path, *, more: str = "", expected: int = 0) -> str:
    """Commands that are typed into one shell, one after another, and what it shows; `more` is typed into them."""
    script = "set -e\n" + "\n".join(lines)
    done = shell(script, folder, typed=more)
    assert done.returncode == expected, f"{script}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def address(panel: Running) -> str:
    until(lambda: "Ctrl-C stops it" in panel.out, lambda: panel.err)
    found = re.search(r"address +(\S+)", panel.out)
    assert found is not None
    return found[1]


def shown() -> list[str]:
    """Each line of output that the page shows."""
    blocks = [block.text for block in blocks_of(ROOT / PAGE) if block.language == "text"]
    return [line for block in blocks for line in block.splitlines()]


def test_from_nothing_to_a_verified_file(tmp_path: Path) -> None:
    lines = commands(PAGE)
    start, *lines = lines
    name, text = python_of_the_page()
    (tmp_path / name).write_text(text, encoding="utf-8")
    quicker = start.replace("--port 8080", "--port 0").replace("--task-seconds 8", "--task-seconds 4")
    assert quicker.count("--port 0 --task-seconds 4") == 1
    with running(env=ENVIRONMENT, command=["bash", "-c", f"exec {quicker}"], cwd=tmp_path) as panel:
        url = address(panel)
        lines = [line.replace(HERE, url) for line in lines]
        setting, first, breaking, after = lines[:2], lines[2:6], lines[6], lines[7:10]
        told = panel.out.replace(url, HERE) + typed([*setting, *first], tmp_path)
        assert re.search(r"/exports/segment-7/7_segment_export.csv \d+ \d+\nfirst: \S+@\S+$", told, re.MULTILINE)
        again = typed([*setting, first[1]], tmp_path, expected=7)
        assert "exists already" in again
        with running(
            env=ENVIRONMENT, command=["bash", "-c", "\n".join([*setting, f"exec {breaking}"])], cwd=tmp_path
        ) as run:
            run.until(lambda: "task created" in run.err)
            run.process.send_signal(signal.SIGINT)
            assert run.ended() == 130
        assert "profile-export resume --journal exports/.journal" in run.err
        told += typed([*setting, *after], tmp_path)
        assert "\n1_database_export.csv\n" in told
    assert [line for line in shown() if line not in re.sub(r" +(?=created)", "  ", told)] == []
    assert len(lines) == 16


def test_the_way_to_a_real_panel(tmp_path: Path) -> None:
    lines = commands(PAGE)[11:]
    assert lines[0].startswith("read -rs")
    with serving(tmp_path / "panel", token=TOKEN) as panel:
        there = [line.replace(PANEL, panel.base_url) for line in lines]
        assert there != lines
        # The token is pasted twice: at the question, and into the file.
        told = typed(there, tmp_path, more=f"{TOKEN}\n{TOKEN}\n")
    assert told.count("accepts the token") == 2
    assert TOKEN not in told
    assert (tmp_path / "token.txt").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "exports" / "first" / "7_segment_export.csv").is_file()
