"""The two servers, each on a port of its own of this machine, and what they know of unfinished uploads."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import socket
import subprocess
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import attrs
import httpx
from obstore.store import AzureStore, S3Store

TOOLS = Path(__file__).parents[2] / ".tools"
PATIENCE = 60.0
NAME = "exports"
# Azurite has this account built in; its key is no secret.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class Server(Protocol):
    """A store with the bucket or container `exports`."""

    @property
    def root(self) -> str: ...
    @property
    def environment(self) -> dict[str, str]: ...
    def store(self) -> Any: ...
    def unfinished(self) -> list[str]: ...


@attrs.frozen
class Moto:
    """S3."""

    port: int
    root: str = f"s3://{NAME}"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.address,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "the-key",
            "AWS_SECRET_ACCESS_KEY": "geheim-of-the-store",
            "AWS_REGION": "us-east-1",
        }

    def prepare(self) -> None:
        httpx.put(f"{self.address}/{NAME}").raise_for_status()

    def store(self) -> Any:
        return S3Store(
            NAME,
            endpoint=self.address,
            access_key_id="the-key",
            secret_access_key="geheim-of-the-store",
            region="us-east-1",
            client_options={"allow_http": True},
        )

    def unfinished(self) -> list[str]:
        """Keys of uploads that were begun, and neither completed nor taken back."""
        answer = httpx.get(f"{self.address}/{NAME}?uploads").raise_for_status()
        return [str(each.text) for each in ET.fromstring(answer.content).iterfind(".//{*}Upload/{*}Key")]


@attrs.frozen
class Azurite:
    """Azure's blobs."""

    port: int
    root: str = f"az://{NAME}"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/{ACCOUNT}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": KEY,
            "AZURE_ENDPOINT": self.address,
            "AZURE_ALLOW_HTTP": "true",
        }

    def prepare(self) -> None:
        self._ask("PUT", restype="container")

    def store(self) -> Any:
        options = {"allow_http": True}
        return AzureStore(NAME, account_name=ACCOUNT, account_key=KEY, endpoint=self.address, client_options=options)  # type: ignore[arg-type]

    def unfinished(self) -> list[str]:
        """Blobs that have blocks, and no content. Azure drops them after a week; they show nothing to readers."""
        answer = self._ask("GET", restype="container", comp="list", include="uncommittedblobs")
        blobs = ET.fromstring(answer.content).iterfind(".//Blob")
        return [str(blob.findtext("Name")) for blob in blobs if blob.findtext("Properties/Content-Length") == "0"]

    def _ask(self, method: str, **query: str) -> httpx.Response:
        date, version = formatdate(usegmt=True), "2021-08-06"
        asked = "".join(f"\n{name}:{query[name]}" for name in sorted(query))
        text = f"{method}{chr(10) * 12}x-ms-date:{date}\nx-ms-version:{version}\n/{ACCOUNT}/{ACCOUNT}/{NAME}{asked}"
        mac = base64.b64encode(hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()).decode()
        headers = {"x-ms-date": date, "x-ms-version": version, "Authorization": f"SharedKey {ACCOUNT}:{mac}"}
        url = f"{self.address}/{NAME}?{urlencode(query)}"
        return httpx.request(method, url, headers=headers).raise_for_status()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert process.poll() is None, "the server ended"
                assert time.monotonic() < end, "the server doesn't listen"
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


@contextlib.contextmanager
def moto() -> Iterator[Moto]:
    port = free_port()
    with running([str(TOOLS / "stores-venv/bin/moto_server"), "-H", "127.0.0.1", "-p", str(port)], port):
        server = Moto(port)
        server.prepare()
        yield server


@contextlib.contextmanager
def azurite(folder: Path) -> Iterator[Azurite]:
    port = free_port()
    program = TOOLS / "azurite/node_modules/.bin/azurite-blob"
    where = ["--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(folder)]
    with running([str(program), *where, "--silent", "--skipApiVersionCheck", "--disableTelemetry"], port):
        server = Azurite(port)
        server.prepare()
        yield server
