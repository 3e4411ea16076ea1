"""The two commands, CI and the scripts behind them do what they are said to do; nobody empties them unnoticed."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import pytest

from profile_export.cli.demo import demo

ROOT = Path(__file__).resolve().parents[2]


def script(name: str) -> str:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))


@pytest.mark.parametrize(("target", "calls"), [("demo", ".venv/bin/profile-export demo"), ("test", "scripts/test")])
def test_the_commands_of_the_readme_set_up_and_then_do_it(target: str, calls: str) -> None:
    """Those of CONTRIBUTING.md, too."""
    done = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=True
    )
    first, *_, last = done.stdout.splitlines()
    assert first.startswith("scripts/setup")
    assert last == calls


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        (".ci/run", ["set -eu", "make test\n", "scripts/docs\n", "scripts/test-engines\n", "scripts/test-airflow"]),
        (
            "scripts/test-airflow",
            ["set -eu", "uv", "--locked", "/mypy", "/pyright", "-m pytest contract_tests/airflow"],
        ),
        (
            "scripts/test",
            [
                "set -eu",
                "scripts/check-wheel >",
                "scripts/check\n",
                'wait "$wheel" || code=$?',
                'exit "$code"',
                "pytest -n",
            ],
        ),
        ("scripts/check", ["set -eu", "ruff format --check", "ruff check", "mypy", "pyright", "generate --check"]),
        (
            "scripts/docs",
            ["set -eu", "--locked", "--group docs", "_reference.py --check", "--fail-on-warning", "_site.py site"],
        ),
        ("scripts/test-engines", ["set -eu", "--group engines", "contract_tests/tables/lane_engines.py"]),
        ("scripts/check-wheel", ["set -eu", "build", "--wheel", "consumer.py", 'mypy" --strict', "pyright"]),
    ],
)
def test_the_scripts_run_every_part(name: str, parts: list[str]) -> None:
    text = script(name)
    assert [part for part in parts if part not in text] == []
    assert "|| true" not in text


@pytest.mark.parametrize(
    ("failing", "expected"),
    [("", ["check", "check-wheel", "pytest"]), ("check", []), ("check-wheel", ["check", "check-wheel"])],
)
def test_no_part_of_the_test_command_fails_unnoticed(tmp_path: Path, failing: str, expected: list[str]) -> None:
    """Two parts run beside each other; the suite only when both were right."""
    parts = {"check": "scripts/check", "check-wheel": "scripts/check-wheel", "pytest": ".venv/bin/python"}
    for name, place in {**parts, "test": "scripts/test"}.items():
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            (ROOT / place).read_text(encoding="utf-8")
            if name == "test"
            else f"#!/bin/sh\necho {name}\nexit {3 if name == failing else 0}\n",
            encoding="utf-8",
        )
        path.chmod(0o755)
    done = subprocess.run([tmp_path / "scripts" / "test"], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == (3 if failing else 0)
    assert done.stdout.split() == (expected or ["check"])


def test_types_are_checked_strictly() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert tools["mypy"]["strict"] is True
    assert tools["mypy"]["files"] == ["wrapper", "generated", "contract_tests", "scripts"]
    assert tools["pyright"]["strict"] == ["wrapper"]
    assert tools["pytest"]["ini_options"]["filterwarnings"] == ["error"]


def test_the_demo_is_about_a_hundred_thousand_profiles() -> None:
    [option] = [parameter for parameter in demo.params if parameter.name == "profiles"]
    assert option.default == 100_000
