"""The requests that a panel has to refuse, as data: what is wrong with each, and the rule that says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import frozen

from scripts.verification.credentials import CUT_OFF, LONGER, WRONG
from scripts.verification.values import Format, Operation

UNKNOWN_TASK: Final = "task_b2f9fk6a-2479-4a63-b592-f15d4e3b69c5"
"""The id that the API document's parameter table shows; it isn't a true UUID, so no panel will ever give it."""

UNKNOWN_ID: Final = 2_147_483_647
UNKNOWN_FILE: Final = "00000000-0000-0000-0000-000000000000"


@frozen
class Refusal:
    """One request that has to be refused, with the right token."""

    rule: str
    what: str
    operation: Operation
    format: Format
    change: Callable[[dict[str, Any]], Mapping[str, Any]] = dict
    """Makes the wrong members out of right ones."""
    cut: bool = False
    spare: bool = False
    """A further sample of what another one shows already: sent when the budget allows it."""


@frozen
class Trespass:
    """One request with a token that opens nothing."""

    rule: str
    what: str
    operation: Operation
    token: str | None
    turn: int = 0
    """Which of the formats it is sent in: the first one sees every kind of token, the other one what is left for it."""
    spare: bool = False


def _without(name: str) -> Callable[[dict[str, Any]], Mapping[str, Any]]:
    return lambda members: {key: value for key, value in members.items() if key != name}


def _with(**changes: Any) -> Callable[[dict[str, Any]], Mapping[str, Any]]:
    return lambda members: {**members, **changes}


MISSING, MISTYPED = "missing_input_is_refused", "mistyped_input_is_refused"
UNKNOWN, MALFORMED = "unknown_input_is_refused", "malformed_input_is_refused"

INPUT: Final[tuple[Refusal, ...]] = (
    Refusal(MISSING, "no source_id", "create", "json", _without("source_id")),
    Refusal(MISTYPED, "source_id in letters", "create", "json", _with(source_id="one")),
    Refusal(UNKNOWN, "an unknown source_id", "create", "json", _with(source_id=UNKNOWN_ID)),
    Refusal(MALFORMED, "half a body", "create", "json", cut=True),
    Refusal(MISSING, "no source_type", "create", "xml", _without("source_type")),
    Refusal(MISTYPED, "source_id in letters", "create", "xml", _with(source_id="one")),
    Refusal(UNKNOWN, "an unknown source_type", "create", "xml", _with(source_type="no-such-type")),
    Refusal(MALFORMED, "half a body", "create", "xml", cut=True),
    Refusal(MISSING, "no task_id", "status", "json", _without("task_id")),
    Refusal(MISTYPED, "an object as task_id", "status", "json", _with(task_id={"id": UNKNOWN_TASK})),
    Refusal(MALFORMED, "half a body", "status", "json", cut=True),
    Refusal(MISSING, "no task_id", "status", "xml", _without("task_id")),
    Refusal(UNKNOWN, "an unknown task_id", "status", "xml"),
    Refusal(MALFORMED, "half a body", "status", "xml", cut=True),
    Refusal(UNKNOWN, "an unknown source_type", "create", "json", _with(source_type="no-such-type"), spare=True),
    Refusal(UNKNOWN, "an unknown source_id", "create", "xml", _with(source_id=UNKNOWN_ID), spare=True),
    Refusal(MISTYPED, "a text as custom_request", "create", "json", _with(custom_request="doctor"), spare=True),
    Refusal(MISSING, "no source_type", "create", "json", _without("source_type"), spare=True),
)
"""Wrong input. The unknown task in the first format is asked for by the preflight."""

NO_TOKEN, WRONG_TOKEN = "a_missing_token_is_refused", "a_wrong_token_is_refused"
CUT_TOKEN, LONGER_TOKEN = "a_cut_off_token_is_refused", "a_longer_token_is_refused"

TOKENS: Final[tuple[Trespass, ...]] = (
    Trespass(WRONG_TOKEN, "a wrong token", "create", WRONG),
    Trespass(NO_TOKEN, "no token", "create", None),
    Trespass(CUT_TOKEN, "a cut-off token", "create", CUT_OFF),
    Trespass(LONGER_TOKEN, "a longer token", "create", LONGER),
    Trespass(WRONG_TOKEN, "a wrong token", "create", WRONG, turn=1),
    Trespass(WRONG_TOKEN, "a wrong token", "status", WRONG),
    Trespass(NO_TOKEN, "no token", "status", None),
    Trespass(CUT_TOKEN, "a cut-off token", "status", CUT_OFF),
    Trespass(LONGER_TOKEN, "a longer token", "status", LONGER),
    Trespass(WRONG_TOKEN, "a wrong token", "status", WRONG, turn=1),
    Trespass(WRONG_TOKEN, "a wrong token", "download", WRONG),
    Trespass(NO_TOKEN, "no token", "download", None),
    Trespass(CUT_TOKEN, "a cut-off token", "download", CUT_OFF),
    Trespass(LONGER_TOKEN, "a longer token", "download", LONGER),
    Trespass(NO_TOKEN, "no token", "create", None, turn=1, spare=True),
    Trespass(NO_TOKEN, "no token", "status", None, turn=1, spare=True),
)
