"""Runs scripts/generate on copies of the contract and of the client, so that tests may damage them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from attrs import frozen

from scripts.verification.contract import CONTRACT_FILE, ROOT

COMMAND = ROOT / "scripts" / "generate"
CLIENT = ROOT / "generated" / "profile_export_api"


@frozen
class Workbench:
    """A contract and the client that belongs to it, both copies."""

    contract: Path
    client: Path

    @classmethod
    def in_folder(cls, folder: Path) -> Workbench:
        contract, client = folder / "openapi.yaml", folder / "generated" / "profile_export_api"
        shutil.copy(CONTRACT_FILE, contract)
        shutil.copytree(CLIENT, client, ignore=shutil.ignore_patterns("__pycache__"))
        return cls(contract, client)

    def generate(
        self, *options: str, prefix: tuple[str, ...] = (), env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs the command from a folder that has nothing to do with the repository."""
        return subprocess.run(
            [*prefix, COMMAND, *options, "--contract", self.contract, "--target", self.client],
            cwd=self.contract.parent,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a client and its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
