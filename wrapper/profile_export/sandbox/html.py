"""The few pieces of HTML that both pages share. Text passes through `esc` or `markdown`, always."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from html import escape
from importlib.resources import files

from starlette.responses import HTMLResponse

# The pages load nothing and run nothing, whatever ends up in them.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'"
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Cpath fill='%233b6fd4' d='M2 2h12v3H2zm0 4.5h12v3H2zM2 11h8v3H2z'/%3E%3C/svg%3E"
)


def page(title: str, body: str, *, here: str, refresh: int | None = None) -> HTMLResponse:
    """A whole page. `here` is the path that the navigation marks; `refresh` is in seconds."""
    again = f'<meta http-equiv="refresh" content="{refresh}">' if refresh else ""
    content = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{again}'
        f'<title>{esc(title)}</title><link rel="icon" href="{_ICON}"><style>{_style()}</style></head>'
        f"<body>{_navigation(here)}<main>{body}</main></body></html>"
    )
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return HTMLResponse(content, headers=headers)


def esc(value: object) -> str:
    """Text as HTML shows it."""
    return escape(str(value))


def table(heads: Iterable[str], rows: Iterable[Iterable[str]], *, empty: str = "", kind: str = "") -> str:
    """A table of cells that are HTML already; heads that begin with `#` stand over numbers.

    `empty` replaces a table without rows; `kind` is a class for the style sheet.
    """
    lines = ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows]
    if not lines and empty:
        return f'<p class="empty">{esc(empty)}</p>'
    head = "".join(_head(name) for name in heads)
    body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return f'<div class="wide"><table class="{kind}">{body}</table></div>'


def _head(name: str) -> str:
    return f'<th class="number">{esc(name[1:])}</th>' if name.startswith("#") else f"<th>{esc(name)}</th>"


def markdown(text: str) -> str:
    """The small part of Markdown that the contract's descriptions use: paragraphs, lists, bold, and code."""
    return "".join(_block(block) for block in re.split(r"\n\s*\n", text.strip()) if block)


def _block(block: str) -> str:
    items = re.split(r"^[-*] ", block, flags=re.MULTILINE)
    if len(items) > 1 and not items[0]:
        return "<ul>" + "".join(f"<li>{inline(item)}</li>" for item in items[1:]) + "</ul>"
    return f"<p>{inline(block)}</p>"


def inline(text: str) -> str:
    """Bold and code within a line."""
    parts = re.split(r"`([^`]+)`", " ".join(text.split()))
    # Every second part stood between backticks.
    return "".join(f"<code>{esc(part)}</code>" if at % 2 else _bold(esc(part)) for at, part in enumerate(parts))


def _bold(text: str) -> str:
    return re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", text)


def _navigation(here: str) -> str:
    links = (("/", "Status"), ("/docs", "API reference"), ("/openapi.yaml", "openapi.yaml"))
    marked = (f'<a href="{path}"{" aria-current=page" if path == here else ""}>{esc(text)}</a>' for path, text in links)
    return f"<header><strong>Profile export sandbox</strong><nav>{''.join(marked)}</nav></header>"


@cache
def _style() -> str:
    return (files("profile_export.sandbox") / "style.css").read_text(encoding="utf-8")
