"""Tells whether what is committed can be released: a line for each check, all are run, and 1 if one of them failed."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from scripts.release_parts import interpreters, suites
from scripts.release_parts.outcomes import Found, Outcome, judged
from scripts.release_parts.project import Project

Check = tuple[str, Callable[[], Found]]


def packaging_checks(project: Project) -> list[Check]:
    return [
        ("version", project.check_version),
        ("changelog", project.check_changelog),
        ("tag", project.check_tag),
        ("tree", project.check_tree),
        ("build", project.check_build),
        ("metadata", project.check_metadata),
        ("wheel", project.check_wheel),
        ("sdist", project.check_sdist),
        ("sbom", project.check_sbom),
    ]


def suite_checks(project: Project) -> Iterator[Check]:
    found = interpreters.look()
    promised = interpreters.declared(project.pyproject["project"]["classifiers"])

    def pythons() -> Found:
        problems = interpreters.problems(found, promised)
        return Found(tuple(problems), interpreters.told({minor: told for minor, (_, told) in found.items()}))

    yield "pythons", pythons

    def lane(name: str, minor: int) -> suites.Lane:
        return suites.Lane(project.scratch / name, found[minor][0], project.needs_build().wheel.resolve())

    for minor, (_, told) in found.items():
        yield f"tests on {told}", partial(lambda at: suites.on_locked(lane(f"locked-3.{at}", at)), minor)
    if found:
        for resolution, minor in (("lowest-direct", min(found)), ("highest", max(found))):
            yield (
                f"tests with {resolution} versions on {found[minor][1]}",
                partial(lambda how, at: suites.on_resolution(lane(how, at), how, at), resolution, minor),
            )


def outcomes(project: Project, *, fast: bool) -> Iterator[Outcome]:
    for name, check in packaging_checks(project):
        yield judged(name, check)
    if not fast:
        for name, check in suite_checks(project):
            yield judged(name, check)


def told(all_outcomes: Iterator[Outcome]) -> int:
    failed = 0
    for outcome in all_outcomes:
        print("\n".join(outcome.lines()), flush=True)
        failed += not outcome.passed
    print("ready to be released" if not failed else f"not to be released: {failed} checks failed", flush=True)
    return 1 if failed else 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="scripts/release", description=__doc__)
    parser.add_argument("--check", action="store_true", required=True, help="run the checks; nothing is published")
    parser.add_argument("--fast", action="store_true", help="leave out the suites, which take minutes")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="profile-export-release-") as scratch:
        return told(outcomes(Project(Path(scratch)), fast=given.fast))


if __name__ == "__main__":
    sys.exit(main())
