"""A panel on a real socket whose files come in ranges, as faulty as a test wants them."""

from __future__ import annotations

import json
import re
import ssl
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATH = "/api/download/data/u/1_database_export.csv"
SILENCE = 30.0  # seconds; far more than a slow machine takes for what a test does meanwhile


class RangePanel(ThreadingHTTPServer):
    """What its downloads do; change it while it runs."""

    daemon_threads = True

    def __init__(self, contents: dict[str, bytes], context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.contents = contents
        self.context = context
        self.etag = '"one"'
        self.accepts = "bytes"
        # What becomes of the n-th download: its status, other headers, how many bytes come; and what is done `before`,
        # in the `midst` of it (behind its first piece), and `then`, which is before the connection ends.
        self.acts: dict[int, dict[str, Any]] = {}
        self.asked: list[str | None] = []
        self.asked_of: list[str] = []
        self.paths: list[str] = []
        self.statuses = 0
        self.guard = threading.Lock()
        self.open = self.most = 0
        self.piece, self.pause = 65_536, 0.0
        self.over = threading.Event()
        self.waited_for = False

    @property
    def url(self) -> str:
        return f"{'http' if self.context is None else 'https'}://127.0.0.1:{self.server_address[1]}"

    def together(self, connections: int) -> None:
        """Lets none of the first downloads go on behind its first piece before so many of them are there."""
        gate = threading.Barrier(connections, timeout=SILENCE)
        self.acts = {number: {"midst": gate.wait} for number in range(connections)}

    def say_nothing(self) -> None:
        """Until the test is over; a client that is still there at the end of a long silence has waited for it."""
        if not self.over.wait(SILENCE):
            self.waited_for = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that leave are what is tested."""


def _nothing() -> None:
    pass


class _Handler(BaseHTTPRequestHandler):
    server: RangePanel

    def setup(self) -> None:
        if self.server.context is not None:
            self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name above
        pass

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.statuses += 1
        contents = self.server.contents
        rows = sum(content.count(b"\n") - 1 for content in contents.values())
        result = {"errors": [], "source_id": 1, "total": rows, "type": "database", "urls": list(contents)}
        data = {"status": "completed", "progress": 100, "result": result}
        body = json.dumps({"error": 0, "error_text": "", "data": data}).encode()
        self._head(200, {"Content-Type": "application/json", "Content-Length": len(body)})
        self.wfile.write(body)

    def do_GET(self) -> None:
        panel = self.server
        with panel.guard:
            act = panel.acts.get(len(panel.asked), {})
            panel.asked.append(self.headers["Range"])
            path = self.path.partition("?")[0]
            panel.asked_of.append(path)
            panel.paths.append(self.path)
            panel.open += 1
            panel.most = max(panel.most, panel.open)
        try:
            self._download(panel, panel.contents[path], act)
        finally:
            with panel.guard:
                panel.open -= 1

    def _download(self, panel: RangePanel, content: bytes, act: dict[str, Any]) -> None:
        act.get("before", _nothing)()
        etag = act.get("etag", panel.etag)
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers["Range"] or "")
        start, end, total = 0, len(content), len(content)
        status = 200
        if match and self.headers["If-Range"] == etag and act.get("status") != 200:
            start, end, status = int(match[1]), int(match[2] or total - 1) + 1, 206
        status = act.get("status", status)
        headers: dict[str, Any] = {"Content-Type": "text/csv", "ETag": etag, "Accept-Ranges": panel.accepts}
        if status == 206:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{total}"
        if status >= 400:
            start = end = 0
        self._head(status, {**headers, "Content-Length": end - start, **act.get("headers", {})})
        if "body" in act:
            self.wfile.write(act["body"])
            return
        stop, midst = min(end, start + act.get("bytes", total)), act.get("midst", _nothing)
        while start < stop:
            piece = content[start : min(stop, start + panel.piece)]
            self.wfile.write(piece)
            start += len(piece)
            time.sleep(act.get("pause", panel.pause))
            midst()
            midst = _nothing
        act.get("then", _nothing)()
        self.close_connection = True

    def _head(self, status: int, headers: dict[str, Any]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if value is not None:
                self.send_header(name, str(value))
        self.end_headers()


@contextmanager
def serving(*contents: bytes, context: ssl.SSLContext | None = None) -> Generator[RangePanel]:
    """The panel, as long as the block lasts; its first file is at `PATH`."""
    paths = [PATH, *(PATH.replace(".csv", f"_{number}.csv") for number in range(2, len(contents) + 1))]
    panel = RangePanel(dict(zip(paths, contents, strict=True)), context)
    thread = threading.Thread(target=panel.serve_forever, kwargs={"poll_interval": 0.01}, name="range panel")
    thread.start()
    try:
        yield panel
    finally:
        panel.over.set()
        panel.shutdown()
        thread.join()
        panel.server_close()
