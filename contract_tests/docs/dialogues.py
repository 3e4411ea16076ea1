"""Records the wire dialogues of the documented export, and renders the page that shows them.

`python -m contract_tests.docs.dialogues` writes the page; a test compares it with what is recorded now.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final, get_args

import httpx

from profile_export import Database, ExportClient
from profile_export.types import AuthMode, WireFormat

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "wire-dialogues.md"
REMEDY: Final = "run: .venv/bin/python -m contract_tests.docs.dialogues"
TOKEN: Final = "abcdefghijklmnqrstuvwxyz"
TASK: Final = "task_b2f9fd6a-2499-4a63-b592-f15d4e3b69c5"
LINK: Final = "/api/download/data/4cf435e8-9921-4666-a39e-03ecbf57527e/1_database_export.csv"
FILE: Final = b"email,_fname\nann@example.com,Ann\n"
SHOWN: Final = ("Authorization", "Content-Type", "Accept", "Accept-Encoding", "Request-ID")
CREATED: Final[dict[WireFormat, str]] = {
    "json": f'{{"data": {{"task_id": "{TASK}"}}, "error": 0, "error_text": "Successful operation"}}',
    "xml": f"""<xml>
<data>
<task_id>{TASK}</task_id>
</data>
<error>0</error>
<error_text>Successful operation</error_text>
</xml>""",
}
FINISHED: Final[dict[WireFormat, str]] = {
    "json": f"""{{"data": {{"status": "completed", "progress": 100, "result": {{"errors": [], "source_id": 1,
"total": 1, "type": "database", "urls": ["{LINK}"]}}}},
"error": 0, "error_text": "Successful operation"}}""",
    "xml": f"""<xml>
<data>
<progress>100</progress>
<result>
<errors/>
<source_id>1</source_id>
<total>1</total>
<type>database</type>
<urls>{LINK}</urls>
</result>
<status>completed</status>
</data>
<error>0</error>
<error_text>Successful operation</error_text>
</xml>""",
}
HEADER: Final = """# The wire dialogues

What goes over the wire for one export of database 1, in both formats and with both ways to authenticate. The answers
are those of the API document. This page is recorded from the client itself; a test keeps it true.

The body modes follow the API document: the token is a member of both requests, and stands in the query of the download.
The bearer modes follow newer pages of the same documentation: the token stands in the `Authorization` header, and in
neither body nor URL. A client uses one of the two ways, never both.
"""


def record(wire_format: WireFormat, auth: AuthMode) -> list[str]:
    """The dialogue of one export as text blocks, request and answer in turn."""
    blocks: list[str] = []
    answers = iter([CREATED[wire_format], FINISHED[wire_format]])

    def panel(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            response = httpx.Response(200, headers={"Content-Type": "text/csv"}, content=FILE)
        else:
            response = httpx.Response(200, headers={"Content-Type": f"application/{wire_format}"}, text=next(answers))
        blocks.extend([_request(request), _response(response)])
        return response

    with (
        tempfile.TemporaryDirectory() as folder,
        ExportClient(
            "https://example.com",
            token=TOKEN,
            wire_format=wire_format,
            auth=auth,
            transport=httpx.MockTransport(panel),
        ) as client,
    ):
        client.export(Database(1), to=folder)
    return blocks


def _request(request: httpx.Request) -> str:
    lines = [f"{request.method} {request.url.raw_path.decode()} HTTP/1.1", f"Host: {request.url.host}"]
    for name in SHOWN:
        if name in request.headers:
            value = "<a fresh id>" if name == "Request-ID" else request.headers[name]
            lines.append(f"{name}: {value}")
    body = request.content.decode()
    return "\n".join([*lines, "", body] if body else lines)


def _response(response: httpx.Response) -> str:
    return f"HTTP/1.1 200 OK\nContent-Type: {response.headers['Content-Type']}\n\n{response.text}".rstrip()


def page() -> str:
    """The whole page."""
    parts = [HEADER]
    for wire_format in get_args(WireFormat):
        for auth in get_args(AuthMode):
            parts.append(f'## wire_format="{wire_format}", auth="{auth}"\n')
            parts += [f"```http\n{block}\n```\n" for block in record(wire_format, auth)]
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
