"""A panel of static files: nginx on the loopback, which answers every status with a finished task."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import trustme

from scripts.bench_parts import rows

NAME = "1_database_export.csv"
BLOCK = 4 * 2**20

CONFIG = """
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; types {{ text/csv csv; }}
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{http}; listen 127.0.0.1:{https} ssl;
    ssl_certificate {folder}/leaf.pem; ssl_certificate_key {folder}/leaf.pem;
    root {folder}/files;
    {locations}
  }}
}}
"""
LOCATION = """
    location = /{size}/api/v1.1/tasks/status {{ default_type application/json; return 200 '{answer}'; }}
    location /{size}/api/download/ {{ rewrite ^ /{size}.csv break; }}
"""


@attrs.frozen
class StaticPanel:
    """Where it is; `url(scheme, size)` is the base URL of the panel whose only export has that name."""

    http: int
    https: int
    certificate: Path
    files: Path

    def url(self, scheme: str, size: str) -> str:
        """The base URL for a client."""
        return f"{scheme}://127.0.0.1:{self.https if scheme == 'https' else self.http}/{size}"

    def file(self, size: str) -> Path:
        """The file on the panel's side."""
        return self.files / f"{size}.csv"

    def link(self, scheme: str, size: str) -> str:
        """The file itself."""
        return f"{self.url(scheme, size)}/api/download/bench/{NAME}"


def available() -> str | None:
    """nginx, wherever the system keeps it."""
    return shutil.which("nginx", path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin")


@contextmanager
def serving(sizes: dict[str, int], where: Path) -> Iterator[StaticPanel]:
    """Serves one file of each size until the block ends; `where` has room for them."""
    program = available()
    assert program is not None
    with tempfile.TemporaryDirectory(dir=where, prefix="bench-panel-") as name:
        folder = Path(name)
        (folder / "files").mkdir()
        folder.chmod(0o755)
        authority = trustme.CA()
        leaf = authority.issue_cert("127.0.0.1")
        leaf.private_key_and_cert_chain_pem.write_to_path(str(folder / "leaf.pem"))
        authority.cert_pem.write_to_path(str(folder / "authority.pem"))
        locations = "".join(
            LOCATION.format(size=size, answer=_answer(size, _write(folder / "files" / f"{size}.csv", length)))
            for size, length in sizes.items()
        )
        http, https = _free_port(), _free_port()
        config = folder / "nginx.conf"
        config.write_text(CONFIG.format(folder=folder, http=http, https=https, locations=locations), encoding="utf-8")
        with subprocess.Popen([program, "-c", str(config)], stderr=subprocess.DEVNULL) as server:
            try:
                _wait_for(http)
                yield StaticPanel(http, https, folder / "authority.pem", folder / "files")
            finally:
                server.terminate()


def _write(path: Path, length: int) -> int:
    """A csv file of about `length` bytes; gives its profiles."""
    block = rows.sample_of("no quotes", min(BLOCK, length))
    head, _, first = block.partition(b"\n")
    times = max(1, length // len(first))
    with path.open("wb") as file:
        file.write(head + b"\n")
        for _ in range(times):
            file.write(first)
    return times * first.count(b"\n")


def _answer(size: str, total: int) -> str:
    link = f"/{size}/api/download/bench/{NAME}"
    result = f'{{"total":{total},"urls":["{link}"],"errors":[]}}'
    return f'{{"data":{{"status":"completed","progress":100,"result":{result}}},"error":0,"error_text":""}}'


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise RuntimeError("nginx doesn't start")
