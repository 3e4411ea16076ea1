"""Lets schemathesis make up requests, within the same budget: it knows a placeholder, and everything passes the line.

schemathesis takes the line for an application of its own process, so that there is no second way to the panel. What it
would send beyond the allow-list or the budget, such as other methods, is answered here, unsent, and not judged.

Tolerances, beside those of `checks.py`, each for what the document leaves open: which filters, file formats and sources
a panel knows; whether it looks at `Request-ID`; which error code a missing token gets; how a download is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import httpx
from attrs import define, field
from schemathesis.engine.recorder import ScenarioRecorder

from scripts.verification.answers import XML_TYPES, bare
from scripts.verification.contract import CREATE, STATUS, XML
from scripts.verification.ledger import Ledger
from scripts.verification.line import SLOW_DOWN, TOO_MANY, BudgetSpent, Line, NotAllowed, Stopped, Unreachable
from scripts.verification.options import Options
from scripts.verification.phases import Phase, recorders
from scripts.verification.schema import schema_for
from scripts.verification.values import Answer, Exchange, Format, Operation, Request

PHASES: Final[tuple[Phase, ...]] = ("examples", "coverage", "fuzzing", "stateful")
EXAMPLES: Final = 20

NUMBER: Final = "x-verification-exchange"
"""Marks an answer with the place of its exchange; what was not sent has no mark."""

UNSENT: Final[tuple[int, list[tuple[bytes, bytes]], bytes]] = (503, [], b"")
"""What schemathesis is told in place of an answer; without a mark, it isn't judged."""

NOT_JUDGED: Final = frozenset({"valid_data_is_accepted", "a_missing_bearer_is_named", "unsupported_method"})
OF_ENVELOPES: Final = frozenset({"content_type_conformance", "response_schema_conformance"})
PASSED_ON: Final = frozenset({"content-type", "accept", "authorization"})


@define
class Bridge:
    """The line as an ASGI application."""

    line: Line
    exchanges: list[Exchange] = field(factory=list)
    failure: Stopped | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers one request of schemathesis' with what the panel says."""
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        status, headers, content = self._ask(_request(scope, body, self.line.place.prefix))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be sent."""
        return self.failure is not None or self.line.budget.left <= 0

    def _ask(self, request: Request) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        if self.failure is not None:
            return UNSENT  # schemathesis ends a scenario that it has begun
        try:
            answer = self.line.send(request)
        except (BudgetSpent, NotAllowed):
            return UNSENT
        except Unreachable as error:
            self.failure = error
            return UNSENT
        self.exchanges.append(_exchange(request, answer))
        if answer.content is not None:
            answer.content.close()
        if answer.status == TOO_MANY:
            # It was sent, but says nothing about the request: it isn't judged either.
            self.failure = Stopped(SLOW_DOWN)
            return UNSENT
        headers = httpx.Headers(answer.headers)
        for name in ("Content-Length", "Content-Encoding", "Transfer-Encoding"):
            headers.pop(name, None)
        if bare(headers.get("Content-Type", "")) in XML_TYPES:
            headers["Content-Type"] = XML
        headers[NUMBER] = str(len(self.exchanges) - 1)
        body = answer.body.removeprefix(b"\xef\xbb\xbf")
        whole = answer.size <= len(answer.body) or self.exchanges[-1].operation != "download"
        return answer.status, headers.raw, body if whole else b"[]"


def fuzz(line: Line, ledger: Ledger, options: Options) -> None:
    """Runs the phases one after the other until they end, or the budget is spent.

    Raises:
        Stopped: There was no answer, or the panel wants to be asked more slowly.
    """
    bridge = Bridge(line)
    sources: dict[str, list[int]] = {}
    for source in options.aims.sources:
        sources.setdefault(source.type, []).append(source.id)
    for phase in PHASES:
        if bridge.is_over:
            break
        schema = schema_for(
            bridge, (phase,), EXAMPLES, any_filter=True, any_request_id=True, credential=options.auth, sources=sources
        )
        for recorder in recorders(schema):
            for response, check in _checks(recorder):
                _note(ledger, bridge, response, check)
            if bridge.is_over:
                break
    ledger.exchanges += bridge.exchanges
    if bridge.failure is not None:
        raise bridge.failure


def _checks(recorder: ScenarioRecorder) -> Iterator[tuple[Any, Any]]:
    for case_id, checks in recorder.checks.items():
        for check in checks:
            yield recorder.interactions[case_id].response, check


def _note(ledger: Ledger, bridge: Bridge, response: Any, check: Any) -> None:
    marks = response.headers.get(NUMBER) if response is not None else None
    if not marks or check.name in NOT_JUDGED:
        return
    exchange = bridge.exchanges[int(marks[0])]
    if exchange.operation == "download" and not exchange.gave_something and check.name in OF_ENVELOPES:
        return
    failure = check.failure_info
    words = "" if failure is None else f"{check.name}: {' '.join(str(failure.failure).split())[:300]}"
    ledger.note("generated_requests_find_nothing", exchange, failure is None, words)


def _request(scope: Any, body: bytes, prefix: str) -> Request:
    raw = scope.get("raw_path") or scope["path"].encode()
    path = raw.decode("latin-1").partition("?")[0]
    headers = {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in scope["headers"]
        if name.decode("latin-1").lower() in PASSED_ON
    }
    in_prefix = prefix if path in (CREATE, STATUS) else ""
    return Request(scope["method"], in_prefix + path, headers, scope["query_string"].decode("latin-1"), body)


def _exchange(request: Request, answer: Answer) -> Exchange:
    operation: Operation = "download"
    if request.method == "POST":
        operation = "create" if request.path.endswith(CREATE) else "status"
    fmt: Format | None = None
    if operation != "download":
        fmt = "xml" if bare(request.headers.get("content-type", "")) in XML_TYPES else "json"
    return Exchange(operation, fmt, "made up by schemathesis", request, answer)
