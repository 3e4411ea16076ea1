"""What a test can make a panel do, and what it can ask it afterwards; the same for both kinds of panels."""

from __future__ import annotations

import hmac
import json
import threading
from abc import ABC, abstractmethod
from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Final, get_args

import attrs

from profile_export.sandbox import xml
from profile_export.testing.traffic import Format, Incoming, Operation, SeenRequest, seen

OPERATIONS: Final = frozenset(get_args(Operation))
MEDIA_TYPES: Final[Mapping[Format, str]] = {"json": "application/json", "xml": "application/xml"}


@attrs.frozen
class Answer:
    """A small answer, whole."""

    status: int
    headers: dict[str, str]
    body: bytes


@attrs.frozen
class Refusal:
    """An answer in place of the true one."""

    status: int
    error: int
    text: str
    retry_after: float | None = None

    def answer(self, fmt: Format) -> Answer:
        """The envelope, in the format of the request."""
        waiting = {} if self.retry_after is None else {"Retry-After": f"{self.retry_after:g}"}
        return envelope(None, fmt, status=self.status, error=self.error, text=self.text, headers=waiting)


@attrs.frozen
class Cut:
    """The true answer, which breaks off after some bytes."""

    after: int


Fault = Refusal | Cut


def envelope(
    data: Mapping[str, object] | None,
    fmt: Format,
    *,
    status: int = 200,
    error: int = 0,
    text: str = "Successful operation",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """An answer of the API."""
    members = {"data": data, "error": error, "error_text": text}
    body = xml.encode(members) if fmt == "xml" else json.dumps(members, ensure_ascii=False).encode()
    return Answer(status, {"Content-Type": MEDIA_TYPES[fmt], **(headers or {})}, body)


class ControlledPanel(ABC):
    """A panel under a test's control.

    Attributes:
        base_url: What a client gets as its address.
        token: What a client gets as its token.
    """

    def __init__(self, base_url: str, token: str) -> None:
        self.base_url = base_url
        self.token = token
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forgets all faults and requests; tasks and sources stay."""
        with self._lock:
            self._requests: list[SeenRequest] = []
            self._faults: dict[Operation, deque[Fault]] = defaultdict(deque)
            self._refuses = False
            self._problem: str | None = None

    @property
    def requests(self) -> list[SeenRequest]:
        """The requests that came so far, in order; no token is in them."""
        with self._lock:
            return list(self._requests)

    def requests_for(self, operation: Operation) -> list[SeenRequest]:
        """The requests for one operation, in order."""
        return [request for request in self.requests if request.operation == operation]

    def fail_next(
        self,
        operation: Operation,
        *,
        times: int = 1,
        status: int | None = None,
        error: int | None = None,
        text: str = "made to fail by the test",
        retry_after: float | None = None,
        cut_after: int | None = None,
    ) -> None:
        """Makes the next requests for an operation fail. Several calls queue up.

        Args:
            operation: "create", "status" or "download".
            times: How many requests fail.
            status: The answer's HTTP status, such as 503.
            error: The envelope's `error`, such as 402; without `status` it comes under HTTP 200, as the API does.
            text: The envelope's `error_text`.
            retry_after: The answer's `Retry-After`, in seconds.
            cut_after: The true answer comes, and the connection breaks after so many bytes of its body. With 0 the
                request is carried out, and its answer is lost.

        Raises:
            ValueError: That is no fault that can be played.
        """
        if operation not in OPERATIONS:
            raise ValueError(f"operation is one of {', '.join(sorted(OPERATIONS))}, not {operation!r}")
        if times < 1:
            raise ValueError("times is 1 or more")
        fault = _fault(status, error, text, retry_after, cut_after)
        with self._lock:
            self._faults[operation].extend([fault] * times)

    def refuse_token(self) -> None:
        """From now on no token is right."""
        self._refuses = True

    def accept_token(self) -> None:
        """Undoes `refuse_token`."""
        self._refuses = False

    def fail_task(self, problem: str = "made to fail by the test") -> None:
        """The next task whose status is asked for has failed, for good, for the reason `problem`."""
        self._problem = problem

    @abstractmethod
    def expire_links(self) -> None:
        """Every link that was given out so far is of no more use; the status gives fresh ones."""

    @abstractmethod
    def _end_badly(self, task_id: str, problem: str) -> None:
        """Makes a task a failed one."""

    def _meet(self, request: Incoming) -> Fault | None:
        """Notes a request, and tells what becomes of it; None for the true answer."""
        operation = request.operation
        if operation is None:
            return None
        with self._lock:
            self._requests.append(seen(request, operation, self.token))
            faults = self._faults[operation]
            if faults:
                return faults.popleft()
            problem = self._problem if operation == "status" else None
            if problem is not None:
                self._problem = None
        refusal = self._refusal(request, operation)
        if refusal is None and problem is not None:
            self._end_badly(str(request.members().get("task_id")), problem)
        return refusal

    def _refusal(self, request: Incoming, operation: Operation) -> Refusal | None:
        """What a request without the right token gets: under HTTP 200, but for files under HTTP's own status."""
        tokens = request.tokens()
        right = [hmac.compare_digest(token.encode(), self.token.encode()) for token in tokens]
        if tokens and all(right) and not self._refuses:
            return None
        code, text = (403, "No access") if tokens else (401, "Token required")
        return Refusal(code if operation == "download" else 200, code, text)


def _fault(status: int | None, error: int | None, text: str, retry_after: float | None, cut_after: int | None) -> Fault:
    if cut_after is not None:
        if cut_after < 0 or (status, error, retry_after) != (None, None, None):
            raise ValueError("cut_after is 0 or more, and stands alone")
        return Cut(cut_after)
    if status is None and error is None:
        raise ValueError("say how it fails: status=503, error=402, or cut_after=1000")
    if status is not None and not 200 <= status <= 599:
        raise ValueError(f"status is from 200 to 599, not {status}")
    code = error if error is not None else status or 0
    if code == 0 or (error is None and code < 300):
        raise ValueError("that would be no failure")
    return Refusal(200 if status is None else status, code, text, retry_after)
