"""Sends scripted requests to a panel, and has every exchange judged: by the checks, and by what was expected of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import define, field
from schemathesis import Case, Response
from schemathesis.errors import FailureGroup

from scripts.verification import answers
from scripts.verification.checks import CHECKS, effective_status, gave_something
from scripts.verification.outcomes import Observation, observe
from scripts.verification.overlay import TOKEN, Credential
from scripts.verification.phases import Finding

Expected = Literal["success", "refusal"]


@define
class Traffic:
    """A conversation with one panel, and all that was found in it."""

    schema: Any
    credential: Credential = "body"
    findings: list[Finding] = field(factory=list)
    observed: set[Observation] = field(factory=set)

    def post(
        self,
        path: str,
        media_type: str,
        body: dict[str, Any],
        expected: Expected,
        *,
        token: str | None = TOKEN,
        headers: Mapping[str, str] | None = None,
    ) -> answers.Envelope:
        """Sends a body, with the token where this panel wants it, or without one."""
        sent = dict(headers or {})
        if token is not None and self.credential == "bearer":
            sent["Authorization"] = f"Bearer {token}"
        if token is not None and self.credential == "body":
            body = {"token": token, **body}
        return self.post_bytes(path, media_type, body, expected, headers=sent)

    def post_bytes(
        self, path: str, media_type: str, body: Any, expected: Expected, *, headers: Mapping[str, str] | None = None
    ) -> answers.Envelope:
        """Sends a body as it is. The answer's envelope is all None when there is none."""
        case = self.schema[path]["POST"].Case(body=body, media_type=media_type, headers=dict(headers or {}))
        response = self._exchange(case, expected)
        return answers.envelope(response, path) or answers.Envelope(None, None, None)

    def get(self, path: str, parameters: dict[str, str], expected: Expected, *, token: str | None = TOKEN) -> Response:
        """Asks for a file."""
        bearer = token is not None and self.credential == "bearer"
        case = self.schema[path]["GET"].Case(
            path_parameters=parameters,
            query={} if token is None or bearer else {"token": token},
            headers={"Authorization": f"Bearer {token}"} if bearer else {},
        )
        return self._exchange(case, expected)

    def require(self, rule: str, holds: bool, message: str) -> None:
        """Notes a finding when a rule about several exchanges doesn't hold."""
        if not holds:
            self.findings.append(Finding(rule, message))

    def _exchange(self, case: Case[Any], expected: Expected) -> Response:
        response: Response = case.call()
        sent = f"{case.method} {response.request.path_url}, {response.status_code} {response.content[:200]!r}"
        for check in CHECKS:
            try:
                case.validate_response(response, checks=[check])
            except FailureGroup as group:
                words = "; ".join(str(failure) for failure in group.exceptions)
                self.findings.append(Finding(check.__name__, f"{words} ({sent})"))
        wanted = gave_something(response, case) if expected == "success" else effective_status(response, case) < 500
        wanted = wanted and (expected == "success") == gave_something(response, case)
        self.require(f"expected_{expected}", wanted, sent)
        self.observed.add(observe(case, response))
        return response
