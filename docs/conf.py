"""Settings of the documentation site, which scripts/docs builds.

The pages are the repository's own Markdown files, where they are: the same links work there and here. What is made of
them here and nowhere else: the side bar, from the lists of docs/index.md, and the Python interface, from docstrings.
"""

from __future__ import annotations

import re
from pathlib import Path

import sphinx.application

from profile_export import __version__

ROOT = Path(__file__).resolve().parents[1]

project = "profile-export"
author = "The profile-export maintainers"
project_copyright = "the profile-export maintainers, MIT licence"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/*.md", "docs/**/*.md"]
nitpicky = True
# Other people's types have no pages here, and an inventory of them would have to be fetched.
nitpick_ignore_regex = [("py:.*", r"(?!profile_export\.).*")]

# Headings have the anchors that forges give them.
myst_heading_anchors = 4

# `word` in docstrings is a link where it names something of the interface, and code everywhere.
default_role = "py:obj"
add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_type_aliases = {
    name: name for name in ("AuthMode", "EventSink", "Source", "Target", "To", "Verify", "WireFormat")
}
# Too large for the environment of this site. Its classes are shown as they are written.
autodoc_mock_imports = ["airflow", "asgiref"]
napoleon_numpy_docstring = False

html_theme = "furo"
html_title = f"profile-export {release}"
html_copy_source = False
html_show_sourcelink = False

_SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_PAGE = re.compile(r"\]\(([\w./-]+\.md)\)")


def _side_bar(_app: sphinx.application.Sphinx, page: str, source: list[str]) -> None:
    """The lists of the index as tables of contents, so that nothing is listed twice."""
    if page == root_doc:
        for caption, entries in _SECTION.findall(source[0]):
            pages = "\n".join(_PAGE.findall(entries))
            source[0] += f"\n\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{pages}\n```\n"


def setup(app: sphinx.application.Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _side_bar)
