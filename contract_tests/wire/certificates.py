"""A throw-away authority and a certificate for the loopback, made by the openssl command when a test needs them."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import attrs


@attrs.frozen
class Authority:
    """Files of a private certificate authority, which is also the server's own certificate."""

    certificate: Path
    key: Path

    @classmethod
    def make(cls, folder: Path) -> Authority:
        made = cls(folder / "authority.pem", folder / "key.pem")
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
                *("-keyout", str(made.key), "-out", str(made.certificate), "-days", "2", "-subj", "/CN=panel.invalid"),
                *("-addext", "subjectAltName=IP:127.0.0.1,DNS:panel.invalid"),
            ],
            check=True,
            capture_output=True,
        )
        return made

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context
