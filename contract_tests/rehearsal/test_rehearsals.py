"""The three changes that docs/how-to/regenerate.md walks through: edited, regenerated, and exported with.

Each is one test, since each pays for one generation: before and after are its two acts.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from contract_tests.rehearsal import page
from contract_tests.rehearsal.rehearsal import Tree, shown
from profile_export.sandbox import SandboxSettings, start_sandbox

# Generating and half a dozen processes take a while on a busy machine.
pytestmark = pytest.mark.timeout(300)

TOKEN = "a-token-for-rehearsals"
# Each format and each style once: enough where all exports end in the same error.
HALF = ("json-sync", "xml-async")


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    folder = tmp_path / "copy"
    folder.mkdir()
    return Tree.in_folder(folder)


def settings(tmp_path: Path, **more: object) -> SandboxSettings:
    return SandboxSettings(data_dir=tmp_path / "panel", token=TOKEN, profiles=200, task_seconds=0, **more)  # type: ignore[arg-type]


def went_well(rows: set[tuple[int, int]]) -> bool:
    """All exports have the same rows, as many as announced."""
    [(counted, announced)] = rows
    return counted == announced > 0


def test_the_final_status_word_changes(tree: Tree, tmp_path: Path) -> None:
    change = page.change("The final status word changes")
    report = tree.change_contract(change)
    assert report.breaks
    assert shown(change, report)
    tree.regenerate()
    with start_sandbox(settings(tmp_path, final_status="finished")) as panel:
        before = tree.export(panel, "before", HALF)
        assert before.errors() == {"UnknownTaskState"}
        assert before.texts().count("'finished'") == 2

        tree.adapt_wrapper(change)
        after = tree.export(panel, "after")
        assert after.errors() == {"none"}, after.texts()
        assert went_well(after.rows())


def test_the_token_leaves_the_body_for_the_header(tree: Tree, tmp_path: Path) -> None:
    change = page.change("The token leaves the body for the header")
    report = tree.change_contract(change)
    assert report.breaks
    assert shown(change, report)
    tree.regenerate()
    with start_sandbox(settings(tmp_path, auth="bearer")) as panel:
        before = tree.export(panel, "before", HALF)
        assert (before.errors(), before.sent) == ({"ContractError"}, [])
        assert before.texts().count("token") == 2

        tree.adapt_wrapper(change)
        after = tree.export(panel, "after")
        assert after.errors() == {"none"}, after.texts()
        assert went_well(after.rows())
        assert all("authorization" in sent for sent in after.sent)
        assert [sent for sent in after.sent if TOKEN in sent or "token" in sent.partition("[")[0]] == []


def test_a_new_required_request_field_and_a_renamed_answer_field(tree: Tree, tmp_path: Path) -> None:
    change = page.change("A new required request field, and a renamed answer field")
    report = tree.change_contract(change)
    assert shown(change, report)
    assert {(one.where, one.breaks) for one in report.changes} == {
        ("body requested_by", True),
        ("200 data.result.urls", True),
        ("200 data.result.links", False),
    }
    with start_sandbox(settings(tmp_path)) as panel:
        # The package of today, at the panel of tomorrow, and at one that has renamed the field only.
        today = tree.export(panel, "today", HALF, fields="both")
        assert today.errors() == {"InvalidRequest"}
        assert today.texts().count("requested_by is required") == 2
        renamed = tree.export(panel, "renamed", HALF, fields="answer")
        assert renamed.errors() == {"ContractError"}
        assert renamed.texts().count("'urls'") == 2

        # The client of tomorrow below the wrapper of today.
        tree.regenerate()
        unsent = tree.export(panel, "unsent", HALF, fields="both")
        assert (unsent.errors(), unsent.sent) == ({"ContractError"}, [])
        assert unsent.texts().count("'requested_by'") == 2

        # Half of the work: what is sent is right, what is read is not.
        calls = "wrapper/profile_export/_calls.py"
        sends, reads = change.wrapper[calls]
        page.apply([sends], tree.folder / calls)
        unread = tree.export(panel, "unread", HALF, fields="both")
        assert unread.errors() == {"ContractError"}
        assert unread.texts().count("'urls'") == 2

        page.apply([reads], tree.folder / calls)
        after = tree.export(panel, "after", fields="both")
        assert after.errors() == {"none"}, after.texts()
        assert went_well(after.rows())
