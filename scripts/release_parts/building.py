"""Sdist and wheel from what is committed, built twice in different places: only equal bytes can be verified."""

from __future__ import annotations

import filecmp
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from scripts.release_parts.commands import ROOT, git, run, uv
from scripts.release_parts.outcomes import CheckFailed


@dataclass(frozen=True)
class Built:
    """The two packages of one build."""

    sdist: Path
    wheel: Path

    def wheel_sizes(self) -> dict[str, int]:
        """The files of the wheel with the bytes that they take there."""
        with zipfile.ZipFile(self.wheel) as archive:
            return {entry.filename: entry.compress_size for entry in archive.infolist()}

    def sdist_names(self) -> list[str]:
        """The members of the sdist."""
        with tarfile.open(self.sdist) as archive:
            return archive.getnames()


def unpacked(folder: Path, *paths: str, umask: int = -1) -> Path:
    """What is committed, or a part of it, in a folder that git knows nothing of."""
    folder.mkdir(parents=True)
    archive = folder.with_suffix(".tar")
    git("archive", "--output", str(archive), "HEAD", *paths)
    run("tar", "-xf", archive, "-C", folder, umask=umask)
    archive.unlink()
    return folder


def build(folder: Path, epoch: str, umask: int) -> Built:
    """One build: the wheel from the sdist, as an installer without our wheel would make it."""
    source = unpacked(folder / "source", umask=umask)
    out = folder / "dist"
    uv("build", "--quiet", "--out-dir", out, source, more={"SOURCE_DATE_EPOCH": epoch}, umask=umask)
    sdists, wheels = list(out.glob("*.tar.gz")), list(out.glob("*.whl"))
    if (len(sdists), len(wheels)) != (1, 1):
        raise CheckFailed(f"the build made {len(sdists)} sdists and {len(wheels)} wheels")
    return Built(sdists[0], wheels[0])


def build_twice(scratch: Path) -> tuple[Built, Built]:
    epoch = git("log", "-1", "--format=%ct")
    # Another path of another length, and other permissions: neither may be seen in the packages.
    return build(scratch / "one", epoch, 0o022), build(scratch / "the-other-one", epoch, 0o077)


def build_problems(first: Built, second: Built) -> list[str]:
    return [
        f"{one.name}: two builds of the same commit differ"
        for one, other in ((first.sdist, second.sdist), (first.wheel, second.wheel))
        if one.name != other.name or not filecmp.cmp(one, other, shallow=False)
    ]


def check_metadata(built: Built) -> None:
    """`twine check`, by the locked twine of the group "release".

    Raises:
        CheckFailed: with what twine says.
    """
    lane = ".tools/release-venv"
    uv(
        *("sync", "--quiet", "--locked", "--only-group", "release", "--no-install-project"),
        more={"UV_PROJECT_ENVIRONMENT": lane},
    )
    run(ROOT / lane / "bin/python", "-m", "twine", "--no-color", "check", "--strict", built.sdist, built.wheel)
