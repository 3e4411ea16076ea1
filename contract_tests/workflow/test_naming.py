"""A file name out of a hostile link is one harmless name on every file system."""

from __future__ import annotations

import sys
import unicodedata
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profile_export._naming import FALLBACK, distinct, safe_name

DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"}
DEVICES |= {f"{kind}{number}" for kind in ("com", "lpt") for number in "0123456789\u00b9\u00b2\u00b3"}
ODD = ["..", ".", "/", "\\", "%2f", "%5C", "%00", "%0a", "con", "NUL.txt", " ", "\u202e", "\u0301", "e\u0301", "\ufeff"]
ODD += [
    "a" * 300,
    "\u00e9" * 130,
    "\U0001f600" * 70,
    ".csv",
    ":",
    "?",
    "#",
    "*",
    '"',
    "COM\u00b9",
    "%ed%a0%80",
    "~",
    "-",
]
segments = st.lists(st.sampled_from(ODD) | st.text(max_size=8), max_size=4).map("".join)


@settings(max_examples=200)
@given(segments, st.sampled_from(["", "https://panel.example.com/api/download/x/"]))
def test_any_link_gives_one_harmless_name(segment: str, before: str) -> None:
    try:
        name = safe_name(before + segment)
    except ValueError:
        assert not before  # only a link that was not resolved can be no URL at all
        return
    assert name
    assert not set(name) & set('<>:"/\\|?*')
    assert not any(unicodedata.category(letter).startswith("C") for letter in name)
    assert not name.startswith((".", " "))
    assert not name.endswith((".", " "))
    assert len(f"{name}-999.rejected".encode()) <= 255
    assert len(f"{name}.01234567.part".encode()) <= 255
    assert unicodedata.is_normalized("NFC", name)
    assert name.partition(".")[0].rstrip().lower() not in DEVICES


@given(segments)
def test_a_safe_name_is_its_own_safe_name(segment: str) -> None:
    name = safe_name(f"https://panel.example.com/{segment}")
    if "%" not in name and "#" not in name:
        assert safe_name(f"https://panel.example.com/{name}") == name


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("/api/download/data/4cf4/1_database_export.csv", "1_database_export.csv"),
        ("https://panel.example.com/x/7_segment_export.csv?token=abc#top", "7_segment_export.csv"),
        ("/x/a%20b%2Bc.csv", "a b+c.csv"),
        ("/x/%D0%BF%D1%80%D0%BE.csv", "\u043f\u0440\u043e.csv"),
        ("/x/cafe\u0301.csv", "caf\u00e9.csv"),
        ("/x/..%2F..%2Fetc%2Fpasswd", "_.._etc_passwd"),
        ("/x/..%5c..%5cboot.ini", "_.._boot.ini"),
        ("/x/%2e%2e", FALLBACK),
        ("/x/.bashrc", "bashrc"),
        ("/x/", "x"),
        ("/", FALLBACK),
        ("", FALLBACK),
        ("/x/con", "_con"),
        ("/x/Nul.csv", "_Nul.csv"),
        ("/x/com1.tar.gz", "_com1.tar.gz"),
        ("/x/aux .csv", "_aux .csv"),
        ("/x/console.csv", "console.csv"),
        ("/x/a%00.csv", "a_.csv"),
        ("/x/a%0d%0ab.csv", "a__b.csv"),
        ("/x/gpj.%E2%80%AEcsv", "gpj._csv"),
        ("/x/report.csv. .", "report.csv"),
        ("/x/a:b*c?.csv", "a_b_c"),
    ],
)
def test_what_links_are_called(link: str, name: str) -> None:
    assert safe_name(link) == name


def test_a_long_name_is_cut_before_its_ending() -> None:
    name = safe_name("/x/" + "\u00e9" * 300 + ".csv")
    assert name.endswith("\u00e9.csv")
    assert 195 <= len(name.encode()) <= 200


def test_a_cut_leaves_no_dot_at_the_end() -> None:
    assert safe_name("/x/" + "a" * 199 + "." + "b" * 30) == "a" * 199


@given(st.lists(st.sampled_from(["a.csv", "A.csv", "a-2.csv", "a", "\u00df", "ss", "b.tar.gz"]), max_size=12))
def test_distinct_names_differ_even_where_case_does_not_count(names: list[str]) -> None:
    result = distinct(names)
    assert len({name.casefold() for name in result}) == len(names)
    assert [new.casefold()[0] for new in result] == [old.casefold()[0] for old in names]
    for number, name in enumerate(names):
        if name.casefold() not in {earlier.casefold() for earlier in result[:number]}:
            assert result[number] == name


def test_repeated_names_are_numbered_before_their_ending() -> None:
    assert distinct(["1.csv", "1.csv", "1.CSV", "1-2.csv", "1"]) == ["1.csv", "1-2.csv", "1-3.CSV", "1-2-2.csv", "1"]


def searched(names: list[str]) -> list[str]:
    """What `distinct` gives, by a search from the first number on for every name."""
    result: list[str] = []
    for name in names:
        stem, dot, ending = name.rpartition(".") if "." in name else (name, "", "")
        candidates = [name, *(f"{stem}-{number}{dot}{ending}" for number in range(2, len(names) + 2))]
        taken = {earlier.casefold() for earlier in result}
        result.append(next(candidate for candidate in candidates if candidate.casefold() not in taken))
    return result


ALIKE = ["a", "A", "a-2", "a-3", "a-2-2", "a.b", "A.B", "a-2.b", "a-3.b", "a-2.B-2", ".b", "-2.b", ""]
ALIKE += ["\u00df", "ss", "\u1e9e-2", "\u0130.b", "i\u0307.b"]


@given(st.lists(st.sampled_from(ALIKE) | st.text("aA.-2", max_size=4), max_size=30))
def test_names_are_numbered_as_by_a_search(names: list[str]) -> None:
    assert distinct(names) == searched(names)


@pytest.mark.parametrize("more", [[], ["A.csv", "a-2.csv"]], ids=["equal", "mixed"])
def test_thousands_of_equal_names_take_no_search_each(more: list[str]) -> None:
    """A panel chooses how many links it gives."""
    names = ["a.csv", *more] * 1000
    looks = 0

    def count(_frame: FrameType, what: str, function: Any) -> None:
        nonlocal looks
        looks += what == "c_call" and function.__name__ == "casefold"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        result = distinct(names)
    finally:
        sys.setprofile(before)
    assert len({name.casefold() for name in result}) == len(names)
    assert 0 < looks <= 5 * len(names)
