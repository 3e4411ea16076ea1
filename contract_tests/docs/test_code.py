"""No page shows code that nobody runs: each block is run by the tests named here, or says why it isn't."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contract_tests.docs.code import ROOT, SHOWN, blocks_of

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
# Which tests run the blocks of a page in a language: all of them, by what `code` finds.
RUN_BY: dict[str, dict[str, tuple[str, ...]]] = {
    "CONTRIBUTING.md": {"console": ("docs/test_entry_points.py",)},
    "docs/reference/command-line.md": {"bash": ("docs/test_help_examples.py",)},
    "README.md": {"console": ("docs/test_commands.py",), "python": ("docs/test_commands.py",)},
    "docs/tutorial.md": {"console": ("docs/test_tutorial.py",), "python": ("docs/test_tutorial.py",)},
    "docs/how-to/airflow.md": {"python": ("airflow/test_pages.py",)},
    "docs/how-to/bearer.md": {"console": ("docs/test_wire_guides.py",), "python": ("docs/test_wire_guides.py",)},
    "docs/how-to/configure.md": {"console": ("docs/test_how_to.py",), "toml": ("docs/test_how_to.py",)},
    "docs/how-to/dask.md": {"python": ("airflow/test_pages.py",)},
    "docs/how-to/many-segments.md": {"console": ("docs/test_commands.py",), "python": ("docs/test_commands.py",)},
    "docs/how-to/object-stores.md": {
        "bash": ("docs/test_commands.py",),
        "console": ("stores/test_servers.py",),
        "python": ("docs/test_commands.py",),
    },
    "docs/how-to/observe.md": {"python": ("observability/test_page.py",)},
    "docs/how-to/parquet.md": {
        "console": ("docs/test_how_to.py",),
        "python": ("docs/test_how_to.py", "tables/lane_engines.py"),
    },
    "docs/how-to/proxy-and-private-ca.md": {
        "console": ("docs/test_network_guide.py",),
        "python": ("docs/test_network_guide.py",),
    },
    "docs/how-to/regenerate.md": {"console": ("spec_diff/test_command.py",), "diff": ("rehearsal/test_rehearsals.py",)},
    "docs/how-to/resume-after-a-crash.md": {
        "console": ("docs/test_commands.py",),
        "python": ("docs/test_commands.py",),
    },
    "docs/how-to/test-your-pipeline.md": {"python": ("testing/test_page.py",)},
    "docs/how-to/verify-a-panel.md": {"console": ("docs/test_verify_guide.py",)},
    "docs/how-to/xml.md": {"console": ("docs/test_wire_guides.py",), "python": ("docs/test_wire_guides.py",)},
    "docs/reference/python.md": {"python": ("docs/test_commands.py",)},
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_block_is_run_or_says_why_not(page: Path) -> None:
    found = blocks_of(page)
    run = {block.language for block in found if block.reason is None and block.language not in SHOWN}
    # Directives of the site: what they show comes from the code.
    run = {language for language in run if not language.startswith("{")}
    assert "" not in run, "a block without a language: text is the one for what is only shown"
    assert run == set(RUN_BY.get(page.relative_to(ROOT).as_posix(), {})), "see RUN_BY, and the docstring of `code`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_block_is_overlooked(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(re.findall(r"^\s*(?:```|~~~)", text, re.MULTILINE)) == 2 * len(blocks_of(page))
    assert text.count("<!-- not run") == sum(block.reason is not None for block in blocks_of(page))


def test_the_tests_that_run_them_exist() -> None:
    tests = [path for path in (ROOT / "contract_tests").rglob("*.py") if path.name != Path(__file__).name]
    told = "".join(path.read_text(encoding="utf-8") for path in tests)
    for page, languages in RUN_BY.items():
        assert Path(page).name in told, f"no test speaks of {page}"
        names = {name for some in languages.values() for name in some}
        assert [name for name in names if not (ROOT / "contract_tests" / name).is_file()] == []
