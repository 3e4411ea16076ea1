"""A panel mocked below the client's own transport, and a client that speaks to it in one of eight ways."""

from __future__ import annotations

import asyncio
import inspect
import json
import ssl
from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import product
from pathlib import Path
from typing import Any, Literal, get_args

import attrs
import httpx
import respx

from profile_export import AsyncExportClient, ExportClient, PollPolicy, RetryPolicy
from profile_export.types import AuthMode, WireFormat

BASE_URL = "https://panel.example.com"
TOKEN = "abcdefghijklmnqrstuvwxyz"  # the API document's own
TASK = "task_b2f9fd6a-2499-4a63-b592-f15d4e3b69c5"
CREATE, STATUS = "/api/v1.1/profiles/get_all", "/api/v1.1/tasks/status"
LINK = "/api/download/data/4cf435e8-9921-4666-a39e-03ecbf57527e/1_database_export.csv"
SHORT_LINK = "/api/download/6b248de2-33b9-4715-9720-5f7e23f4a296/1_database_export.csv"
FILE = b'id,email\r\n1,"a\nb"\r\n2,\xd0\xb9\r\n'
DOCUMENTED = Path(__file__).parents[1] / "spec" / "documented"

PATIENT = RetryPolicy(first_delay=0)
ONCE = RetryPolicy(attempts=1)
# Loading the usual authorities takes longer than a whole mocked export.
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

Style = Literal["sync", "async"]
Envelope = dict[str, Any]
Step = Callable[[Any], Any]


@attrs.frozen
class Mode:
    """One of the ways to speak to a panel."""

    wire_format: WireFormat = "json"
    auth: AuthMode = "body"
    style: Style = "sync"

    def __str__(self) -> str:
        return f"{self.wire_format}-{self.auth}-{self.style}"

    @property
    def media_type(self) -> str:
        return f"application/{self.wire_format}"

    def speak(self, *steps: Step, base_url: str = BASE_URL, **options: Any) -> Any:
        """Hands a client to the first step, and what each step gives to the next one."""
        settings: dict[str, Any] = {
            "token": TOKEN,
            "wire_format": self.wire_format,
            "auth": self.auth,
            "verify": TLS,
            "retry": PATIENT,
            "poll": PollPolicy(min_delay=0),
            **options,
        }
        if self.style == "sync":
            with ExportClient(base_url, **settings) as client:
                return _blocking(client, steps)
        return asyncio.run(_awaited(base_url, settings, steps))

    def answer(self, envelope: Mapping[str, Any], status: int = 200, **headers: str) -> httpx.Response:
        """An envelope in this mode's format."""
        content = written(envelope, self.wire_format)
        return httpx.Response(status, headers={"Content-Type": self.media_type, **headers}, content=content)

    def members(self, request: httpx.Request) -> dict[str, Any]:
        """A request's body, read without the code under test; all values of XML are texts."""
        if self.wire_format == "json":
            members: dict[str, Any] = json.loads(request.content)
            return members
        lines = request.content.decode().splitlines()
        assert (lines[0], lines[-1]) == ("<xml>", "</xml>")
        return {line[1 : line.index(">")]: line[line.index(">") + 1 : line.rindex("</")] for line in lines[1:-1]}


def _blocking(client: ExportClient, steps: Sequence[Step]) -> Any:
    value: Any = client
    for step in steps:
        value = step(value)
        if inspect.isgenerator(value):
            value = list(value)
    return value


async def _awaited(base_url: str, settings: dict[str, Any], steps: Sequence[Step]) -> Any:
    async with AsyncExportClient(base_url, **settings) as client:
        value: Any = client
        for step in steps:
            value = step(value)
            if inspect.isasyncgen(value):
                value = [item async for item in value]
            elif inspect.isawaitable(value):
                value = await value
        return value


EVERY_MODE = [Mode(*parts) for parts in product(get_args(WireFormat), get_args(AuthMode), get_args(Style))]
# Any two of the three meet in every way. All three together would double the time, and only the token meets all three.
MODES = [Mode(), Mode("json", "bearer", "async"), Mode("xml", "body", "async"), Mode("xml", "bearer", "sync")]
PLAIN = MODES[0]
STYLES = [Mode(style=style) for style in get_args(Style)]
FORMATS = [Mode(form, style=style) for form, style in product(get_args(WireFormat), get_args(Style))]


def written(value: Mapping[str, Any], wire_format: str) -> bytes:
    """An envelope as a panel would write it."""
    return json.dumps(value).encode() if wire_format == "json" else "".join(_elements("xml", value)).encode()


def _elements(tag: str, value: Any) -> list[str]:
    if isinstance(value, list):
        return [line for item in value for line in _elements(tag, item)] or [f"<{tag}/>"]
    if isinstance(value, Mapping):
        inner = "".join(line for name, item in value.items() for line in _elements(name, item))
        return [f"<{tag}>{inner}</{tag}>"]
    return [f"<{tag}/>" if value is None else f"<{tag}>{escape(str(value), quote=False)}</{tag}>"]


def success(data: Any) -> Envelope:
    return {"data": data, "error": 0, "error_text": "Successful operation"}


def refused(code: int, text: str, **more: Any) -> Envelope:
    return {**more, "error": code, "error_text": text}


def created(task_id: str = TASK) -> Envelope:
    return success({"task_id": task_id})


def running(progress: int = 40, status: str = "in_progress", **more: Any) -> Envelope:
    return success({"status": status, "progress": progress, **more})


def completed(urls: Sequence[str] = (LINK,), total: int = 2, status: str = "completed", **more: Any) -> Envelope:
    result = {"errors": [], "source_id": 1, "total": total, "type": "database", "urls": list(urls), **more}
    return success({"status": status, "progress": 100, "result": result})


def documented(operation: str, side: str, wire_format: str) -> bytes:
    return (DOCUMENTED / f"{operation}_{side}.{wire_format}").read_bytes().rstrip(b"\n")


def file_answer(content: bytes = FILE, **headers: str) -> httpx.Response:
    return httpx.Response(200, headers={"Content-Type": "text/csv", **headers}, content=content)


Answers = Any


@attrs.frozen
class Panel:
    """The mocked panel: what was sent is in `requests`, as it was on the wire."""

    router: respx.MockRouter
    mode: Mode

    def on(self, method: str, url: str, *answers: Answers) -> respx.Route:
        """Answers requests in turn, the last answer again and again; an exception is raised, a dict is an envelope."""
        replies: list[Any] = [self.mode.answer(answer) if isinstance(answer, dict) else answer for answer in answers]
        left = iter(replies)
        last = replies[-1]

        def reply(request: httpx.Request) -> httpx.Response:
            found = next(left, last)
            if isinstance(found, Exception) or (inspect.isclass(found) and issubclass(found, Exception)):
                raise found
            answer: httpx.Response = copied(found) if isinstance(found, httpx.Response) else found(request)
            return answer

        return self.router.route(method=method, url__regex=rf"^{url}(\?.*)?$").mock(side_effect=reply)

    def create(self, *answers: Answers) -> respx.Route:
        return self.on("POST", f"{BASE_URL}{CREATE}", *(answers or [created()]))

    def status(self, *answers: Answers) -> respx.Route:
        return self.on("POST", f"{BASE_URL}{STATUS}", *(answers or [completed()]))

    def file(self, *answers: Answers, link: str = LINK) -> respx.Route:
        return self.on("GET", f"{BASE_URL}{link}", *(answers or [file_answer()]))

    def whole(self) -> Panel:
        """A panel on which everything goes well."""
        self.create()
        self.status(running(), completed())
        self.file()
        return self

    @property
    def requests(self) -> list[httpx.Request]:
        return [call.request for call in self.router.calls]

    @property
    def paths(self) -> list[str]:
        return [request.url.path for request in self.requests]


def copied(response: httpx.Response) -> httpx.Response:
    """The same answer once more: a response can be read only once."""
    if not hasattr(response, "_content"):
        return response
    again = httpx.Response(response.status_code, headers=response.headers, stream=httpx.ByteStream(response.content))
    if "Content-Encoding" in response.headers:
        raise AssertionError("an encoded answer is made by a function, since httpx decodes what it is given")
    return again


def raw(status: int, body: bytes, **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    """An answer of exactly these bytes, however it says that they are encoded."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(status, headers=named, stream=httpx.ByteStream(body))
