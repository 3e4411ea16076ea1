"""The one place that every request passes: the allow-list, the budget, the pace, the token, the limits of an answer."""

from __future__ import annotations

import hashlib
import re
import tempfile
import time
from collections.abc import Callable
from typing import IO, Final, cast
from urllib.parse import urlsplit

import httpx
from attrs import define, frozen

from profile_export._transfer import names_file
from scripts.verification.answers import EMPTY
from scripts.verification.contract import CREATE, STATUS
from scripts.verification.credentials import Credentials
from scripts.verification.values import Answer, Request, envelope_of

REQUEST_TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
LARGEST_ENVELOPE: Final = 4 * 2**20
LARGEST_FILE: Final = 4 * 2**30
IN_MEMORY: Final = 8 * 2**20
BEGINNING: Final = 64 * 2**10

TOO_MANY: Final = 429
SLOW_DOWN: Final = "the panel answers 429, too many requests: ask more slowly (--pace), or later"

_LINK: Final = re.compile(r"/api/download/(?:data/)?[^/?#\\\s]+/[^/?#\\\s]+")


class Stopped(Exception):
    """The verification can't go on; the text says why."""


class Unreachable(Stopped):
    """There was no answer."""


class TokenRefused(Stopped):
    """The right token, as far as anybody knows, opens nothing."""


class BudgetSpent(Stopped):
    """The next request, or export, would be one too many."""


class NotAllowed(Exception):
    """A request that a verification never sends: a bug of its own, or a link that leads elsewhere."""


@define
class Budget:
    """How much may be asked of a panel, and how much was."""

    max_requests: int
    max_exports: int
    requests: int = 0
    exports: int = 0

    @property
    def left(self) -> int:
        """Requests that may still be sent."""
        return self.max_requests - self.requests

    @property
    def exports_left(self) -> int:
        """Exports that may still be made."""
        return self.max_exports - self.exports

    def take(self, *, creates: bool) -> None:
        """Counts a request before it is sent. A refused create costs nothing; but nobody knows that beforehand."""
        if self.requests >= self.max_requests:
            raise BudgetSpent(f"the budget of {self.max_requests} requests is spent (--max-requests)")
        if creates and self.exports >= self.max_exports:
            raise BudgetSpent(f"the budget of {self.max_exports} exports is spent (--max-exports)")
        self.requests += 1


@frozen
class Place:
    """Where the panel is: links are joined to its origin, the API's paths to the whole base URL."""

    origin: str
    prefix: str

    @classmethod
    def of(cls, base_url: str) -> Place:
        """The place that a base URL names."""
        parts = urlsplit(base_url)
        return cls(f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/"))


class Line:
    """Sends requests to one panel."""

    def __init__(
        self,
        place: Place,
        credentials: Credentials,
        budget: Budget,
        transport: httpx.BaseTransport,
        *,
        pace: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.place = place
        self.budget = budget
        self.clock = clock
        self.sleep = sleep
        self._credentials = credentials
        self._transport = transport
        self._pace = pace
        self._last: float | None = None

    def send(self, request: Request) -> Answer:
        """The panel's answer.

        Raises:
            NotAllowed: The request isn't among those that a verification may send.
            BudgetSpent: There was one request too many, or one export.
            Unreachable: There was no answer.
        """
        creates = _is_allowed(request, self.place.prefix)
        self.budget.take(creates=creates)
        self._keep_pace()
        if creates:
            self.budget.exports += 1  # until the answer says that none was made
        outcome = self._exchange(request)
        if isinstance(outcome, str):
            raise Unreachable(f"no answer to {request.method} {request.path}: {outcome}")
        if creates and _made_nothing(outcome):
            self.budget.exports -= 1
        return outcome

    def _keep_pace(self) -> None:
        now = self.clock()
        if self._last is not None and now < self._last + self._pace:
            self.sleep(self._last + self._pace - now)
        self._last = self.clock()

    def _exchange(self, request: Request) -> Answer | str:
        """The answer, or why there is none; not raised here, where a traceback would hold the signed request."""
        url = httpx.URL(self.place.origin).copy_with(raw_path=_target(request))
        headers = {"Accept-Encoding": "identity", **request.headers}
        extensions = {"timeout": REQUEST_TIMEOUT.as_dict()}
        plain = httpx.Request(request.method, url, headers=headers, content=request.body, extensions=extensions)
        if request.method == "GET":
            plain.headers.pop("Content-Length", None)
        began = time.perf_counter()
        # Without a name, and gone with the answer: profiles are nobody's business.
        content = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the answer owns it
        try:
            response = self._transport.handle_request(self._credentials.sign(plain))
            return self._read(request, response, cast("IO[bytes]", content), began)
        except httpx.TransportError as error:
            content.close()
            return self._credentials.mask(str(error)) or type(error).__name__

    def _read(self, request: Request, response: httpx.Response, content: IO[bytes], began: float) -> Answer:
        limit = LARGEST_FILE if request.method == "GET" else LARGEST_ENVELOPE
        size, problem, digest = 0, "", hashlib.sha256()
        try:
            for chunk in httpx.Response(
                response.status_code, headers=response.headers, stream=response.stream
            ).iter_bytes():
                size += len(chunk)
                if size > limit:
                    problem = f"the answer is larger than {limit:,} bytes"
                    break
                digest.update(chunk)
                content.write(chunk)
        except (httpx.DecodingError, httpx.RemoteProtocolError) as error:
            problem = self._credentials.mask(str(error))
        finally:
            response.close()
        elapsed = time.perf_counter() - began
        content.seek(0)
        body = self._credentials.mask_bytes(content.read(BEGINNING if request.method == "GET" else -1))
        content.seek(0)
        if request.method != "GET":
            content.close()
        headers = httpx.Headers(
            [(name, self._credentials.mask(value)) for name, value in response.headers.multi_items()]
        )
        problem = problem or _missing_bytes(headers, size)
        kept = content if request.method == "GET" else None
        return Answer(response.status_code, headers, body, elapsed, size, digest.hexdigest(), problem, kept)


def _is_allowed(request: Request, prefix: str) -> bool:
    """Whether the request may create an export; everything else that is allowed reads."""
    if request.method == "POST" and request.path in (prefix + CREATE, prefix + STATUS):
        return request.path == prefix + CREATE
    if request.method == "GET" and is_link(request.path):
        return False
    raise NotAllowed(f"{request.method} {request.path} is not among the requests that a verification sends")


def is_link(link: str) -> bool:
    """Whether a link has one of the two documented shapes, and nothing in it for which the client refuses links."""
    return link.isprintable() and names_file(link) and _LINK.fullmatch(link) is not None


def _target(request: Request) -> bytes:
    return f"{request.path}?{request.query}".encode() if request.query else request.path.encode()


def _made_nothing(answer: Answer) -> bool:
    """Whether a create was refused for certain. An answer that nobody can read may have made an export."""
    envelope = envelope_of(answer, CREATE)
    if answer.status >= 500:
        # Perhaps a gateway's, behind which the panel goes on; nor does a crash say what was done before it.
        return False
    if envelope is None:
        return answer.status >= 400
    return not envelope.succeeded and envelope.data in EMPTY


def _missing_bytes(headers: httpx.Headers, size: int) -> str:
    announced = headers.get("Content-Length", "")
    if "Content-Encoding" in headers or not announced.isdigit() or int(announced) == size:
        return ""
    return f"{int(announced):,} bytes were announced, and {size:,} came"
