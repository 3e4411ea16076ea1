"""Run in a process of its own, with a regenerated client in its path: exports in every way, and tells how each ended.

Usage: scenario.py URL TOKEN FOLDER OPTIONS, where OPTIONS is JSON: `modes` are formats and styles, and `fields` makes
a panel that says `links` for `urls` ("answer"), and needs `requested_by`, too ("both"). Prints a JSON document.
"""

from __future__ import annotations

import json
import ssl
import sys
from pathlib import Path
from typing import Any

import anyio
import httpx

import profile_export
import profile_export_api
from profile_export import AsyncExportClient, Database, ExportClient, ExportError, PollPolicy, RetryPolicy

NEEDED = b"requested_by"
# Loading the usual authorities takes longer than a whole export.
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Wire:
    """What lies between the client and the panel: it notes what is sent, and may be a panel of another contract."""

    def __init__(self, fields: str) -> None:
        self.fields = fields
        self.sent: list[str] = []

    def refusal(self, request: httpx.Request) -> httpx.Response | None:
        self.sent.append(f"{request.method} {request.content.decode()} {sorted(request.headers)}")
        if self.fields == "both" and request.url.path.endswith("/get_all") and NEEDED not in request.content:
            return httpx.Response(200, json={"error": 400, "error_text": "requested_by is required", "data": None})
        return None

    def changed(self, request: httpx.Request, response: httpx.Response, body: bytes) -> httpx.Response:
        if self.fields != "none" and request.method == "POST":
            for old, new in ((b'"urls"', b'"links"'), (b"<urls", b"<links"), (b"</urls", b"</links")):
                body = body.replace(old, new)
        headers = [(name, value) for name, value in response.headers.items() if name != "content-length"]
        return httpx.Response(response.status_code, headers=headers, stream=httpx.ByteStream(body))


class Blocking(httpx.BaseTransport):
    def __init__(self, wire: Wire) -> None:
        self.wire, self.inner = wire, httpx.HTTPTransport(verify=TLS)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        refusal = self.wire.refusal(request)
        if refusal is not None:
            return refusal
        response = self.inner.handle_request(request)
        try:
            return self.wire.changed(request, response, response.read())
        finally:
            response.close()

    def close(self) -> None:
        self.inner.close()


class Asynchronous(httpx.AsyncBaseTransport):
    def __init__(self, wire: Wire) -> None:
        self.wire, self.inner = wire, httpx.AsyncHTTPTransport(verify=TLS)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        refusal = self.wire.refusal(request)
        if refusal is not None:
            return refusal
        response = await self.inner.handle_async_request(request)
        try:
            return self.wire.changed(request, response, await response.aread())
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        await self.inner.aclose()


def blocking(url: str, settings: dict[str, Any], wire: Wire, export: dict[str, Any]) -> Any:
    with ExportClient(url, **settings, transport=Blocking(wire)) as client:
        return client.export(Database(1), **export)


async def asynchronous(url: str, settings: dict[str, Any], wire: Wire, export: dict[str, Any]) -> Any:
    async with AsyncExportClient(url, **settings, transport=Asynchronous(wire)) as client:
        return await client.export(Database(1), **export)


def run(url: str, token: str, folder: Path, mode: str, wire: Wire) -> dict[str, Any]:
    wire_format, style = mode.split("-")
    settings = {
        "token": token,
        "wire_format": wire_format,
        "poll": PollPolicy(min_delay=0.01, unknown_status_patience=0),
        "retry": RetryPolicy(attempts=1),
        "verify": TLS,
    }
    export = {"to": folder / mode, "where": {"occupation": "doctor"}, "timeout": 30}
    try:
        if style == "sync":
            result = blocking(url, settings, wire, export)
        else:
            result = anyio.run(asynchronous, url, settings, wire, export)
    except ExportError as error:
        return {"error": type(error).__name__, "text": str(error)}
    return {"rows": result.rows, "total": result.total, "files": [file.path.name for file in result.files]}


def main() -> None:
    url, token, folder, options = sys.argv[1], sys.argv[2], Path(sys.argv[3]), json.loads(sys.argv[4])
    wire = Wire(options["fields"])
    ends = {mode: run(url, token, folder, mode, wire) for mode in options["modes"]}
    modules = [profile_export.__file__, profile_export_api.__file__]
    json.dump({"ends": ends, "sent": wire.sent, "modules": modules}, sys.stdout)


if __name__ == "__main__":
    main()
