"""Runs schemathesis' phases (examples, coverage, fuzzing, stateful) against a panel, and collects what they find."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from attrs import frozen
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from schemathesis.engine.recorder import ScenarioRecorder
from starlette.types import ASGIApp

from scripts.verification.outcomes import Observation, observe
from scripts.verification.overlay import Credential
from scripts.verification.schema import schema_for

Phase = Literal["examples", "coverage", "fuzzing", "stateful"]


@frozen
class Finding:
    """A broken rule, and the exchange that broke it."""

    rule: str
    message: str


@frozen
class Exploration:
    """What one phase sent and saw."""

    requests: tuple[str, ...]
    findings: tuple[Finding, ...]
    observed: frozenset[Observation]


def explore(
    app: ASGIApp, phase: Phase, examples: int = 50, *, any_filter: bool = False, credential: Credential = "body"
) -> Exploration:
    """Runs one phase. An error of schemathesis itself is raised, for then nothing was tested."""
    seen = list(recorders(schema_for(app, (phase,), examples, any_filter=any_filter, credential=credential)))
    return Exploration(
        tuple(request for recorder in seen for request in _requests(recorder)),
        tuple(finding for recorder in seen for finding in _findings(recorder)),
        frozenset(observation for recorder in seen for observation in _observations(recorder)),
    )


def recorders(schema: Any) -> Iterator[ScenarioRecorder]:
    """What each scenario of the schema's phases sent and saw, one after the other."""
    for event in from_schema(schema).execute():
        if isinstance(event, FatalError):
            raise event.exception
        if isinstance(event, NonFatalError):
            raise event.value
        if isinstance(event, ScenarioFinished):
            yield event.recorder


def _requests(recorder: ScenarioRecorder) -> Iterator[str]:
    for interaction in recorder.interactions.values():
        request = interaction.request
        yield f"{request.method} {request.uri} {request.headers.get('Content-Type')} {request.body!r}"


def _findings(recorder: ScenarioRecorder) -> Iterator[Finding]:
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                sent = recorder.interactions[case_id]
                answer = sent.response.content[:200] if sent.response else None
                words = f"{check.failure_info.failure} ({check.failure_info.code_sample}, {answer!r})"
                yield Finding(check.name, words)


def _observations(recorder: ScenarioRecorder) -> Iterator[Observation]:
    for case_id, node in recorder.cases.items():
        response = recorder.find_response(case_id=case_id)
        if response is not None:
            yield observe(node.value, response)
