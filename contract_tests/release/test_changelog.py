"""A release has its section in the changelog, in the form of Keep a Changelog, and nothing is left above it."""

from __future__ import annotations

import pytest

from scripts.release_parts import changelog

HEAD = "# Changelog\n\nChanges.\n\n"
NEW = "## [1.1.0] - 2026-05-04\n\n### Added\n\n- More.\n\n"
OLD = "## [1.0.0] - 2026-01-02\n\n### Fixed\n\n- Less.\n"


@pytest.mark.parametrize("text", [HEAD + NEW + OLD, f"{HEAD}## [Unreleased]\n\n{NEW}{OLD}", HEAD + NEW])
def test_what_is_right(text: str) -> None:
    assert changelog.problems(text, "1.1.0") == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (NEW + OLD, "doesn't begin"),
        (HEAD + OLD, "there is no section '[1.1.0]"),
        (HEAD, "there is no section"),
        (f"{HEAD}## [Unreleased]\n\n### Added\n\n- Left.\n\n{NEW}", "under Unreleased"),
        (f"{HEAD}{NEW}## [Unreleased]\n", "isn't the first"),
        (HEAD + NEW.replace("2026-05-04", "2026-13-04"), "2026-13-04 is no day"),
        (HEAD + NEW.replace(" - 2026-05-04", ""), "the heading '[1.1.0]' isn't"),
        (HEAD + NEW.replace("Added", "News"), "unknown group 'News'"),
        (HEAD + NEW.replace("- More.", ""), "says nothing under 'Added'"),
        (HEAD + NEW.replace("### Added", ""), "tells no change"),
        (HEAD + OLD + "\n" + NEW, "the newest section is 1.0.0"),
        (HEAD + NEW + NEW, "1.1.0 stands below 1.1.0"),
        (HEAD + NEW + OLD.replace("1.0.0", "1.2.0"), "1.2.0 stands below 1.1.0"),
        (HEAD + NEW + OLD.replace("1.0.0", "first"), "'first' is no version"),
    ],
)
def test_what_is_wrong_is_told(text: str, says: str) -> None:
    assert says in "; ".join(changelog.problems(text, "1.1.0"))


def test_a_candidate_comes_before_its_version() -> None:
    candidate = NEW.replace("1.1.0", "1.1.0rc1")
    assert changelog.problems(HEAD + NEW + candidate + OLD, "1.1.0") == []
    assert "1.1.0 stands below 1.1.0rc1" in "; ".join(changelog.problems(HEAD + candidate + NEW, "1.1.0rc1"))
