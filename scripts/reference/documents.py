"""What `--json` writes: the members of every document, which are public; a test compares them with real ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from profile_export.cli import configuration
from scripts.reference.markdown import code, table


@attrs.frozen
class Shape:
    """An object of JSON.

    Attributes:
        title: What it is, and who writes it.
        members: What each member is.
        optional: Those of them that may be missing.
        others: Members that may be there, too, and are told elsewhere.
    """

    title: str
    members: Mapping[str, str]
    optional: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()


INTRO: Final = """## What `--json` writes

One document, an object, on stdout. A command that fails writes `{"error": ...}`; `doctor` and `config check` tell what
they find in documents of their own. Members can be added in [a minor version](compatibility.md).
"""
EXPORT: Final = {
    "task_id": "the task",
    "total": "how many profiles the panel says that there are",
    "rows": "how many rows the files hold, null where they weren't counted",
    "files": "the files, a list of objects",
    "warnings": "what the panel said beside, a list of texts",
}
SHAPES: Final = {
    "error": Shape(
        "An error: `error` in the document of a command, or of one of several exports",
        {
            "slug": "the name of [the error](errors.md), `bug`, or `interrupted`",
            "message": "what happened",
            "hints": "what can be done, a list of texts",
            "task_id": "the task that it is about, or null",
            "exit_code": "[the exit code](exit-codes.md) that belongs to it",
        },
    ),
    "export": Shape("`run` with one SOURCE, and `download`", EXPORT),
    "file": Shape(
        "A file in `files`",
        {
            "path": "where it is, null where that is no place on a disk",
            "url": "where it is, as a URL",
            "size": "bytes",
            "rows": "rows without the header row, null where they weren't counted",
            "sha256": "of its bytes, in hexadecimal",
            "resumed_from": "the byte at which its last answer went on after an interruption, or null",
        },
    ),
    "exports": Shape(
        "`run` with several SOURCEs, and `resume`",
        {
            "exports": "one object for each; `run` keeps the order of the command line",
            "error": "only where a signal stopped `run`",
        },
        frozenset({"error"}),
    ),
    "outcome": Shape(
        "An object in `exports`, which has either `error` or the members of an export, as above",
        {"source": "what was exported, such as `database:1`", "error": "why it failed"},
        frozenset({"error"}),
        frozenset(EXPORT),
    ),
    "created": Shape("`create`", {"task_id": "the task"}),
    "status": Shape(
        "`status`",
        {
            "task_id": "the task",
            "status": "the panel's word for its state",
            "progress": "percent",
            "total": "how many profiles there are, null while nobody knows",
            "urls": "links to the files, empty before the end",
            "errors": "the panel's errors, as they came",
            "source_type": "`database` or `segment`, null while nobody knows",
            "source_id": "its number, null while nobody knows",
            "completed": "whether the task ended well",
            "failed": "whether it ended badly",
        },
    ),
    "completed": Shape(
        "`wait`",
        {
            "task_id": "the task",
            "total": "how many profiles there are",
            "links": "how many links",
            "urls": "links to the files",
            "warnings": "what the panel said beside, a list of texts",
        },
    ),
    "journal": Shape("`pending`", {"pending": "the exports that aren't finished, a list of objects"}),
    "pending": Shape(
        "An export in `pending`",
        {
            "id": "its name in the journal, as `resume` and `--forget` take it",
            "panel": "the panel's address, without a path",
            "source": "what is exported, such as `database:1`",
            "to": "the place for the files",
            "stage": "`intent`, `created` or `verified`; see [the guide](../how-to/resume-after-a-crash.md)",
            "task_id": "the task, null before there is one",
            "where": "the filter, or null",
            "file_format": "the format of the files",
            "created_at": "when it began, in UTC, as ISO 8601 has it",
        },
    ),
    "doctor": Shape("`doctor`", {"good": "whether nothing is wrong", "findings": "what was tried, a list of objects"}),
    "finding": Shape(
        "A finding in `findings`",
        {
            "what": "`program`, `address`, `token`, `panel` or `folder`",
            "text": "what came of it",
            "hints": "what can be done, a list of texts",
            "exit_code": "0, or that of the trouble",
            "good": "whether nothing is wrong with it",
        },
    ),
    "sandbox": Shape(
        "`sandbox`, once it is ready",
        {
            "url": "its address",
            "token": "the token that it accepts, null where you gave one",
            "data": "the folder that it keeps, null where nothing is kept",
        },
    ),
    "demo": Shape(
        "`demo`",
        {"kept": "whether the files are kept", "exports": "the two exports, each with the members of one, as above"},
    ),
    "config path": Shape("`config path`", {"path": "where the file is", "exists": "whether it is there"}),
    "config list": Shape(
        "`config list`",
        {
            "path": "where the file is",
            "default": "the panel that counts when none is named, or null",
            "panels": "the panels, a list of objects",
        },
    ),
    "panel": Shape(
        "A panel in `panels`, which has those [settings](configuration.md#a-panel), too, that the file gives it",
        {"name": "its name", "token": "where its token is, in words, or `-`"},
        others=frozenset(configuration.SETTINGS),
    ),
    "config set": Shape(
        "`config set` and `config remove`", {"path": "where the file is", "panel": "the panel that was changed"}
    ),
    "config check": Shape(
        "`config check`",
        {"path": "where the file is", "exists": "whether it is there", "problems": "what is wrong, a list of objects"},
    ),
    "problem": Shape(
        "A problem in `problems`",
        {
            "where": "the place, such as `panels.main.auth`, or empty",
            "text": "what is wrong",
            "hint": "what can be done, or empty",
            "line": "the number of the line, null where it can't be told",
            "warning": "whether it works all the same",
        },
    ),
}


def section() -> str:
    """The section of the page about the command line."""
    parts = [INTRO]
    for shape in SHAPES.values():
        rows = ([code(name), meaning] for name, meaning in shape.members.items())
        parts += [f"{shape.title}:\n", table(["member", "is"], rows)]
    return "\n".join(parts)
