"""Makes the report about two places: files, git revisions, or the working tree."""

from __future__ import annotations

import tempfile
from pathlib import Path

from scripts.spec_diff import document, operations
from scripts.spec_diff.document import CONTRACT_NAME, Document, UnreadableContract
from scripts.spec_diff.findings import Change
from scripts.spec_diff.report import Report

WORKING_TREE = "working tree"


def contracts(base: Document, head: Document) -> Report:
    """The report about two contracts alone.

    Raises:
        UnreadableContract: One of them isn't understood.
    """
    try:
        changes = operations.compare(base, head)
    except (KeyError, TypeError, AttributeError) as error:
        # The comparison relies on the structure of OpenAPI; scripts/check tells more about a contract without it.
        raise UnreadableContract(
            f"one of the contracts isn't valid OpenAPI ({type(error).__name__}: {error})"
        ) from error
    return Report(base.name, head.name, changes, differs=base.root != head.root)


def places(base: str, head: str | None, repository: Path, *, python: bool) -> Report:
    """The report about two files or revisions; without `head` the working tree is compared.

    Raises:
        UnreadableContract: There is nothing to compare.
    """
    before = document.read(base, repository)
    after = document.read(head, repository) if head else working_tree(repository)
    report = contracts(before, after)
    if python and _has_packages(base) and (head is None or _has_packages(head)):
        found = _python(base, head, repository)
        return Report(report.base, report.head, report.changes + found, differs=report.differs or bool(found))
    return report


def working_tree(repository: Path) -> Document:
    """The contract as it stands.

    Raises:
        UnreadableContract: It isn't there.
    """
    try:
        return document.parse(WORKING_TREE, (repository / CONTRACT_NAME).read_bytes())
    except OSError as error:
        raise UnreadableContract(f"{CONTRACT_NAME} can't be read: {error.strerror}") from None


def _has_packages(place: str) -> bool:
    """A revision has the Python packages beside its contract; a file hasn't."""
    return not Path(place).is_file() and ":" not in place


def _python(base: str, head: str | None, repository: Path) -> list[Change]:
    from scripts.spec_diff import python_surface  # noqa: PLC0415 - griffe is needed for revisions only

    with tempfile.TemporaryDirectory() as scratch:
        before = python_surface.unpack(base, repository, Path(scratch, "base"))
        after = repository if head is None else python_surface.unpack(head, repository, Path(scratch, "head"))
        return python_surface.compare(before, after)
