"""Real sockets: private certificates, and the proxies that the environment names."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest

from contract_tests.wire.certificates import Authority
from contract_tests.wire.dialogue import ONCE, STATUS, TASK, TOKEN, Mode
from contract_tests.wire.listeners import Listener, answer_status, listening, tunnel_to
from profile_export import CertificateRefused, ConnectFailed, RetryPolicy, UsageError
from profile_export._arguments import credential_line
from profile_export._transport import make_client, proxy_for

HIDDEN = "http://panel.invalid"  # no such host: only a proxy can reach it


def ask(mode: Mode, base_url: str, **options: Any) -> int:
    options = {"retry": ONCE, **options}
    progress: int = mode.speak(lambda client: client.status(TASK), base_url=base_url, **options).progress
    return progress


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def secure(authority: Authority) -> Iterator[Listener]:
    with listening(answer_status, authority.server_context()) as listener:
        yield listener


def test_a_private_authority_can_be_named(secure: Listener, authority: Authority, mode: Mode) -> None:
    for verify in (str(authority.certificate), ssl.create_default_context(cafile=authority.certificate), False):
        assert ask(mode, f"https://127.0.0.1:{secure.port}", verify=verify) == 40
    assert secure.lines == [f"POST {STATUS} HTTP/1.1"] * 3


def test_an_unknown_authority_gets_no_request(secure: Listener, mode: Mode) -> None:
    with pytest.raises(CertificateRefused, match="certificate") as caught:
        ask(mode, f"https://127.0.0.1:{secure.port}", verify=True)
    assert caught.value.sent == "no"
    assert secure.lines == []


def test_a_certificate_of_another_name_is_refused_at_once(secure: Listener, authority: Authority, mode: Mode) -> None:
    """Trying again changes nothing: with many attempts and long delays, this would take minutes."""
    with pytest.raises(CertificateRefused):
        ask(
            mode,
            f"https://localhost:{secure.port}",
            verify=str(authority.certificate),
            retry=RetryPolicy(attempts=9, first_delay=60.0, max_delay=60.0),
        )


def test_the_environment_may_name_authorities(
    secure: Listener, authority: Authority, mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    assert ask(mode, f"https://127.0.0.1:{secure.port}", verify=True) == 40


@pytest.mark.parametrize("content", [None, b"not a certificate"], ids=["missing", "nonsense"])
def test_a_file_without_authorities_is_refused(mode: Mode, tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "authorities.pem").write_bytes(content)
    with pytest.raises(UsageError, match=r"authorities\.pem"):
        ask(mode, "https://panel.example.com", verify=str(tmp_path / "authorities.pem"))


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_https_goes_through_the_proxy_of_the_environment(
    secure: Listener, authority: Authority, mode: Mode, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with listening(tunnel_to(secure.port)) as proxy:
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert ask(mode, "https://panel.invalid", verify=str(authority.certificate)) == 40
        assert proxy.lines == ["CONNECT panel.invalid:443 HTTP/1.1"]
        assert TOKEN.encode() not in b"".join(proxy.heads)
        assert secure.lines == [f"POST {STATUS} HTTP/1.1"]


@pytest.mark.parametrize("address", ["http://127.0.0.1:{}", "127.0.0.1:{}", "http://user:secret@127.0.0.1:{}"])
def test_http_goes_through_the_proxy_of_the_environment(
    mode: Mode, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    with listening(answer_status) as proxy:
        monkeypatch.setenv("http_proxy", address.format(proxy.port))
        assert ask(mode, HIDDEN) == 40
        assert proxy.lines == [f"POST {HIDDEN}{STATUS} HTTP/1.1"]
        credentials = base64.b64encode(b"user:secret") in proxy.heads[0]
        assert credentials is ("secret" in address)


@pytest.mark.parametrize(
    ("base_url", "exceptions", "excepted"),
    [
        ("https://panel.example.com", "panel.example.com", True),
        ("https://panel.example.com", "example.com", True),
        ("https://panel.example.com", ".example.com", True),
        ("https://panel.example.com", "other.org, panel.example.com:443", True),
        ("https://panel.example.com", "*", True),
        ("https://panel.example.com", "panel.example.com:8443", False),
        ("https://panel.example.com", "other.org", False),
        ("http://[2001:db8::1]:8080", "2001:db8::1", True),
        ("http://[2001:db8::1]:8080", "2001:db8::2", False),
        ("http://192.0.2.1", "192.0.2.1", True),
    ],
)
def test_a_panel_can_be_excepted_from_the_proxy(
    monkeypatch: pytest.MonkeyPatch, base_url: str, exceptions: str, excepted: bool
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", exceptions)
    line = credential_line(base_url, TOKEN, None, "json", "body")
    assert (proxy_for(line.panel.api) is None) is excepted


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "[::1]", "localhost"])
def test_a_panel_on_this_machine_is_asked_directly(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    assert proxy_for(credential_line(f"http://{host}:8080", TOKEN, None, "json", "body").panel.api) is None


def test_a_proxy_that_is_down_is_a_failed_connection(mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with pytest.raises(ConnectFailed) as caught:
        ask(mode, HIDDEN)
    assert caught.value.sent == "no"


def test_another_scheme_s_proxy_is_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    assert proxy_for(credential_line("http://panel.example.com", TOKEN, None, "json", "body").panel.api) is None


@pytest.mark.parametrize(
    ("base_url", "panel_url", "exceptions", "by_proxy"),
    [
        ("https://api.example.com", "http://127.0.0.1:8080", "", (True, False)),
        ("https://api.example.com", "http://files.internal:8080", "files.internal", (True, False)),
        ("https://api.internal", "https://files.example.com", "api.internal", (False, True)),
        ("https://api.example.com", "https://files.example.com", "", (True, True)),
        ("http://[::1]:8080", "http://[::1]:8081", "", (False, False)),
    ],
)
def test_links_go_by_a_proxy_of_their_own_or_by_none(
    monkeypatch: pytest.MonkeyPatch, base_url: str, panel_url: str, exceptions: str, by_proxy: tuple[bool, bool]
) -> None:
    """What the environment says of the API's address says nothing of another one that links lead to."""
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", exceptions)
    line = credential_line(base_url, TOKEN, panel_url, "json", "body")
    with make_client(line, None, timeout=1, verify=False, agent="test") as client:
        ways: list[Any] = [
            client._transport_for_url(httpx.URL(f"{base_url}{STATUS}")),
            client._transport_for_url(httpx.URL(f"{panel_url}/api/download/1/a.csv")),
        ]
    assert tuple(isinstance(way._inner._pool, httpcore.HTTPProxy) for way in ways) == by_proxy
    assert [way._direct for way in ways] == [not proxied for proxied in by_proxy]
