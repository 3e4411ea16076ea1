"""How the programs of a release are run: without what the environment of the caller would slip in."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from scripts.release_parts.outcomes import CheckFailed

ROOT: Final = Path(__file__).resolve().parents[2]
# Each of them could put other code, or another environment, in the place of what is checked.
FOREIGN: Final = (
    "VIRTUAL_ENV",
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTEST_ADDOPTS",
    "PYTEST_PLUGINS",
    "PYTHONDONTWRITEBYTECODE",
)


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return {**kept, "UV_SYSTEM_CERTS": "true", "UV_PYTHON_DOWNLOADS": "never", **more}


def run(
    *words: str | Path, cwd: Path = ROOT, more: Mapping[str, str] | None = None, umask: int = -1, tail: int = 12
) -> str:
    """The output of a program that ended well.

    Raises:
        CheckFailed: it ended otherwise; with the last lines that it wrote.
    """
    done = subprocess.run(
        list(map(str, words)),
        cwd=cwd,
        env=environment(**(more or {})),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        umask=umask,
    )
    if done.returncode != 0:
        last = "\n".join(done.stdout.splitlines()[-tail:])
        raise CheckFailed(f"{Path(str(words[0])).name} ended with {done.returncode}\n{last}")
    return done.stdout


def uv(*words: str | Path, cwd: Path = ROOT, more: Mapping[str, str] | None = None, umask: int = -1) -> str:
    return run(shutil.which("uv") or ROOT / ".tools/uv/bin/uv", *words, cwd=cwd, more=more, umask=umask)


def git(*words: str) -> str:
    # Only its end: a line of `git status` may begin with a space.
    return run("git", *words).rstrip()
