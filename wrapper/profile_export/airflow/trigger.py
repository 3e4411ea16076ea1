"""The trigger: waits for a task in Airflow's triggerer, where hundreds of waits share one process."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from profile_export import ExportError
from profile_export.airflow.hook import ProfileExportHook


class ProfileExportTrigger(BaseTrigger):
    """Fires once, when a task has ended or can't be waited for any longer. It never creates one.

    Its arguments are stored in Airflow's database and hold no secret: the token comes from the connection.

    Args:
        profile_export_conn_id: The connection's id.
        continuation: The task, as `ExportTask.continuation_token` gave it.
        deadline: When to give up, in seconds since 1970, or None for never. A moment rather than a length of time,
            so that a triggerer that starts again doesn't start the wait again.
        earliest: When it may fire at the earliest, in seconds since 1970.
    """

    def __init__(
        self, *, profile_export_conn_id: str, continuation: str, deadline: float | None, earliest: float = 0.0
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.profile_export_conn_id = profile_export_conn_id
        self.continuation = continuation
        self.deadline = deadline
        self.earliest = earliest

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """How Airflow stores the trigger."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "profile_export_conn_id": self.profile_export_conn_id,
                "continuation": self.continuation,
                "deadline": self.deadline,
                "earliest": self.earliest,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Waits, and tells in one event how the wait ended, with all that the worker needs to go on.

        The event has `continuation` and `deadline` as they came, since not all of Airflow's runners keep what is
        deferred beside a trigger, and `error`: None, or what kept the task from ending well.
        """
        problem: dict[str, Any] | None = None
        try:
            async with await ProfileExportHook(self.profile_export_conn_id).aget_conn() as client:
                await client.resume(self.continuation).wait(timeout=time_left(self.deadline))
        except ExportError as error:
            problem = described(error)
        except Exception as error:  # noqa: BLE001 - a bug fails the task as well, and with a word of why
            # What a foreign error says may hold anything; where it was raised may be read in the triggerer's log.
            places = "".join(traceback.format_tb(error.__traceback__))
            self.log.error("The wait ended by an unforeseen error, %s:\n%s", type(error).__name__, places)  # noqa: TRY400
            problem = unforeseen(error)
        await asyncio.sleep(seconds_until(self.earliest))
        yield TriggerEvent({"continuation": self.continuation, "deadline": self.deadline, "error": problem})


def seconds_until(moment: float) -> float:
    """The time until a moment, in seconds since 1970; 0 when it is over."""
    return max(0.0, moment - time.time())


def time_left(deadline: float | None) -> float | None:
    """The timeout that leads to a deadline; 0 when it is over: clients ask once even then."""
    return None if deadline is None else seconds_until(deadline)


def described(problem: ExportError) -> dict[str, Any]:
    """An error as plain JSON."""
    return {"slug": problem.slug, "message": str(problem), "hints": list(problem.hints)}


def unforeseen(error: Exception) -> dict[str, Any]:
    """An error of no kind of this package, likewise, by the name of its type alone."""
    return {
        "slug": "bug",
        "message": f"the wait ended by an unforeseen error: {type(error).__name__}",
        "hints": ["the log of the triggerer tells where it was raised"],
    }
