"""What the pages list is what the code has: errors, exit codes, dialogues, files behind links."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from contract_tests.docs import dialogues
from profile_export import errors
from profile_export.errors import ExportError

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
]
LINK = re.compile(r"\[[^\]]*\]\((?!https?://)([^)#]+)(#[^)]*)?\)")


def all_errors() -> list[type[ExportError]]:
    return [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ExportError)]


def sections() -> dict[str, str]:
    text = (ROOT / "docs/reference/errors.md").read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.slug)
def test_every_error_has_a_heading_that_names_it_and_its_exit_code(kind: type[ExportError]) -> None:
    section = sections()[kind.slug]
    assert f"`{kind.__name__}`" in section
    assert f"exit {kind.exit_code}" in section


def test_no_heading_without_its_error() -> None:
    assert set(sections()) == {kind.slug for kind in all_errors()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    broken = [
        target for target, _ in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / target).exists()
    ]
    assert not broken


def anchors(page: Path) -> set[str]:
    """The anchors that forges, and the site, give the headings of a page."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    found: set[str] = set()
    seen: Counter[str] = Counter()
    for heading in re.findall(r"^#+ (.+?)\s*$", text, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_anchors_lead_to_headings(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = [(page.parent / target, anchor[1:]) for target, anchor in LINK.findall(text) if anchor]
    targets += [(page, anchor) for anchor in re.findall(r"\]\(#([^)]+)\)", text)]
    assert [
        (target.name, anchor) for target, anchor in targets if target.suffix == ".md" and anchor not in anchors(target)
    ] == []


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    pages = [page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")]
    assert [page for page in pages if page != "index.md" and f"({page})" not in index] == []


def test_the_dialogues_are_those_of_the_client() -> None:
    assert dialogues.PAGE.read_text(encoding="utf-8") == dialogues.page(), dialogues.REMEDY


def test_every_module_has_its_place_in_the_drawing_of_the_house() -> None:
    drawing = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    modules = [path.stem for path in (ROOT / "wrapper" / "profile_export").glob("*.py")]
    assert [name for name in modules if f"`{name}`" not in drawing] == []
