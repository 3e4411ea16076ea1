"""A panel for a crowd: any number of tasks that each take some seconds, and nothing else: crowd_panel.py SECONDS.

It shares the processors with the client that is measured, so it does as little as a panel can: a protocol of asyncio,
answers out of one template, the end of each task in its id. It prints its port, and what it has counted when its
standard input ends.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from typing import Any

CSV = b"id,email\n" + b"".join(b"%d,ivan%d@example.com\n" % (number, number) for number in range(20))
counts = {"connections": 0, "open": 0, "most open": 0, "create": 0, "status": 0, "download": 0}


class Answering(asyncio.Protocol):
    """One connection."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._bytes = b""

    def connection_made(self, transport: Any) -> None:
        """Counts it."""
        self._transport = transport
        counts["connections"] += 1
        counts["open"] += 1
        counts["most open"] = max(counts["most open"], counts["open"])

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's signature
        """Counts it no more."""
        counts["open"] -= 1

    def data_received(self, data: bytes) -> None:
        """Answers a request that is whole."""
        self._bytes += data
        head, end, body = self._bytes.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            if line[:15].lower() == b"content-length:":
                length = int(line[15:])
        if not end or len(body) < length:
            return
        self._bytes = b""
        path = head.split(b" ", 2)[1]
        if b"/download/" in path:
            counts["download"] += 1
            self._say(b"text/csv", CSV)
        else:
            self._say(b"application/json", json.dumps(self._answer(path, body)).encode())

    def _answer(self, path: bytes, body: bytes) -> dict[str, Any]:
        data: dict[str, Any]
        now = time.monotonic()
        if path.endswith(b"/status"):
            counts["status"] += 1
            # The id holds the moment of the task's end.
            number, ends = json.loads(body)["task_id"].split("_")[1:]
            left = float(ends) - now
            data = {"status": "in_progress", "progress": max(0, min(99, int(100 - 100 * left / self._seconds)))}
            if left <= 0:
                link = f"/api/download/data/{number}/{number}_segment_export.csv"
                data = {
                    "status": "completed",
                    "progress": 100,
                    "result": {"total": 20, "urls": [link], "errors": [], "type": "segment", "source_id": int(number)},
                }
        else:
            counts["create"] += 1
            data = {"task_id": f"task_{json.loads(body)['source_id']}_{now + self._seconds}"}
        return {"data": data, "error": 0, "error_text": ""}

    def _say(self, kind: bytes, body: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n" % (kind, len(body))
        self._transport.write(head + body)


async def main(seconds: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Answering(seconds), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    # Until whoever started it lets go of it.
    await loop.run_in_executor(None, sys.stdin.read)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({**counts, "cpu": used.ru_utime + used.ru_stime}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
