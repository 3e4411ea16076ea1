"""Drives a sandbox inside the test's process, and lets the test turn the clock."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal

import anyio
import httpx

from profile_export.sandbox import SandboxSettings, create_app

TOKEN = "marker-token-1f9c"
CREATE = "/api/v1.1/profiles/get_all"
STATUS = "/api/v1.1/tasks/status"
DATABASE = {"source_type": "database", "source_id": 1}

Format = Literal["json", "xml"]


class Clock:
    """Stands still until it is turned."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """One sandbox with the requests that tests make again and again."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.clock = Clock()
        self.settings = settings
        self.app = create_app(settings, clock=self.clock)

    def close(self) -> None:
        self.app.state.panel.close()

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        return anyio.run(partial(self._request, method, url, **options))

    async def _request(self, method: str, url: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox.test") as client:
            return await client.request(method, url, **options)

    def post(
        self, path: str, body: Mapping[str, object], fmt: Format = "json", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        content = to_xml(body) if fmt == "xml" else json.dumps(body)
        return self.request(
            "POST", path, content=content, headers={"Content-Type": f"application/{fmt}", **(headers or {})}
        )

    def get(self, url: str, headers: Mapping[str, str] | None = None, token: str = TOKEN) -> httpx.Response:
        return self.request("GET", url, params={"token": token}, headers=headers)

    def create(self, headers: Mapping[str, str] | None = None, **members: object) -> str:
        answer = self.post(CREATE, {"token": TOKEN, **DATABASE, **members}, headers=headers).json()
        assert answer["error"] == 0, answer
        task_id = answer["data"]["task_id"]
        assert isinstance(task_id, str)
        return task_id

    def status(self, task_id: str) -> dict[str, Any]:
        answer = self.post(STATUS, {"token": TOKEN, "task_id": task_id}).json()
        assert answer["error"] == 0, answer
        data = answer["data"]
        assert isinstance(data, dict)
        return data

    def result(self, task_id: str) -> dict[str, Any]:
        """Wait for the files, which are written by another thread while the clock stands still."""
        deadline = time.monotonic() + 10
        while (result := self.status(task_id)["result"]) is None:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        assert isinstance(result, dict)
        return result

    def export(self, **members: object) -> list[str]:
        """The texts of all files of a new export."""
        return [self.get(url).content.decode() for url in self.result(self.create(None, **members))["urls"]]

    def csv_rows(self, **members: object) -> list[dict[str, str]]:
        (text,) = self.export(**members)
        return read_csv(text)


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def documented(name: str) -> str:
    """An example of the API document, as it stands there."""
    return (Path(__file__).parents[1] / "spec" / "documented" / name).read_text(encoding="utf-8")


def to_xml(body: Mapping[str, object]) -> str:
    """Just enough XML for requests; the test's own, so that it checks the sandbox's."""
    return f"<xml>{''.join(_element(name, value) for name, value in body.items())}</xml>"


def _element(name: str, value: object) -> str:
    if isinstance(value, Mapping):
        return f"<{name}>{''.join(_element(key, item) for key, item in value.items())}</{name}>"
    text = str(value).replace("&", "&amp;").replace("<", "&lt;")
    return f"<{name}>{text}</{name}>"
