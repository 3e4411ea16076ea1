"""The httpx transports that put the credential line under a client, and the settings of that client."""

from __future__ import annotations

import ssl
import urllib.request
from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_address
from typing import Final, cast

import attrs
import httpx

from profile_export._credentials import CredentialLine, is_download
from profile_export.errors import ContractError, ExportError, UsageError

# An envelope with thousands of links stays far below; more is no answer of this API.
LONGEST_ANSWER: Final = 10 * 2**20
CONNECT_TIMEOUT: Final = 10.0

Verify = bool | str | ssl.SSLContext


@attrs.define
class _Body:
    """An answer's body as it comes, up to the longest that is read."""

    _chunks: bytearray = attrs.field(factory=bytearray)

    def feed(self, chunk: bytes) -> None:
        self._chunks += chunk
        if len(self._chunks) > LONGEST_ANSWER:
            raise ContractError(f"the answer is longer than {LONGEST_ANSWER} bytes")

    def whole(self) -> bytes:
        return bytes(self._chunks)


class SyncTransport(httpx.BaseTransport):
    """The credential line over a blocking transport."""

    def __init__(self, line: CredentialLine, inner: httpx.BaseTransport) -> None:
        self._line = line
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Signs, sends, and reads the answer; a download's body is left to be streamed."""
        outcome = self._exchange(request)
        if isinstance(outcome, ExportError):
            raise outcome
        return outcome

    def _exchange(self, request: httpx.Request) -> httpx.Response | ExportError:
        """The answer or the failure; not raised here, where a traceback would hold the answer as it came."""
        try:
            response = self._inner.handle_request(self._line.sign(request))
            if is_download(request):
                return _streaming(self._line, response, _SyncStream(self._line, response))
            return self._line.read(request, response, _read(response))
        except (httpx.RequestError, ExportError) as error:
            return self._line.failure(error)

    def close(self) -> None:
        """Closes the transport below."""
        self._inner.close()


def _read(response: httpx.Response) -> bytes:
    body = _Body()
    try:
        for chunk in response.iter_bytes():
            body.feed(chunk)
    finally:
        response.close()
    return body.whole()


class _SyncStream(httpx.SyncByteStream):
    """A download's bytes as they are on the wire; failures leave as this package's errors."""

    def __init__(self, line: CredentialLine, response: httpx.Response) -> None:
        self._line = line
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        try:
            if self._response.is_stream_consumed:
                # A transport of the caller's has read it already, to record or to cache it.
                yield self._response.content
            else:
                yield from cast("httpx.SyncByteStream", self._response.stream)
        except httpx.RequestError as error:
            failure = self._line.failure(error)
        else:
            return
        raise failure

    def close(self) -> None:
        self._response.close()


class AsyncTransport(httpx.AsyncBaseTransport):
    """The credential line over an asynchronous transport."""

    def __init__(self, line: CredentialLine, inner: httpx.AsyncBaseTransport) -> None:
        self._line = line
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Signs, sends, and reads the answer; a download's body is left to be streamed."""
        outcome = await self._exchange(request)
        if isinstance(outcome, ExportError):
            raise outcome
        return outcome

    async def _exchange(self, request: httpx.Request) -> httpx.Response | ExportError:
        """The answer or the failure; not raised here, where a traceback would hold the answer as it came."""
        try:
            response = await self._inner.handle_async_request(self._line.sign(request))
            if is_download(request):
                return _streaming(self._line, response, _AsyncStream(self._line, response))
            return self._line.read(request, response, await _aread(response))
        except (httpx.RequestError, ExportError) as error:
            return self._line.failure(error)

    async def aclose(self) -> None:
        """Closes the transport below."""
        await self._inner.aclose()


async def _aread(response: httpx.Response) -> bytes:
    body = _Body()
    try:
        async for chunk in response.aiter_bytes():
            body.feed(chunk)
    finally:
        await response.aclose()
    return body.whole()


class _AsyncStream(httpx.AsyncByteStream):
    """The asynchronous twin of `_SyncStream`."""

    def __init__(self, line: CredentialLine, response: httpx.Response) -> None:
        self._line = line
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            if self._response.is_stream_consumed:
                yield self._response.content
            else:
                async for chunk in cast("httpx.AsyncByteStream", self._response.stream):
                    yield chunk
        except httpx.RequestError as error:
            failure = self._line.failure(error)
        else:
            return
        raise failure

    async def aclose(self) -> None:
        await self._response.aclose()


def _streaming(
    line: CredentialLine, response: httpx.Response, stream: httpx.SyncByteStream | httpx.AsyncByteStream
) -> httpx.Response:
    headers, extensions = line.head(response)
    return httpx.Response(response.status_code, headers=headers, stream=stream, extensions=extensions)


def make_client(
    line: CredentialLine, transport: httpx.BaseTransport | None, *, timeout: float, verify: Verify, agent: str
) -> httpx.Client:
    """The blocking client of one panel; `transport` takes the place of the network."""
    base_url = _parsed(line.panel.base_url)
    if transport is None:
        transport = httpx.HTTPTransport(verify=tls_context(verify), proxy=proxy_for(line), limits=LIMITS)
    return httpx.Client(
        transport=SyncTransport(line, transport),
        base_url=base_url,
        timeout=request_timeout(timeout),
        headers={"User-Agent": agent},
        # No redirect is followed unseen, and no .netrc gives away another secret.
        follow_redirects=False,
        trust_env=False,
    )


def make_async_client(
    line: CredentialLine, transport: httpx.AsyncBaseTransport | None, *, timeout: float, verify: Verify, agent: str
) -> httpx.AsyncClient:
    """The asynchronous twin of `make_client`."""
    base_url = _parsed(line.panel.base_url)
    if transport is None:
        transport = httpx.AsyncHTTPTransport(verify=tls_context(verify), proxy=proxy_for(line), limits=LIMITS)
    return httpx.AsyncClient(
        transport=AsyncTransport(line, transport),
        base_url=base_url,
        timeout=request_timeout(timeout),
        headers={"User-Agent": agent},
        follow_redirects=False,
        trust_env=False,
    )


def _parsed(base_url: str) -> httpx.URL:
    try:
        return httpx.URL(base_url)
    except httpx.InvalidURL:
        raise UsageError("base_url is not a URL", hints=("it looks like https://panel.example.com",)) from None


LIMITS: Final = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=60.0)


def request_timeout(seconds: float) -> httpx.Timeout:
    """One request's timeouts: `seconds` without a sign of life, fewer to connect; a free connection is waited for."""
    return httpx.Timeout(seconds, connect=min(seconds, CONNECT_TIMEOUT), pool=None)


def tls_context(verify: Verify) -> ssl.SSLContext:
    """How the panel's certificate is checked: by the usual authorities, by those in a file, or as the caller says.

    Raises:
        UsageError: The file can't be read.
    """
    if isinstance(verify, ssl.SSLContext):
        return verify
    if isinstance(verify, bool):
        return httpx.create_ssl_context(verify=verify)
    try:
        return ssl.create_default_context(cafile=verify)
    except OSError as error:
        raise UsageError(f"can't read certificates from {verify}: {error.strerror or error}") from None


def proxy_for(line: CredentialLine) -> httpx.Proxy | None:
    """The proxy that the environment names for the panel; httpx looks for one only where it owns the transport.

    A panel on this machine, such as the sandbox, is asked directly: a proxy elsewhere would ask itself, with the token.

    Raises:
        UsageError: It is not a proxy that can be used. The message doesn't repeat it: it may hold a password.
    """
    origin = line.panel.api
    if _is_loopback(origin.host) or urllib.request.proxy_bypass(f"{origin.host}:{origin.port}"):
        return None
    proxies = urllib.request.getproxies()
    address = proxies.get(origin.scheme) or proxies.get("all")
    if not address:
        return None
    try:
        proxy = httpx.Proxy(address if "://" in address else f"http://{address}")
    except (ValueError, httpx.InvalidURL):
        proxy = None
    if proxy is None or proxy.url.scheme not in {"http", "https"} or not proxy.url.host:
        raise UsageError(
            "the proxy that the environment names is not an http proxy",
            hints=("look at HTTPS_PROXY, HTTP_PROXY and ALL_PROXY, or add the panel to NO_PROXY",),
        )
    return proxy


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
