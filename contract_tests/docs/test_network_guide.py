"""proxy-and-private-ca.md: its commands reach a panel with a private certificate, through a proxy or past it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
import trustme

from contract_tests.docs.code import PANEL, TOKEN, called, commands, runnable
from contract_tests.wire.listeners import Handler, Listener, listening, pump, tunnel_to
from profile_export.testing.served import serving

GUIDE = "docs/how-to/proxy-and-private-ca.md"
PROXY = "http://proxy.example.com:3128"
# This machine, in a spelling that isn't known to be this machine: asked directly only where NO_PROXY says so.
ELSEWHERE = "127.1"


@attrs.frozen
class Network:
    """A panel behind TLS, a proxy whose tunnels lead to it, and the folder that holds the authority's certificate."""

    folder: Path
    secure: str
    proxy: Listener
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def run(self, command: str, address: str) -> str:
        line = command.replace(PANEL, address).replace(PROXY, f"http://127.0.0.1:{self.proxy.port}")
        named = {} if "--panel" in command else {"PROFILE_EXPORT_BASE_URL": address}
        code = called(line, self.folder, self.monkeypatch, PROFILE_EXPORT_TOKEN=TOKEN, **named)
        out, err = self.capsys.readouterr()
        assert code == 0, f"{command}: {err}{out}"
        return str(out)

    def exported(self) -> list[str]:
        return sorted(path.parent.name for path in self.folder.glob("exports/*/*.csv"))


def front_of(port: int) -> Handler:
    """Hands on what comes through TLS to a server that speaks none."""

    def handle(connection: socket.socket, listener: Listener) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as upstream:
            back = threading.Thread(target=pump, args=(upstream, connection), daemon=True)
            back.start()
            pump(connection, upstream)
            back.join(5)

    return handle


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Network]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "company.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("panel.example.com", "127.0.0.1", ELSEWHERE).configure_cert(context)
    with serving(tmp_path / "panel", token=TOKEN) as panel:
        port = int(panel.base_url.rpartition(":")[2])
        with listening(front_of(port), context) as secure, listening(tunnel_to(secure.port)) as proxy:
            yield Network(tmp_path, f"https://127.0.0.1:{secure.port}", proxy, monkeypatch, capsys)


def test_through_the_proxy(network: Network) -> None:
    [command] = [command for command in commands(GUIDE) if command.startswith("HTTPS_PROXY=")]
    network.run(command, PANEL)
    assert network.exported() == ["proxy"]
    assert set(network.proxy.lines) == {"CONNECT panel.example.com:443 HTTP/1.1"}
    assert TOKEN.encode() not in b"".join(network.proxy.heads)


def test_past_the_proxy(network: Network) -> None:
    [command] = [command for command in commands(GUIDE) if command.startswith("NO_PROXY=")]
    assert "panel.example.com" in command
    address = network.secure.replace("127.0.0.1", ELSEWHERE)
    told = network.run(command.replace("panel.example.com", ELSEWHERE), address)
    assert "accepts the token" in told
    assert network.proxy.lines == []
    # Without the exception, the proxy would have been asked.
    network.run(command.replace("panel.example.com", "other.example.com"), address)
    assert network.proxy.lines == [f"CONNECT {address.removeprefix('https://')} HTTP/1.1"]


def test_a_private_authority(network: Network) -> None:
    direct = [command for command in commands(GUIDE) if "_PROXY=" not in command]
    assert [command.split()[0] for command in direct] == [*["profile-export"] * 3, "SSL_CERT_FILE=company.pem"]
    with pytest.raises(AssertionError, match="certificate verify failed"):
        network.run(direct[0].replace("--ca-file company.pem", "--retries 0"), network.secure)
    for command in direct:
        network.run(command, network.secure)
    assert network.exported() == ["named", "private"]


def test_a_private_authority_in_python(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(network.folder)
    for number, example in enumerate(runnable(GUIDE, "python")):
        exec(compile(example.replace(PANEL, network.secure), f"{GUIDE}, block {number}", "exec"), {})
    assert network.exported() == ["context", "python"]
