"""The checks that read this repository and its packages, each as one call that the program makes."""

from __future__ import annotations

import json
import shutil
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any

from scripts.release_parts import building, changelog, contents, repository, sbom, version
from scripts.release_parts.building import Built
from scripts.release_parts.commands import ROOT, git, run
from scripts.release_parts.outcomes import CheckFailed, Found

MODULE = "wrapper/profile_export/_version.py"


class Project:
    """What is to be released. The build of a check is used by the later ones."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.built: Built | None = None

    @cached_property
    def pyproject(self) -> dict[str, Any]:
        """What pyproject.toml says."""
        return tomllib.loads(text("pyproject.toml"))

    @cached_property
    def version(self) -> str:
        """The version that is declared."""
        return version.declared(text(MODULE))

    @cached_property
    def committed(self) -> list[str]:
        """The paths of all files that git knows."""
        return git("ls-files").splitlines()

    def needs_build(self) -> Built:
        """The packages.

        Raises:
            CheckFailed: the build failed.
        """
        if self.built is None:
            raise CheckFailed("there are no packages to look at")
        return self.built

    def check_version(self) -> Found:
        """Whether there is one version."""
        sources = {
            name: text(name)
            for name in self.committed
            if name.startswith(("wrapper/", "generated/")) and name.endswith(".py") and name != MODULE
        }
        problems = version.problems(self.version, self.pyproject, MODULE, sources)
        installed = run(
            ROOT / ".venv/bin/python", "-I", "-c", "import profile_export as p; print(p.__version__)"
        ).strip()
        if installed != self.version:
            problems.append(f"the package says {installed}, its module {self.version}")
        return Found(tuple(problems), self.version)

    def check_changelog(self) -> Found:
        """Whether users are told what the version brings."""
        return Found(tuple(changelog.problems(text("CHANGELOG.md"), self.version)), f"has a section for {self.version}")

    def check_tag(self) -> Found:
        """Whether the tag can be, or is, on this commit."""
        tag, head = f"v{self.version}", git("rev-parse", "HEAD")
        there = git("tag", "--list", tag)
        tagged = git("rev-parse", f"{tag}^{{commit}}") if there else None
        return Found(tuple(repository.tag_problems(tag, tagged, head)), f"{tag} is {'here' if there else 'free'}")

    def check_tree(self) -> Found:
        """Whether everything is committed."""
        return Found(tuple(repository.tree_problems(git("status", "--porcelain"))), "clean")

    def check_build(self) -> Found:
        """Builds twice, and puts the packages into dist/ when they are the same."""
        first, second = building.build_twice(self.scratch)
        self.built = first
        problems = building.build_problems(first, second)
        if not problems:
            self.put_into_dist(first)
        return Found(tuple(problems), f"{first.sdist.name} and {first.wheel.name}, twice the same bytes, are in dist/")

    def put_into_dist(self, built: Built) -> None:
        """Leaves these packages in dist/, and none of an earlier check."""
        dist = ROOT / "dist"
        dist.mkdir(exist_ok=True)
        for old in dist.glob("profile[-_]export-*"):
            old.unlink()
        for package in (built.sdist, built.wheel):
            shutil.copyfile(package, dist / package.name)

    def check_metadata(self) -> Found:
        """Whether the index takes the metadata."""
        building.check_metadata(self.needs_build())
        return Found((), "twine check --strict has nothing to say")

    def check_wheel(self) -> Found:
        """Whether the wheel holds what it should."""
        built = self.needs_build()
        sizes, size = built.wheel_sizes(), built.wheel.stat().st_size
        wanted = contents.expected(self.committed, self.pyproject, self.version)
        problems = contents.wheel_problems(sizes, wanted, size)
        return Found(tuple(problems), f"{len(sizes)} files, {size:,} bytes", tuple(contents.listing(sizes)))

    def check_sdist(self) -> Found:
        """Whether the sdist holds what it should."""
        built = self.needs_build()
        names = built.sdist_names()
        problems = contents.sdist_problems(names, f"profile_export-{self.version}")
        return Found(tuple(problems), f"{len(names)} files, {built.sdist.stat().st_size:,} bytes")

    def check_sbom(self) -> Found:
        """Writes the SBOM, and holds it against pyproject.toml."""
        document = sbom.exported(self.version, int(git("log", "-1", "--format=%ct")))
        problems = sbom.problems(document, self.version, sbom.direct(self.pyproject["project"]))
        file = ROOT / "dist" / f"profile-export-{self.version}.cdx.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return Found(tuple(problems), f"{len(document['components'])} packages, dist/{file.name}")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")
