"""What the parts of a verification hand to each other: requests, answers, exchanges, and the two formats."""

from __future__ import annotations

from typing import IO, Any, Final, Literal

import httpx
from attrs import field, frozen

from scripts.verification import answers
from scripts.verification.answers import Envelope
from scripts.verification.contract import CREATE, DOWNLOAD, DOWNLOAD_SHORT, JSON, STATUS, XML

Operation = Literal["create", "status", "download"]
Format = Literal["json", "xml"]

MEDIA_TYPES: Final[dict[Format, str]] = {"json": JSON, "xml": XML}
OPERATION_IDS: Final[dict[Operation, str]] = {
    "create": "create_export",
    "status": "get_task_status",
    "download": "download_file",
}


@frozen
class Source:
    """What is exported."""

    type: str
    id: int

    def __str__(self) -> str:
        return f"{self.type}:{self.id}"


@frozen
class Request:
    """A request as the plan and the testing tools know it: with placeholders where the token belongs."""

    method: str
    path: str
    headers: dict[str, str]
    query: str = ""
    body: bytes = b""


@frozen
class Answer:
    """An answer, whole, with the token masked."""

    status: int
    headers: httpx.Headers
    body: bytes
    """Of a file, only the beginning."""
    elapsed: float
    size: int
    digest: str
    """SHA-256 of the whole body."""
    problem: str = ""
    """Why the body isn't whole, or can't be read."""
    content: IO[bytes] | None = field(default=None, repr=False, eq=False)
    """A file, in whole."""

    @property
    def media_type(self) -> str:
        """The announced media type, without parameters."""
        return answers.bare(self.headers.get("Content-Type", ""))


@frozen
class Exchange:
    """One request and its answer, and what they are about."""

    operation: Operation
    format: Format | None
    """The format of the request; a download has none."""
    what: str
    """In words, for people."""
    request: Request
    answer: Answer

    @property
    def path(self) -> str:
        """The path of the contract that describes this exchange."""
        if self.operation == "create":
            return CREATE
        if self.operation == "status":
            return STATUS
        return DOWNLOAD if self.request.path.startswith("/api/download/data/") else DOWNLOAD_SHORT

    @property
    def envelope(self) -> Envelope | None:
        """The answer's envelope, in whatever format it came, or None where it is none."""
        return envelope_of(self.answer, self.path)

    @property
    def gave_something(self) -> bool:
        """Whether the answer is a task, a state, or a file, and no refusal."""
        envelope = self.envelope
        if self.operation == "download":
            return 200 <= self.answer.status < 300 and envelope is None
        return envelope is not None and (envelope.succeeded or envelope.data not in answers.EMPTY)

    @property
    def refused(self) -> bool:
        """Whether the answer says no, in a way that a client can read."""
        envelope = self.envelope
        if envelope is not None:
            return not envelope.succeeded
        # What a download answers to a wrong token isn't documented; a web page under 403 is a refusal, too.
        return self.operation == "download" and 300 <= self.answer.status < 500


def envelope_of(answer: Answer, path: str) -> Envelope | None:
    """The envelope that an answer is, whichever format it has and whatever it says to have."""
    first = answer.body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    kind = XML if first == b"<" else JSON
    value: Any = answers.read(answer.body, kind, path, "answer")
    if not isinstance(value, dict) or "error" not in value or not ({"error_text", "data"} & set(value)):
        return None
    return Envelope(value["error"], value.get("error_text"), value.get("data"))
