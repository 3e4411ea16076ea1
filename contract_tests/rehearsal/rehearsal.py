"""A copy of the packages that a change of the API is tried on, and the programs that run with it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import attrs

from contract_tests.rehearsal import page
from profile_export.sandbox import RunningSandbox
from scripts import _generate
from scripts.spec_diff import compare, document, report
from scripts.spec_diff.report import Report
from scripts.verification.contract import CONTRACT_FILE, ROOT

SCENARIO = Path(__file__).with_name("scenario.py")
EVERY_MODE = ("json-sync", "json-async", "xml-sync", "xml-async")
Fields = Literal["none", "answer", "both"]
CACHES = shutil.ignore_patterns("__pycache__")


@attrs.frozen
class Outcome:
    """How the exports ended, by format and style, and what was sent."""

    ends: dict[str, dict[str, Any]]
    sent: list[str]

    def errors(self) -> set[str]:
        """The kinds of error, none for an export that went well."""
        return {end.get("error", "none") for end in self.ends.values()}

    def texts(self) -> str:
        """What all the errors say."""
        return "\n".join(end.get("text", "") for end in self.ends.values())

    def rows(self) -> set[tuple[int, int]]:
        """Rows and total of the exports that went well."""
        return {(end["rows"], end["total"]) for end in self.ends.values() if "rows" in end}


@attrs.frozen
class Tree:
    """Contract, client and wrapper in a folder, apart from those of the repository."""

    folder: Path

    @classmethod
    def in_folder(cls, folder: Path) -> Tree:
        shutil.copy(CONTRACT_FILE, folder / "openapi.yaml")
        for name in ("wrapper", "generated"):
            shutil.copytree(ROOT / name, folder / name, ignore=CACHES)
        return cls(folder)

    def change_contract(self, change: page.Change) -> Report:
        """Edits the contract and tells what that means."""
        contract = self.folder / "openapi.yaml"
        page.apply(change.contract, contract)
        before = document.parse("HEAD", CONTRACT_FILE.read_bytes())
        return compare.contracts(before, document.parse("working tree", contract.read_bytes()))

    def regenerate(self) -> None:
        _generate.replace(self.folder / "openapi.yaml", self.folder / "generated" / "profile_export_api")

    def adapt_wrapper(self, change: page.Change) -> None:
        for name, edits in change.wrapper.items():
            page.apply(edits, self.folder / name)

    def export(
        self, panel: RunningSandbox, place: str, modes: Sequence[str] = EVERY_MODE, *, fields: Fields = "none"
    ) -> Outcome:
        """Exports from `panel` in a process that imports this tree's packages; `fields` says what the panel renames."""
        options = json.dumps({"modes": modes, "fields": fields})
        done = subprocess.run(
            [sys.executable, SCENARIO, panel.url, panel.token, self.folder / place, options],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(str(self.folder / name) for name in ("wrapper", "generated")),
            },
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert all(Path(module).is_relative_to(self.folder) for module in found["modules"])
        return Outcome(found["ends"], found["sent"])


def shown(change: page.Change, found: Report) -> bool:
    """Whether the page shows the report as it is, or a part of it."""
    return change.report in report.text(found)
