"""What the page about the credential line (credential-line.md) says of httpx is so: where tokens come to light."""

from __future__ import annotations

from collections.abc import Generator

import httpx
import pytest

from contract_tests.docs.code import ROOT, TOKEN

PAGE = (ROOT / "docs/explanation/credential-line.md").read_text(encoding="utf-8")
URL = "https://panel.example.com/file"


class InAuth(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.url = request.url.copy_merge_params({"token": TOKEN})
        yield request


class InTransport(httpx.BaseTransport):
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        signed = httpx.Request(request.method, request.url.copy_merge_params({"token": TOKEN}))
        assert TOKEN in str(signed.url)
        return httpx.Response(500)


@pytest.mark.parametrize(
    ("row", "params", "auth", "transport"),
    [
        ("into the URL, by the caller", {"token": TOKEN}, None, httpx.MockTransport(lambda _: httpx.Response(500))),
        ("by an `httpx.Auth`", None, InAuth(), httpx.MockTransport(lambda _: httpx.Response(500))),
        ("in a transport, below the client", None, None, InTransport()),
    ],
)
def test_the_table_of_what_httpx_shows(
    caplog: pytest.LogCaptureFixture,
    row: str,
    params: dict[str, str] | None,
    auth: httpx.Auth | None,
    transport: httpx.BaseTransport,
) -> None:
    caplog.set_level("INFO", "httpx")
    with httpx.Client(transport=transport) as client:
        response = client.get(URL, params=params, auth=auth)
    with pytest.raises(httpx.HTTPStatusError) as caught:
        response.raise_for_status()
    places = [caplog.text, f"{caught.value}{caught.value!r}", f"{response.request!r}"]
    shown = ["shown" if TOKEN in place else "not shown" for place in places]
    assert f"| {row} | {' | '.join(shown)} |" in PAGE
