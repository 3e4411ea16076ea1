"""The command line of scripts/spec-diff."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run by its path, Python would look for modules in scripts/ only

from scripts.spec_diff import compare, report  # noqa: E402
from scripts.spec_diff.document import UnreadableContract  # noqa: E402

DESCRIPTION = """\
Tell what a change of openapi.yaml means: what was added, removed or changed in every operation, in requests and in
answers, whether it breaks callers, and which part of the package's version has to grow. Between two git revisions the
Python names that people import are compared, too."""
EXIT_CODES = """\
exit codes: 0 nothing breaks, 1 something breaks, 2 bad usage or nothing to compare"""


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="scripts/spec-diff",
        description=DESCRIPTION,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("base", metavar="BASE", help="the old contract: a file, a git revision, or REVISION:FILE")
    made.add_argument(
        "head", metavar="HEAD", nargs="?", help="the new one; the working tree's openapi.yaml if left out"
    )
    made.add_argument("--format", choices=sorted(report.WRITERS), default="text", help="text if left out")
    made.add_argument("--no-python", action="store_true", help="compare the contracts only")
    made.add_argument("--repository", type=Path, default=ROOT, help=argparse.SUPPRESS)
    return made


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        found = compare.places(options.base, options.head, options.repository, python=not options.no_python)
    except UnreadableContract as error:
        print(f"spec-diff: {error}", file=sys.stderr)
        return 2
    sys.stdout.write(report.WRITERS[options.format](found))
    return 1 if found.breaks else 0


if __name__ == "__main__":
    sys.exit(main())
