"""What a faultless panel answers: the three steps, in JSON and XML, with ranges and validators."""

from __future__ import annotations

import json
import re
from typing import Any, Final, Literal, TypeAlias, get_args
from xml.sax.saxutils import escape

import attrs

from contract_tests.faults.wire import Reply, Request

Step: TypeAlias = Literal["create", "status", "download"]
STEPS: Final[tuple[Step, ...]] = get_args(Step)

TOKEN: Final = "fault-server-token-abcdefghijklmnqrstuvwxyz"
TASK: Final = "task_b2f9fd6a-2499-4a63-b592-f15d4e3b69c5"
FILE_NAME: Final = "1_database_export.csv"
LINK: Final = f"/api/download/data/4cf435e8-9921-4666-a39e-03ecbf57527e/{FILE_NAME}"
ROWS: Final = 200
RANGE: Final = re.compile(r"bytes=(\d+)-(\d*)\Z")


@attrs.frozen
class Manners:
    """How the panel treats ranges. The first of each list is what HTTP asks for.

    Attributes:
        ranges: "honoured"; "ignored" (always the whole file); the rest send 206 with a wrong or no Content-Range.
        etag: "strong", "weak", "none"; "changing" gives every request another file under another ETag.
        if_range: "honoured" or "ignored".
    """

    ranges: Literal["honoured", "ignored", "wrong-start", "wrong-total", "no-content-range"] = "honoured"
    etag: Literal["strong", "weak", "none", "changing"] = "strong"
    if_range: Literal["honoured", "ignored"] = "honoured"


def content(version: int = 0) -> bytes:
    """The exported file; all versions are of one length."""
    people = "".join(f"{version % 10}{number:04}@example.com,Ann,doctor\n" for number in range(ROWS))
    return f"email,_fname,occupation\n{people}".encode()


def step_of(request: Request) -> Step | None:
    """Which of the three steps a request is."""
    path = request.url.path
    if request.method == "GET":
        return "download"
    return "create" if path.endswith("/get_all") else "status" if path.endswith("/tasks/status") else None


def envelope(request: Request, data: Any, *, error: int = 0, text: str = "Successful operation") -> Reply:
    """An answer of the API in the request's format."""
    members = {"data": data, "error": error, "error_text": text}
    if request.is_xml:
        return Reply(f"<xml>{_elements(members)}</xml>".encode(), (("Content-Type", "application/xml"),))
    return Reply(json.dumps(members).encode(), (("Content-Type", "application/json"),))


def _elements(members: dict[str, Any]) -> str:
    return "".join(_element(name, value) for name, value in members.items())


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value) or f"<{name}/>"
    inner = _elements(value) if isinstance(value, dict) else "" if value is None else escape(str(value))
    return f"<{name}>{inner}</{name}>"


def state(status: str = "completed", progress: int = 100, links: list[str] | None = None) -> dict[str, Any]:
    """The data of a status answer; an unfinished task has no result."""
    if status != "completed":
        return {"status": status, "progress": progress, "result": None}
    result = {
        "errors": [],
        "source_id": 1,
        "total": ROWS,
        "type": "database",
        "urls": [LINK] if links is None else links,
    }
    return {"status": status, "progress": progress, "result": result}


@attrs.define
class Panel:
    """Answers rightly; a task is half done at the first question and finished at the second."""

    manners: Manners = attrs.field(factory=Manners)

    def answer(self, request: Request, step: Step, count: int) -> Reply:
        """The answer to the `count`-th request of a step."""
        if not _authorized(request):
            return envelope(request, None, error=401, text="Token required")
        if step == "create":
            return envelope(request, {"task_id": TASK})
        if step == "status":
            return envelope(request, state("running", 50) if count == 1 else state())
        return self._file(request, count)

    def _file(self, request: Request, count: int) -> Reply:
        changing = self.manners.etag == "changing"
        body = content(count if changing else 0)
        tag = f'"v{count}"' if changing else '"v1"'
        headers = [("Content-Type", "text/csv")]
        if self.manners.etag != "none":
            headers.append(("ETag", f"W/{tag}" if self.manners.etag == "weak" else tag))
        if self.manners.ranges != "ignored":
            headers.append(("Accept-Ranges", "bytes"))
        whole = Reply(body, headers)
        asked = RANGE.match(request.headers.get("range", ""))
        if asked is None or self.manners.ranges == "ignored" or not self._same(request, tag):
            return whole
        first, last = int(asked[1]), min(int(asked[2] or len(body) - 1), len(body) - 1)
        if first > last:
            return attrs.evolve(whole, body=b"", status=416).named("Content-Range", f"bytes */{len(body)}")
        return self._part(attrs.evolve(whole, body=body[first : last + 1], status=206), first, last, len(body))

    def _part(self, part: Reply, first: int, last: int, total: int) -> Reply:
        match self.manners.ranges:
            case "no-content-range":
                return part
            case "wrong-start":
                first += 1
            case "wrong-total":
                total += 1
            case _:
                pass
        return part.named("Content-Range", f"bytes {first}-{last}/{total}")

    def _same(self, request: Request, tag: str) -> bool:
        """Whether the condition of a range holds; a weak tag never proves the same bytes (RFC 9110, section 13.1.5)."""
        condition = request.headers.get("if-range")
        if condition is None or self.manners.if_range == "ignored":
            return True
        return self.manners.etag != "weak" and condition == tag


def _authorized(request: Request) -> bool:
    if request.headers.get("authorization") == f"Bearer {TOKEN}":
        return True
    return request.query.get("token") == [TOKEN] or TOKEN.encode() in request.body
