"""What is in the packages, held against what is committed: nothing missing, nothing besides, and not too large."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

# Both packages, the command line, the sandbox and the integrations, with a little room: that it grows is to be decided.
LIMIT = 350_000
PACKAGES = ("profile_export", "profile_export_api")
METADATA = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
NEVER = ("contract_tests", "tests", "scripts", "docs", "__pycache__")
SOURCES = ("LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml", "openapi.yaml", "PKG-INFO")


def expected(committed: Iterable[str], pyproject: Mapping[str, Any], version: str) -> set[str]:
    """The files of the wheel: those of its packages, those that pyproject.toml adds, and those that describe it."""
    wheel = pyproject["tool"]["hatch"]["build"]["targets"]["wheel"]
    names: set[str] = set(wheel.get("force-include", {}).values())
    for folder in map(PurePosixPath, wheel["packages"]):
        names |= {
            str(PurePosixPath(name).relative_to(folder.parent))
            for name in committed
            if PurePosixPath(name).is_relative_to(folder)
        }
    return names | {f"profile_export-{version}.dist-info/{name}" for name in METADATA}


def wheel_problems(names: Collection[str], wanted: Collection[str], size: int) -> list[str]:
    found = [f"{name} is missing" for name in sorted(set(wanted) - set(names))]
    found += [f"{name} doesn't belong there" for name in sorted(set(names) - set(wanted))]
    for package in PACKAGES:
        found += [
            f"{package}/{name} isn't there" for name in ("__init__.py", "py.typed") if f"{package}/{name}" not in names
        ]
    if not any(name.endswith(".dist-info/licenses/LICENSE") for name in names):
        found.append("there is no license")
    found += [f"{name} is for developers" for name in sorted(names) if set(NEVER) & set(PurePosixPath(name).parts)]
    if size >= LIMIT:
        found.append(f"it has {size:,} bytes, {size - LIMIT + 1:,} more than allowed (less than {LIMIT:,})")
    return found


def sdist_problems(names: Collection[str], top: str) -> list[str]:
    found = [f"{name} is missing" for name in SOURCES if f"{top}/{name}" not in names]
    found += [
        f"{folder} is missing"
        for folder in ("wrapper/profile_export", "generated/profile_export_api")
        if f"{top}/{folder}/__init__.py" not in names
    ]
    parts = {name: PurePosixPath(name).parts for name in names}
    found += [f"{name} lies outside of {top}" for name, split in parts.items() if split[:1] != (top,) or ".." in split]
    return found + [f"{name} is for developers" for name, split in parts.items() if set(NEVER) & set(split)]


def listing(sizes: Mapping[str, int]) -> list[str]:
    """The folders of an archive with the number of their files and the bytes in them."""
    files: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for name, size in sizes.items():
        folder = str(PurePosixPath(name).parent)
        files[folder] += 1
        held[folder] += size
    return [f"{folder}: {files[folder]} files, {held[folder]:,} bytes" for folder in sorted(files)]
