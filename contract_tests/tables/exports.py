"""Downloaded exports made up on the spot, and the files that break careless readers."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

from profile_export import DownloadedExport, DownloadedFile
from profile_export.sandbox.seed import NASTY_TEXTS

NASTY = [[str(number), "007", text] for number, text in enumerate(NASTY_TEXTS)]


def written(
    rows: Sequence[Sequence[str]], header: Sequence[str] = ("_id", "phone", "comment"), **options: str
) -> bytes:
    encoding = options.pop("encoding", "utf-8")
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=options.pop("delimiter", ",")).writerows([header, *rows] if header else rows)
    return text.getvalue().encode(encoding)


def export(folder: Path, *contents: bytes, total: int, counted: bool = True) -> DownloadedExport:
    """An export of the files `1.csv`, `2.csv`, ...; what it says of their rows is `total`."""
    files: list[DownloadedFile] = []
    folder.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(contents, 1):
        path = folder / f"{number}.csv"
        path.write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        files.append(DownloadedFile(path=path, size=len(content), rows=total if counted else None, sha256=sha256))
    return DownloadedExport(task_id="task", files=tuple(files), total=total, rows=total if counted else None)
