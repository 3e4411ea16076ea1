"""The way to a live panel: certificates, proxy and connections as the client itself has them."""

from __future__ import annotations

import httpx

from profile_export._credentials import CredentialLine
from profile_export._secrets import Secret
from profile_export._transfer import parse_panel
from profile_export._transport import LIMITS, proxy_for, tls_context


def transport_for(base_url: str) -> httpx.BaseTransport:
    """The transport below the line. It learns the panel's address, and no token but in the requests it sends."""
    line = CredentialLine(parse_panel(base_url, None), Secret("none"))
    return httpx.HTTPTransport(verify=tls_context(line, verify=True), proxy=proxy_for(line.panel.api), limits=LIMITS)
