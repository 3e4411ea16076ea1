"""Faults of meaning: well-formed answers whose words, numbers or links are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from contract_tests.faults.fault import Act, Exchange
from contract_tests.faults.panel import FILE_NAME, TASK, envelope, state, step_of


def says(data: Any, **members: Any) -> Act:
    """An envelope with other data."""

    def act(x: Exchange) -> None:
        x.reply(data, **members)

    return act


def links(*urls: str) -> Act:
    """A finished task with other links; FOREIGN and OWN stand for a foreign address and for the panel's own."""

    def act(x: Exchange) -> None:
        given = [url.replace("FOREIGN", x.foreign).replace("OWN", x.url) for url in urls]
        x.reply(state(links=given))

    return act


def course(*states: dict[str, Any]) -> Act:
    """One state after another, from question to question; the last one stays."""

    def act(x: Exchange) -> None:
        x.reply(states[min(x.count, len(states)) - 1])

    return act


def running(*percents: int) -> Sequence[dict[str, Any]]:
    """States of a running task."""
    return [state("running", percent) for percent in percents]


def body(data: bytes) -> Act:
    """Any bytes, announced in the request's format."""

    def act(x: Exchange) -> None:
        x.wire.send(attrs.evolve(envelope(x.request, None), body=data).whole())

    return act


def other_format(x: Exchange) -> None:
    """The right answer in XML to a question in JSON, and the other way round."""
    data = {"create": {"task_id": TASK}, "status": state()}[step_of(x.request) or "create"]
    asked = attrs.evolve(
        x.request, headers={"content-type": "application/json" if x.request.is_xml else "application/xml"}
    )
    x.wire.send(envelope(asked, data).whole())


def named(path: str) -> str:
    """A link with a file name behind `path`."""
    return f"{path}/{FILE_NAME}"
