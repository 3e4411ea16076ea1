"""Writes the pages of docs/reference/ that come from code and contract; `--check` tells whether they are up to date."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run by its path, Python would look for modules in scripts/ only

from scripts.reference import commands, contract, exit_codes, settings  # noqa: E402

FOLDER = ROOT / "docs" / "reference"
PAGES = {
    "command-line.md": commands.page,
    "configuration.md": settings.page,
    "exit-codes.md": exit_codes.page,
    "contract.md": contract.page,
}
REMEDY = "run scripts/docs --write, look at the difference, and commit it"


def stale() -> list[str]:
    """The pages that are not what they would be now."""
    return [
        name
        for name, page in PAGES.items()
        if not (FOLDER / name).is_file() or (FOLDER / name).read_text(encoding="utf-8") != page()
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is out of date")
    old = stale()
    if parser.parse_args().check:
        for name in old:
            print(f"docs/reference/{name} is out of date: {REMEDY}", file=sys.stderr)
        return 1 if old else 0
    for name in old:
        (FOLDER / name).write_text(PAGES[name](), encoding="utf-8")
        print(f"docs/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
