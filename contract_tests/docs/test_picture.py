"""The picture of the README shows what the demonstration says today, and asks nobody for anything."""

from __future__ import annotations

import re
import sys
from xml.etree import ElementTree as ET

import pytest

from contract_tests.docs import drawings
from contract_tests.docs.code import ROOT
from scripts import _picture

# The same program with as many files from fewer profiles.
QUICK = (
    "import sys; from profile_export.cli import demo, main; demo.TASK_SECONDS = 0.1; demo.ROWS_PER_FILE = 40; "
    "sys.exit(main(['demo', '--profiles', '400']))"
)
REMEDY = "the picture is stale: run scripts/picture"


def test_it_shows_what_the_demo_says() -> None:
    now = _picture.screen(_picture.recorded([sys.executable, "-c", QUICK]))
    shown = _picture.texts(_picture.PICTURE.read_text(encoding="utf-8"))
    assert _picture.words(shown) == [line for line in _picture.words(now) if line], REMEDY
    assert "24,103 profiles" in shown[-2]
    assert "100,000" in shown[1]


def test_a_word_that_changes_is_noticed() -> None:
    lines = ["Exporting a segment as it is (segment:7) ...", "2 files, 7 profiles, 3.6 MB: complete and verified"]
    assert _picture.words(lines) == _picture.words(
        [lines[0], "9 files, 24,103 profiles, 884 kB: complete and verified"]
    )
    for other in (["Fetching a segment as it is (segment:7) ...", lines[1]], [lines[0]], [lines[0], f"{lines[1]}!"]):
        assert _picture.words(lines) != _picture.words(other)


@pytest.mark.parametrize(
    "name", ["docs/demo.svg", "docs/explanation/architecture.svg", "docs/explanation/download.svg"]
)
def test_pictures_fetch_nothing_and_tell_no_place(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    root = ET.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.find("{http://www.w3.org/2000/svg}title") is not None
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg|127\.0\.0\.1)", text) == []
    assert (
        re.findall(r"<(?:script|image|use|link|foreignObject)|@import|@font-face|url\(|/home/|/root|/tmp", text) == []
    )


def test_the_floors_are_drawn_as_they_are() -> None:
    assert drawings.DRAWING.read_text(encoding="utf-8") == drawings.drawn(), drawings.REMEDY
