"""Step 3: all files are fetched and verified together; none has its name before, and all of them have it after."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import attrs
import pytest

from contract_tests.workflow.worlds import FOLDER, LINK, OTHER_LINK, TASK, World, fetched, settings
from profile_export import _effects as do
from profile_export import errors
from profile_export._download import Destination, download
from profile_export._wait import Completion
from profile_export.events import DownloadFinished, DownloadRestarted, FilePublished, RetryScheduled
from profile_export.policy import DownloadPolicy, RetryPolicy
from profile_export.types import DownloadedExport, DownloadedFile

URL = f"https://panel.example.com{LINK}"
OTHER_URL = f"https://panel.example.com{OTHER_LINK}"
TARGET = FOLDER / "1_database_export.csv"
OTHER_TARGET = FOLDER / "1_database_export_2.csv"
ONE = Completion(TASK, 3, (LINK,), (), "csv")
TWO = Completion(TASK, 3, (LINK, OTHER_LINK), ("odd row",), "csv")
LOST = errors.ResponseLost("the connection broke")


def run(
    world: World, done: Completion = ONE, *, overwrite: bool = False, policy: DownloadPolicy | None = None
) -> DownloadedExport:
    return world.run(download(done, Destination(FOLDER, overwrite), settings(download=policy)))


def test_one_file_is_fetched_verified_and_published() -> None:
    world = World(fetches=[fetched(records=4, size=77)])
    result = run(world)
    assert result == DownloadedExport(TASK, (DownloadedFile(TARGET, 77, 3, "0" * 64),), 3, 3, ())
    assert world.deeds == ["PrepareDirectory", "Modified", "Fetch", "Publish"]
    assert [(fetch.url, fetch.target) for fetch in world.all(do.Fetch)] == [(URL, TARGET)]
    assert world.all(do.Publish) == [do.Publish(TARGET, overwrite=False)]
    assert world.events == [DownloadFinished(target=TARGET, size=77), FilePublished(target=TARGET, size=77)]


def test_several_files_are_published_in_order_after_all_were_fetched() -> None:
    world = World(fetches={URL: [fetched(3)], OTHER_URL: [fetched(2)]})
    result = run(world, TWO)
    assert [(file.path, file.rows) for file in result.files] == [(TARGET, 2), (OTHER_TARGET, 1)]
    assert (result.total, result.rows, result.warnings) == (3, 3, ("odd row",))
    assert world.deeds == ["PrepareDirectory", "Modified", "Modified", "Fetch", "Fetch", "Publish", "Publish"]


def test_an_empty_export_has_no_files() -> None:
    world = World()
    assert run(world, Completion(TASK, 0, (), (), "csv")) == DownloadedExport(TASK, (), 0, 0, ())
    assert world.deeds == ["PrepareDirectory", "MakeDirectory"]


def test_formats_without_rows_are_not_counted() -> None:
    assert run(World(fetches=[fetched(None)])).rows is None
    assert run(World(fetches={URL: [fetched(None)], OTHER_URL: [fetched(9)]}), TWO).rows is None


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_folder_is_proved_writable_before_anything_else(overwrite: bool) -> None:
    world = World(failures={do.PrepareDirectory: errors.DownloadError("can't write")})
    with pytest.raises(errors.DownloadError) as caught:
        run(world, overwrite=overwrite)
    assert world.deeds == ["PrepareDirectory"]
    assert (caught.value.operation, caught.value.task_id) == ("download", TASK)


@pytest.mark.parametrize("existing", [TARGET, OTHER_TARGET])
def test_a_taken_name_stops_all_before_anything_is_fetched(existing: Path) -> None:
    world = World(existing=[existing])
    with pytest.raises(errors.TargetExists, match=existing.name):
        run(world, TWO)
    assert world.all(do.Fetch) == []


def test_overwriting_must_be_asked_for_and_is_passed_on() -> None:
    world = World(existing=[TARGET])
    run(world, overwrite=True)
    assert world.all(do.Publish) == [do.Publish(TARGET, overwrite=True)]


@attrs.define
class MeanwhileWritten(World):
    """While a file is fetched, somebody writes one of its name."""

    modified: float | None = None

    def perform(self, effect: do.Effect[Any]) -> Any:
        match effect:
            case do.Fetch():
                self.modified = 1000.0
            case do.Modified():
                return self.modified
        return super().perform(effect)


@pytest.mark.parametrize(("only_before", "replaced"), [(None, True), (1003.0, True), (1001.0, False), (500.0, False)])
def test_what_another_export_published_meanwhile_is_not_replaced(only_before: float | None, replaced: bool) -> None:
    world = MeanwhileWritten()
    to = Destination(FOLDER, overwrite=True, only_before=only_before)
    with nullcontext() if replaced else pytest.raises(errors.TargetExists, match="after this export had begun"):
        world.run(download(ONE, to, settings()))
    assert len(world.all(do.Publish)) == replaced


def test_an_unsafe_link_stops_all_before_anything_is_fetched() -> None:
    world = World()
    with pytest.raises(errors.UnsafeLink) as caught:
        run(world, Completion(TASK, 3, (LINK, "https://evil.example/x.csv"), ()))
    assert world.all(do.Fetch) == []
    assert caught.value.task_id == TASK


@pytest.mark.parametrize("records", [(3, 3), (1, 1), (0, 0)])
def test_rows_that_do_not_make_up_the_total_reject_all_files(records: tuple[int, int]) -> None:
    world = World(fetches={URL: [fetched(records[0])], OTHER_URL: [fetched(records[1])]})
    with pytest.raises(errors.IntegrityError, match="3 profiles") as caught:
        run(world, TWO)
    assert world.deeds[-2:] == ["Reject", "Reject"]
    assert world.all(do.Publish) == []
    kept = caught.value.hints[0]
    assert f"{TARGET}.rejected" in kept
    assert f"{OTHER_TARGET}.rejected" in kept


def test_rows_are_not_compared_where_that_is_not_wanted() -> None:
    assert run(World(fetches=[fetched(99)]), policy=DownloadPolicy(verify_rows=False)).rows == 98


def test_a_panel_without_header_rows_can_be_told() -> None:
    assert run(World(fetches=[fetched(3)]), policy=DownloadPolicy(csv_header=False)).rows == 3


PASSING = [LOST, errors.RequestTimeout("late"), errors.ConnectFailed("down"), errors.ServerError("502")]
PASSING += [errors.RateLimited("429"), errors.IncompleteDownload("5 of 10 bytes came")]


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
def test_a_file_that_fails_in_passing_is_fetched_again(error: errors.ExportError) -> None:
    world = World(fetches=[error, error, fetched()])
    assert run(world).rows == 3
    assert len(world.all(do.Fetch)) == 3
    assert world.slept == [0.375, 0.75]
    assert sum(isinstance(event, RetryScheduled) for event in world.events) == 2


@pytest.mark.parametrize("error", [LOST, errors.ConnectFailed("down"), errors.RequestTimeout("late")])
def test_a_file_that_breaks_off_again_and_again_is_incomplete(error: errors.ExportError) -> None:
    world = World(fetches=[error])
    with pytest.raises(errors.IncompleteDownload, match="6 times") as caught:
        run(world)
    assert len(world.all(do.Fetch)) == 6
    assert caught.value.__cause__ is error
    assert caught.value.task_id == TASK


@pytest.mark.parametrize("error", [errors.ServerError("502"), errors.IncompleteDownload("5 of 10 bytes came")])
def test_what_fails_to_the_end_is_raised_as_it_is(error: errors.ExportError) -> None:
    with pytest.raises(type(error)) as caught:
        run(World(fetches=[error]))
    assert caught.value is error
    assert caught.value.__cause__ is None, "an error that is its own cause sends walkers of the chain round in circles"


LASTING = [errors.IntegrityError("a page"), errors.ContractError("odd")]
LASTING += [errors.NoSpace("full"), errors.DownloadError("read-only")]


@pytest.mark.parametrize("error", LASTING, ids=lambda error: type(error).__name__)
def test_one_bad_file_keeps_all_from_being_published(error: errors.ExportError) -> None:
    world = World(fetches={URL: [fetched(3)], OTHER_URL: [error]})
    with pytest.raises(type(error)) as caught:
        run(world, TWO)
    assert caught.value is error
    assert world.all(do.Publish) == []
    assert (caught.value.operation, caught.value.task_id) == ("download", TASK)


def test_attempts_are_counted_for_each_file_apart() -> None:
    world = World(fetches={URL: [LOST, LOST, fetched(3)], OTHER_URL: [LOST, LOST, fetched(2)]})
    policy = RetryPolicy(attempts=3)
    assert world.run(download(TWO, Destination(FOLDER), settings(retry=policy))).rows == 3


def test_a_redirect_within_the_panel_is_followed() -> None:
    moved = "https://panel.example.com/api/download/moved/1.csv?x=1"
    world = World(fetches={URL: [do.Redirected("/api/download/moved/1.csv?x=1")], moved: [fetched()]})
    assert run(world).files[0].path == TARGET
    assert [fetch.url for fetch in world.all(do.Fetch)] == [URL, moved]


@pytest.mark.parametrize(
    "location",
    ["https://evil.example/api/download/x.csv", "//evil.example/api/download/x.csv", "http://[bad", "/elsewhere/x.csv"],
)
def test_a_redirect_that_leads_away_is_refused(location: str) -> None:
    world = World(fetches=[do.Redirected(location)])
    with pytest.raises(errors.UnsafeLink):
        run(world)
    assert len(world.all(do.Fetch)) == 1


@pytest.mark.parametrize("location", ["", LINK, "?again"])
def test_redirects_in_a_circle_come_to_an_end(location: str) -> None:
    world = World(fetches=[do.Redirected(location)])
    with pytest.raises(errors.ContractError, match="redirected"):
        run(world)
    assert len(world.all(do.Fetch)) == 6


def test_a_file_that_became_another_one_begins_again() -> None:
    world = World(fetches=[errors.RemoteChanged("it became another file"), fetched()])
    run(world)
    assert [type(event) for event in world.events[:2]] == [DownloadRestarted, RetryScheduled]


@pytest.mark.parametrize("refused", [errors.AuthenticationError("no"), errors.LinkExpired("gone")])
def test_a_link_that_is_refused_counts_as_one_attempt(refused: Exception) -> None:
    world = World(fetches=[refused, LOST])
    with pytest.raises(errors.IncompleteDownload):
        world.run(
            download(
                ONE, Destination(FOLDER), settings(download=DownloadPolicy(attempts=4), retry=RetryPolicy(attempts=9))
            )
        )
    assert len(world.all(do.Fetch)) == 4


def test_a_name_taken_in_the_last_moment_is_not_replaced() -> None:
    world = World(failures={do.Publish: errors.TargetExists.at(TARGET)})
    with pytest.raises(errors.TargetExists):
        run(world)
    assert not any(isinstance(event, FilePublished) for event in world.events)
