"""The status page: what can be exported, which tasks there are, and which files they made."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime

from profile_export.sandbox.html import esc, table
from profile_export.sandbox.panel import Panel
from profile_export.sandbox.sources import segment_spec
from profile_export.sandbox.tasks import IN_PROGRESS, TaskView

_SHOWN = 50

Listed = tuple[sqlite3.Row, TaskView]


def render(panel: Panel, base_url: str) -> tuple[str, bool]:
    """The page's body, and whether something in it is still moving."""
    tasks = panel.tasks.newest(_SHOWN)
    settings = panel.settings
    body = (
        "<h1>Status</h1>"
        f'<p class="soft">A panel with invented customers (seed {settings.seed}) that answers the export API at'
        f" <code>{esc(base_url)}</code>. Newest first, at most {_SHOWN} of each.</p>"
        + _card("Sources", _sources(panel))
        + _card("Tasks", _tasks(tasks, base_url))
        + _card("Files", _files(panel))
    )
    return body, any(view.status == IN_PROGRESS for _, view in tasks)


def _card(title: str, content: str) -> str:
    return f'<section class="card"><h2>{title}</h2>{content}</section>'


def _sources(panel: Panel) -> str:
    rows = (
        (
            f"<code>{source['type']}:{source['id']}</code>",
            esc(source["name"]),
            _selects(source),
            _number(source["total"]),
        )
        for source in panel.tasks.sources()
    )
    return table(("Source", "Name", "Selects", "#Profiles"), rows)


def _selects(source: sqlite3.Row) -> str:
    if source["type"] == "database":
        return '<span class="soft">all its profiles</span>'
    spec = segment_spec(source["id"])
    return f"<code>database:{spec.database_id}</code> where {_query(json.dumps(spec.query))}"


def _tasks(tasks: list[Listed], base_url: str) -> str:
    hint = f"None yet. Try: profile-export run segment:7 --base-url {base_url.rstrip('/')} --to exports"
    rows = (
        (
            f'<code class="plain nowrap">{esc(task["task_id"])}</code>',
            _export(task),
            _moment(task["created"]),
            _state(view),
            _number(view.result["total"]) if view.result else "",
        )
        for task, view in tasks
    )
    return table(("Task", "Export", "Created (UTC)", "State", "#Rows"), rows, empty=hint)


def _export(task: sqlite3.Row) -> str:
    source = f"{esc(task['source_type'])}:{task['source_id']}"
    query = _query(task["query"])
    return f"<code>{source}</code> as {esc(task['file_format'])}" + (f"<br>where {query}" if query else "")


def _state(view: TaskView) -> str:
    if view.result is not None:
        return f'<span class="pill {"bad" if view.status == "failed" else "good"}">{esc(view.status)}</span>'
    bar = f'<progress max="100" value="{view.progress}"></progress>'
    return f'<span class="nowrap">{bar}{view.progress} %</span>'


def _files(panel: Panel) -> str:
    rows = (
        (
            f"<code>{esc(file['name'])}</code>",
            f'<code class="plain nowrap">{esc(file["task_id"])}</code>',
            _moment(file["modified"]),
            _number(file["size"]),
        )
        for file in panel.tasks.newest_files(_SHOWN)
    )
    return table(("File", "Task", "Written (UTC)", "#Bytes"), rows, empty="None yet.")


def _query(query: str) -> str:
    values = json.loads(query)
    return f"<code>{esc(_shorten(json.dumps(values, ensure_ascii=False)))}</code>" if values else ""


def _shorten(text: str) -> str:
    limit = 120
    return text if len(text) <= limit else f"{text[:limit]}…"


def _moment(seconds: float) -> str:
    return f'<span class="nowrap">{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}</span>'


def _number(value: object) -> str:
    return f'<span class="number">{value:,}</span>' if isinstance(value, int) else ""
