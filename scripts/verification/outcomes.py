"""What was really observed: each operation, in each format, with each documented outcome.

A suite that saw less is blind: with a wrong token every request is refused as it should be, every check passes, and
nothing was tested.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from schemathesis import Case, Response

from scripts.verification import answers
from scripts.verification.checks import gave_something
from scripts.verification.contract import CREATE, DOWNLOAD, DOWNLOAD_SHORT, JSON, STATUS, XML

Outcome = Literal["success", "refusal under 200", "refusal by status"]


class Observation(NamedTuple):
    """One cell of the table of all that a panel can be seen doing."""

    operation: str
    media_type: str
    outcome: Outcome


def observe(case: Case[Any], response: Response) -> Observation:
    """What an exchange shows. The format is the request's; downloads have none but the file's or the refusal's."""
    if gave_something(response, case):
        outcome: Outcome = "success"
    else:
        outcome = "refusal under 200" if response.status_code == 200 else "refusal by status"
    operation = case.operation.definition.raw["operationId"]
    if case.path in (CREATE, STATUS):
        return Observation(operation, answers.request_type(response), outcome)
    return Observation(operation, answers.answer_type(response), outcome)


POSTS = {"create_export": CREATE, "get_task_status": STATUS}
DOWNLOADS = {"download_file": DOWNLOAD, "download_file_short_path": DOWNLOAD_SHORT}

POST_OUTCOMES: tuple[Outcome, ...] = ("success", "refusal under 200", "refusal by status")
EVERYTHING = frozenset(
    {Observation(operation, kind, outcome) for operation in POSTS for kind in (JSON, XML) for outcome in POST_OUTCOMES}
    | {Observation(operation, kind, "success") for operation in DOWNLOADS for kind in ("text/csv", JSON)}
    | {Observation(operation, JSON, "refusal by status") for operation in DOWNLOADS}
)
"""A refused download is answered in JSON, the default: an empty GET has no format of its own."""
