"""Fetches a file as the users of other libraries do: peers.py NAME URL FILE CERTIFICATE. Runs in .tools/bench."""

from __future__ import annotations

import socket
import ssl
import sys
from urllib.parse import urlsplit


def httpx(url: str, file: str, certificate: str) -> None:
    import httpx  # noqa: PLC0415

    context = ssl.create_default_context(cafile=certificate)
    with httpx.Client(verify=context) as client, client.stream("GET", url) as answer, open(file, "wb") as out:  # noqa: PTH123
        out.writelines(answer.raise_for_status().iter_raw())


def requests(url: str, file: str, certificate: str) -> None:
    import requests  # noqa: PLC0415

    with requests.get(url, stream=True, verify=certificate, timeout=60) as answer, open(file, "wb") as out:  # noqa: PTH123
        answer.raise_for_status()
        out.writelines(answer.iter_content(65_536))


def hf_transfer(url: str, file: str, certificate: str) -> None:  # noqa: ARG001 - it takes SSL_CERT_FILE
    import hf_transfer  # type: ignore[import-not-found]  # noqa: PLC0415

    hf_transfer.download(url, file, max_files=2, chunk_size=10 * 2**20)


def floor(url: str, file: str, certificate: str) -> None:
    """No library at all: the least that Python can do."""
    place = urlsplit(url)
    connection = socket.create_connection((place.hostname, place.port))
    if place.scheme == "https":
        context = ssl.create_default_context(cafile=certificate)
        connection = context.wrap_socket(connection, server_hostname=place.hostname)
    connection.sendall(f"GET {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
    buffer = memoryview(bytearray(2**20))
    taken = connection.recv_into(buffer)
    head, _, body = bytes(buffer[:taken]).partition(b"\r\n\r\n")
    left = int(head.lower().partition(b"content-length:")[2].split()[0]) - len(body)
    with open(file, "wb", buffering=0) as out:  # noqa: PTH123
        out.write(body)
        while left:
            taken = connection.recv_into(buffer)
            assert taken
            out.write(buffer[:taken])
            left -= taken


if __name__ == "__main__":
    {"httpx": httpx, "requests": requests, "hf_transfer": hf_transfer, "floor": floor}[sys.argv[1]](*sys.argv[2:])
