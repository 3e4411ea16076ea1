"""What the client really sends and gets keeps the contract: in both formats, with both credentials, in both clients."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from attrs import define, field
from schemathesis.errors import FailureGroup

from profile_export import AsyncExportClient, Database, DownloadedExport, ExportClient, PollPolicy, Segment
from profile_export.sandbox import RunningSandbox, SandboxSettings, start_sandbox
from profile_export.types import AuthMode, WireFormat
from scripts.verification import contract, xml
from scripts.verification.checks import CHECKS
from scripts.verification.contract import CREATE, DOWNLOAD, DOWNLOAD_SHORT, STATUS, XML
from scripts.verification.overlay import TOKEN, request_schema
from scripts.verification.schema import schema_for

POLL = PollPolicy(min_delay=0.01)
FILTER = {"occupation": "doctor"}
GENERATIONS: dict[str, dict[str, Any]] = {
    "newer answers": {"rows_per_file": 5},
    "older answers": {"final_status": "success", "result_errors": False, "link_prefix": "/api/download"},
}


@define
class Recorder(httpx.HTTPTransport):
    """The network, with every exchange as it was on the wire."""

    exchanges: list[httpx.Response] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        httpx.HTTPTransport.__init__(self)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        response.read()
        response.request = request
        self.exchanges.append(response)
        return response


@define
class AsyncRecorder(httpx.AsyncHTTPTransport):
    """The same for the asynchronous client."""

    exchanges: list[httpx.Response] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        httpx.AsyncHTTPTransport.__init__(self)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        await response.aread()
        response.request = request
        self.exchanges.append(response)
        return response


@pytest.fixture(params=GENERATIONS)
def panel(request: pytest.FixtureRequest, tmp_path: Path, auth: AuthMode) -> Iterator[RunningSandbox]:
    """A panel of one generation that accepts only the credential under test."""
    settings = SandboxSettings(
        data_dir=tmp_path / "panel",
        token=TOKEN,
        profiles=60,
        task_seconds=0.05,
        auth=auth,
        **GENERATIONS[request.param],
    )
    with start_sandbox(settings) as running:
        yield running


def blocking(url: str, folder: Path, wire_format: WireFormat, auth: AuthMode) -> tuple[Any, list[DownloadedExport]]:
    recorder = Recorder()
    with ExportClient(url, token=TOKEN, wire_format=wire_format, auth=auth, poll=POLL, transport=recorder) as client:
        filtered = client.export(Database(1), to=folder / "1", where=FILTER)
        return recorder.exchanges, [filtered, client.export(Segment(7), to=folder / "2")]


def awaiting(url: str, folder: Path, wire_format: WireFormat, auth: AuthMode) -> tuple[Any, list[DownloadedExport]]:
    recorder = AsyncRecorder()

    async def exports() -> list[DownloadedExport]:
        async with AsyncExportClient(
            url, token=TOKEN, wire_format=wire_format, auth=auth, poll=POLL, transport=recorder
        ) as client:
            filtered = await client.export(Database(1), to=folder / "1", where=FILTER)
            return [filtered, await client.export(Segment(7), to=folder / "2")]

    return recorder.exchanges, anyio.run(exports)


@pytest.mark.parametrize("auth", ["body", "bearer"])
@pytest.mark.parametrize("wire_format", ["json", "xml"])
@pytest.mark.parametrize("export", [blocking, awaiting])
def test_every_exchange_keeps_the_contract(
    panel: RunningSandbox, tmp_path: Path, export: Any, wire_format: WireFormat, auth: AuthMode
) -> None:
    exchanges, results = export(panel.url, tmp_path, wire_format, auth)
    assert all(result.rows == result.total > 0 for result in results)
    assert 0 < results[0].total < 60
    schema = schema_for(nobody)
    judged = [judge(schema, exchange, auth) for exchange in exchanges]
    assert set(judged) >= {CREATE, STATUS}
    assert set(judged) & {DOWNLOAD, DOWNLOAD_SHORT}


async def nobody(scope: Any, receive: Any, send: Any) -> None:
    """The application of a schema that only judges: every request goes to a running panel."""
    raise AssertionError(scope["path"])


def judge(schema: Any, exchange: httpx.Response, auth: AuthMode) -> str:
    """Has one exchange judged, by the same checks as scripted and generated ones; gives its path in the contract."""
    request = exchange.request
    path = contract_path(request.url.path)
    body = read_body(request, path)
    case = schema[path][request.method].Case(headers=dict(request.headers), **parameters(request, path, body))
    exchange.elapsed = timedelta()  # httpx sets it above the transport, and schemathesis wants one
    for check in CHECKS:
        try:
            case.validate_response(exchange, checks=[check])
        except FailureGroup as group:
            pytest.fail(f"{check.__name__} at {path}: {group.exceptions}")
    if request.method == "POST":
        check_request(path, body, auth)
    assert ("Authorization" in request.headers) == (auth == "bearer")
    assert (b"token" in request.content + request.url.query) == (auth == "body")
    return path


def contract_path(path: str) -> str:
    if path in {CREATE, STATUS}:
        return path
    return DOWNLOAD if path.startswith("/api/download/data/") else DOWNLOAD_SHORT


def parameters(request: httpx.Request, path: str, body: Any) -> dict[str, Any]:
    if request.method == "POST":
        return {"body": body, "media_type": request.headers["Content-Type"]}
    *_, file_id, file_name = request.url.path.split("/")
    return {"path_parameters": {"file_id": file_id, "file_name": file_name}, "query": dict(request.url.params)}


def read_body(request: httpx.Request, path: str) -> Any:
    if request.method != "POST":
        return None
    if request.headers["Content-Type"] == XML:
        return xml.decode(request.content, path, "request")
    return json.loads(request.content)


def check_request(path: str, body: dict[str, Any], auth: AuthMode) -> None:
    """The body is what the contract asks for; in bearer mode the header stands in for the required token."""
    assert ("token" in body) == (auth == "body")
    document = contract.load()
    errors = contract.validator(document, request_schema(document, path)).iter_errors({"token": TOKEN, **body})
    assert [error.message for error in errors] == []


def test_the_judge_sees_a_broken_answer() -> None:
    """The same judgement that passes the client's traffic catches an answer that breaks the contract."""
    schema = schema_for(nobody)
    request = httpx.Request("POST", f"http://127.0.0.1{STATUS}", json={"token": TOKEN, "task_id": "task_1"})
    broken = {"data": {"status": "completed", "progress": "100"}, "error": 0, "error_text": ""}
    with pytest.raises(pytest.fail.Exception, match="response_schema_conformance"):
        judge(schema, httpx.Response(200, json=broken, request=request), "body")
