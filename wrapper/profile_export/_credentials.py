"""The credential line: below it requests carry the token, above it nothing does.

Requests come down with a placeholder. Here the origin is checked and the token put where the authentication mode wants
it, last. Answers go up as JSON with the token masked; failures go up as this package's errors, raised here anew, so
that no traceback holds a frame which saw the token. (Measured: with the token in the URL or added by an `httpx.Auth`,
httpx writes it to its INFO log, its exceptions and reprs; added in a transport, it appears in none of them.)

The wire format is decided here too: bodies are JSON above the line, JSON or XML below it.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import attrs
import httpx

from profile_export import _xml
from profile_export._envelope import JSON_BOM, Answer, may_be_ours, read_answer
from profile_export._secrets import Secret
from profile_export._transfer import Panel, origin_of
from profile_export._xml_tree import XmlError
from profile_export.errors import (
    CertificateRefused,
    ConnectFailed,
    ContractError,
    ExportError,
    RequestTimeout,
    ResponseLost,
    UnsafeLink,
    UsageError,
)
from profile_export.types import AuthMode, WireFormat
from profile_export_api.xml_shapes import SHAPES

PLACEHOLDER: Final = "the-token-is-added-by-the-transport"
# The shape of a refusal, which may come in place of a file.
ENVELOPE_SHAPE: Final = SHAPES["/api/download/{file_id}/{file_name}"]["answer"]
UNREACHED: Final = "check the base URL, the network, and the proxy if there is one"
# What OpenSSL makes of an answer in plain HTTP.
NO_TLS: Final = "something answers there without TLS: is it http://, or another port?"
LOCATION: Final = "profile_export.location"
MEDIA_TYPES: Final[Mapping[WireFormat, str]] = {"json": "application/json", "xml": "application/xml"}


class Unforeseen(Exception):
    """An error that is none of the network's and none of the panel's: a bug, here or in a transport of the caller's.

    It carries the error past the generated client, whose own errors about an answer's shape look the same.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


@attrs.frozen
class CredentialLine:
    """What is the same for both transports: signing requests, reading answers, naming failures."""

    panel: Panel
    token: Secret
    auth: AuthMode = "body"
    wire_format: WireFormat = "json"

    def sign(self, request: httpx.Request) -> httpx.Request:
        """The request as it goes out.

        Raises:
            UnsafeLink: It doesn't go to the panel.
            UsageError: It can't be said in the wire format.
        """
        if origin_of(str(request.url)) not in self.panel.allowed:
            raise UnsafeLink("a request would have left the panel; the token was not sent")
        headers = httpx.Headers(request.headers)
        if self.auth == "bearer":
            headers["Authorization"] = f"Bearer {self.token.reveal()}"
        if is_download(request):
            return httpx.Request("GET", self._signed_url(request.url), headers=headers, extensions=request.extensions)
        for name in ("Content-Length", "Transfer-Encoding"):
            headers.pop(name, None)
        headers["Content-Type"] = headers["Accept"] = MEDIA_TYPES[self.wire_format]
        body = self._signed_body(request)
        return httpx.Request("POST", request.url, headers=headers, content=body, extensions=request.extensions)

    def _signed_url(self, url: httpx.URL) -> httpx.URL:
        """The link with `?token=` in body mode; a token that the panel put there is replaced."""
        parts = [part for part in url.query.split(b"&") if part and not part.startswith(b"token=")]
        if self.auth == "body":
            parts.append(b"token=" + quote(self.token.reveal(), safe="").encode())
        return url.copy_with(query=b"&".join(parts) or None)

    def _signed_body(self, request: httpx.Request) -> bytes:
        members: dict[str, Any] = json.loads(request.content)
        members.pop("token", None)  # a contract that knows the header alone has no such member
        if self.auth == "body":
            members = {"token": self.token.reveal(), **members}
        if self.wire_format == "json":
            return json.dumps(members, ensure_ascii=False).encode()
        try:
            return _xml.encode(members, SHAPES[self._operation(request)]["request"])
        except _xml.XmlEncodingError as error:
            raise UsageError(f"the request can't be said in XML: {error}") from None

    def _operation(self, request: httpx.Request) -> str:
        """The contract's path that a request is for: its own without the base URL's."""
        return next(path for path in SHAPES if request.url.path.endswith(path))

    def read(self, request: httpx.Request, response: httpx.Response, body: bytes) -> httpx.Response:
        """An answer as the generated client wants it: a success envelope in JSON, under a standard status.

        Raises:
            ExportError: It is a refusal, or no answer of this API.
        """
        content_type = response.headers.get("Content-Type", "")
        retry_after = response.headers.get("Retry-After")
        answer = Answer(response.status_code, self.token.mask(content_type), retry_after, body)
        envelope = read_answer(answer, lambda document: self._read_xml(request, document), mask=self.token.mask)
        try:
            # Half a pair of surrogates is no text: it could be neither printed nor written to a file.
            content = json.dumps(self.token.mask_within(envelope), ensure_ascii=False).encode(errors="replace")
        except RecursionError:
            raise ContractError("the answer is nested too deeply") from None
        return httpx.Response(200, content=content, headers={"Content-Type": "application/json"}, request=request)

    def head(self, response: httpx.Response) -> tuple[httpx.Headers, dict[str, Any]]:
        """Headers and extensions of a download's answer, masked: a panel may repeat the token in a `Location`.

        A `Location` goes among the extensions, because httpx would read it, and stumble over a bad one, though it is
        not to follow it. Cookies are no part of this API.
        """
        masked = [(name, self.token.mask_within(text)) for name, text in response.headers.multi_items()]
        # Names of files are often in other letters than ASCII's.
        headers = httpx.Headers(masked, encoding=response.headers.encoding)
        location = headers.pop("Location", None)
        headers.pop("Set-Cookie", None)
        return headers, {**response.extensions, LOCATION: location}

    def _read_xml(self, request: httpx.Request, document: bytes) -> dict[str, Any]:
        try:
            return _xml.decode(document, SHAPES[self._operation(request)]["answer"])
        except XmlError as error:
            if error.path:
                raise ContractError(f"the answer doesn't fit the contract: {error}") from None
            raise

    def read_envelope(self, body: bytes) -> dict[str, Any] | None:
        """The error envelope that came in place of a file, or None where `body` is none."""
        is_xml = body.removeprefix(JSON_BOM).lstrip()[:1] == b"<"
        try:
            decoded: Any = _xml.decode(body, ENVELOPE_SHAPE) if is_xml else json.loads(body)
            masked: Any = self.token.mask_within(decoded)
        except (ValueError, RecursionError):
            return None
        return masked if isinstance(masked, dict) and "error" in masked else None  # pyright: ignore[reportUnknownVariableType]

    def masked(self, error: ExportError) -> ExportError:
        """The error, with the token masked in all that it says."""
        for name, value in vars(error).items():
            if isinstance(value, str):
                setattr(error, name, self.token.mask(value))
        error.args = tuple(self.token.mask(part) if isinstance(part, str) else part for part in error.args)
        return error

    def failure(
        self, error: httpx.RequestError | ExportError, response: httpx.Response | None = None, body: bytes | None = None
    ) -> ExportError:
        """This package's error, masked, with no memory of the frames it came through: they saw the token.

        `response` is the answer that it is about, if one came, and `body` the whole of it, if it could be read.
        """
        found = self._named(error)
        if isinstance(found, ContractError) and response is not None:
            found.accepted = response.is_success and may_be_ours(response.headers.get("Content-Type", ""), body)
        return found

    def _named(self, error: httpx.RequestError | ExportError) -> ExportError:
        if isinstance(error, ExportError):
            error.__cause__ = error.__context__ = None
            return self.masked(error).with_traceback(None)
        words = self.token.mask(str(error)) or type(error).__name__
        where = self.panel.api
        if isinstance(error, httpx.DecodingError):
            return ContractError(f"the answer's compression is broken: {words}")
        if is_about_certificate(error):
            return CertificateRefused(
                f"can't connect to {where}: {words}",
                hints=("behind a private authority, or a proxy that looks into TLS: name its file of certificates",),
            )
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError | httpx.UnsupportedProtocol):
            hint = NO_TLS if "WRONG_VERSION_NUMBER" in words else UNREACHED
            return ConnectFailed(f"can't connect to {where}: {words}", hints=(hint,))
        if isinstance(error, httpx.PoolTimeout):
            return ConnectFailed(f"no free connection to {where} in time")
        if isinstance(error, httpx.TimeoutException):
            return RequestTimeout(f"{where} didn't answer in time", hints=("try again later",))
        return ResponseLost(f"the connection to {where} broke: {words}", hints=("try again",))


def is_about_certificate(error: BaseException) -> bool:
    """Whether the certificate was refused here; httpx passes the reason on as the error's cause only."""
    causes: list[BaseException] = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None and cause not in causes:
        causes.append(cause)
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes)


def is_download(request: httpx.Request) -> bool:
    """Whether a request is for a file, whose answer streams; all other requests are calls with an envelope."""
    return request.method == "GET"
