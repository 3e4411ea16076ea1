"""Settings are checked before anything starts, and never show the token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError

from profile_export.sandbox import SandboxSettings


def make(**options: Any) -> SandboxSettings:
    return SandboxSettings(**{"data_dir": "data", "token": "secret-token", **options})


def test_the_defaults_are_those_of_the_document() -> None:
    settings = make()
    assert settings.data_dir == Path("data")
    assert (settings.profiles, settings.final_status, settings.auth) == (1000, "completed", "any")
    assert (settings.link_prefix, settings.link_seconds) == ("/api/download/data", 86_400)


def test_no_text_of_the_settings_shows_the_token() -> None:
    assert "secret-token" not in repr(make())
    assert "'***'" in repr(make())


def test_settings_cannot_be_changed() -> None:
    settings = make()
    with pytest.raises(FrozenInstanceError):
        settings.profiles = 5  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("profiles", 0),
        ("profiles", -5),
        ("profiles", True),
        ("profiles", 2.5),
        ("profiles", 10_000_001),
        ("seed", "one"),
        ("seed", 2**63),
        ("rows_per_file", 0),
        ("task_seconds", -1),
        ("task_seconds", float("nan")),
        ("task_seconds", "2"),
        ("link_seconds", 0),
        ("link_seconds", float("inf")),
        ("auth", "basic"),
        ("ids", "uuid"),
        ("link_prefix", "/files"),
        ("final_status", " "),
        ("final_status", "in_progress"),
        ("token", ""),
        ("token", 5),
        ("token", "with space"),
        ("token", "line\nbreak"),
        ("token", "tokén"),
    ],
)
def test_a_bad_value_is_named(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must ") as caught:
        make(**{name: value})
    if name == "token" and value:
        assert str(value) not in str(caught.value)
