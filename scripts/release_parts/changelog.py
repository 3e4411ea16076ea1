"""The changelog of a release: Keep a Changelog's form, a section for the version, and nothing left under Unreleased."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from packaging.version import InvalidVersion, Version

GROUPS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
SECTION = re.compile(r"^## (.*)$", re.MULTILINE)
GROUP = re.compile(r"^### (.*)$", re.MULTILINE)
HEADING = re.compile(r"\[([^\]]+)\] - (\d{4}-\d{2}-\d{2})(?: \[YANKED\])?")


@dataclass(frozen=True)
class Section:
    """A section and its text."""

    heading: str
    text: str

    def version(self) -> str | None:
        """The version that the heading names, if it is one of a release."""
        whole = HEADING.fullmatch(self.heading)
        return whole[1] if whole else None

    def problems(self) -> list[str]:
        """What is wrong with the section itself."""
        whole = HEADING.fullmatch(self.heading)
        if not whole:
            return [f"the heading {self.heading!r} isn't '[version] - YYYY-MM-DD'"]
        found: list[str] = []
        try:
            Version(whole[1])
            date.fromisoformat(whole[2])
        except InvalidVersion:
            found.append(f"{whole[1]!r} is no version")
        except ValueError:
            found.append(f"{whole[2]} is no day")
        parts = GROUP.split(self.text)
        groups = dict(zip(parts[1::2], parts[2::2], strict=True))
        found += [f"{whole[1]} has the unknown group {name!r}" for name in groups if name not in GROUPS]
        found += [f"{whole[1]} says nothing under {name!r}" for name, text in groups.items() if "- " not in text]
        return found if groups else [*found, f"{whole[1]} tells no change"]


def sections(text: str) -> list[Section]:
    parts = SECTION.split(text)
    return [Section(heading.strip(), body.strip()) for heading, body in zip(parts[1::2], parts[2::2], strict=True)]


def problems(text: str, version: str) -> list[str]:
    found = [] if text.startswith("# Changelog\n") else ["it doesn't begin with '# Changelog'"]
    released: list[Section] = []
    for place, section in enumerate(sections(text)):
        if section.heading.strip("[]").lower() != "unreleased":
            released.append(section)
            continue
        if section.text:
            found.append("there are changes under Unreleased: they belong under the version")
        if place:
            found.append("Unreleased isn't the first section")
    found += [problem for section in released for problem in section.problems()]
    versions = [name for section in released if (name := section.version())]
    if version not in versions:
        return [*found, f"there is no section '[{version}] - YYYY-MM-DD'"]
    if versions[0] != version:
        found.append(f"the newest section is {versions[0]}, not {version}")
    return found + order_problems(versions)


def order_problems(versions: list[str]) -> list[str]:
    try:
        return [
            f"{older} stands below {newer}, but isn't older"
            for newer, older in pairwise(versions)
            if Version(newer) <= Version(older)
        ]
    except InvalidVersion:
        return []  # told for its own section
