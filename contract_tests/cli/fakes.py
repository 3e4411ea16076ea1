"""Panels that misbehave on purpose, on real sockets."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

CREATE = "/api/v1.1/profiles/get_all"
STATUS = "/api/v1.1/tasks/status"
LINK = "/api/download/data/1/1_database_export.csv"
TASK = "task_of_the_fake"
CSV = b"_id,email\n1,a@example.com\n2,b@example.com\n"

Answer = Callable[[BaseHTTPRequestHandler], None]


def envelope(data: Any = None, *, error: int = 0, text: str = "Successful operation") -> Answer:
    return page(json.dumps({"data": data, "error": error, "error_text": text}), "application/json")


def page(body: str | bytes, content_type: str = "text/html", status: int = 200) -> Answer:
    content = body.encode() if isinstance(body, str) else body

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def broken_off(*, then: Answer) -> Answer:
    """Half of the file the first time, and nothing more; the whole answer after that."""
    calls: list[int] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        calls.append(1)
        if len(calls) > 1:
            then(handler)
            return
        handler.send_response(200)
        handler.send_header("Content-Type", "text/csv")
        handler.send_header("Content-Length", str(len(CSV)))
        handler.end_headers()
        handler.wfile.write(CSV[:20])
        handler.close_connection = True

    return answer


def state(status: str = "completed", progress: int = 100, **result: Any) -> Answer:
    facts = {"errors": [], "source_id": 1, "total": 2, "type": "database", "urls": [LINK], **result}
    return envelope({"status": status, "progress": progress, "result": facts if progress == 100 else None})


class FakePanel:
    """Answers each path as it is told, 404 where it is not.

    `seen` holds the paths that were asked for, `headers` what came along.
    """

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers: dict[str, Answer] = {CREATE: envelope({"task_id": TASK}), **answers}
        self.seen: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def stalled(self) -> Answer:
        """Half of the file, and then nothing until the panel goes away."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Type", "text/csv")
            handler.send_header("Content-Length", str(len(CSV)))
            handler.end_headers()
            handler.wfile.write(CSV[:20])
            handler.wfile.flush()
            self.released.wait(60)

        return answer

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        panel = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                self.do_GET()

            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                panel.seen.append(path)
                panel.headers.append(dict(self.headers))
                panel.answers.get(path, page("not here", status=404))(self)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
                """Silent: the path holds the token."""

        return Handler
