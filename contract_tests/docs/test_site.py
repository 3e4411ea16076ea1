"""What loads something from elsewhere is found in a built site; links that people follow are left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import _site


@pytest.mark.parametrize(
    "line",
    [
        '<script src="https://cdn.example.com/a.js"></script>',
        '<link rel="stylesheet" href="//fonts.example.com/a.css">',
        '<img src="HTTP://example.com/a.png">',
        '<p style="background: url(https://example.com/a.png)">',
    ],
)
def test_a_page_that_loads_from_elsewhere_is_found(
    tmp_path: Path, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.html").write_text(f"<html>{line}</html>", encoding="utf-8")
    assert _site.main(tmp_path) == 1
    assert "docs/page.html loads" in capsys.readouterr().err


def test_a_style_that_loads_from_elsewhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text('@import "https://fonts.example.com/a.css"; p { src: url(//x.example.com/f) }')
    assert len(list(_site.foreign(tmp_path))) == 2


def test_links_and_own_files_are_no_problem(tmp_path: Path) -> None:
    text = '<a href="https://example.com">there</a><script src="_static/a.js"></script><img src="data:image/png;x">'
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    (tmp_path / "a.css").write_text("p { background: url(a.png) }", encoding="utf-8")
    assert _site.main(tmp_path) == 0
    assert "docs/index.html" in (tmp_path / "index.html").read_text(encoding="utf-8")
