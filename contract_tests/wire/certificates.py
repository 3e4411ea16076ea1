"""A throw-away authority and a certificate for the loopback, made when a test needs them."""

from __future__ import annotations

import ssl
from pathlib import Path

import attrs
import trustme


@attrs.frozen
class Authority:
    """A private certificate authority: the file that clients are told, and the certificate of a server under it."""

    certificate: Path
    _leaf: trustme.LeafCert

    @classmethod
    def make(cls, folder: Path) -> Authority:
        authority = trustme.CA()
        certificate = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(certificate))
        return cls(certificate, authority.issue_cert("127.0.0.1", "panel.invalid"))

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._leaf.configure_cert(context)
        return context
