"""The httpx transports that put the credential line under a client, and the settings of that client."""

from __future__ import annotations

import ssl
import urllib.request
from collections.abc import AsyncIterator, Iterable, Iterator
from ipaddress import ip_address
from typing import Final, cast

import httpx

from profile_export import _bodies, _body_reader
from profile_export._credentials import CredentialLine, Unforeseen, is_download
from profile_export._deadline import Deadline
from profile_export._pace import Steady
from profile_export._places import ALL, AsyncPlaces, Place, Places
from profile_export._transfer import Origin
from profile_export.errors import ExportError, UsageError

CONNECT_TIMEOUT: Final = 10.0
ALL_ADDRESSES: Final = "all://"

Verify = bool | str | ssl.SSLContext


class SyncTransport(httpx.BaseTransport):
    """The credential line over a blocking transport."""

    def __init__(self, line: CredentialLine, inner: httpx.BaseTransport, *, direct: bool = False) -> None:
        self._line = line
        self._inner = inner
        self._direct = direct
        self._places = Places()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Signs, sends, and reads the answer; a download's body is left to be streamed."""
        try:
            outcome = self._exchange(request)
        except Exception as error:  # noqa: BLE001 - every bug, whatever it is called
            raise Unforeseen(error) from None
        except BaseException as interruption:  # noqa: BLE001 - raised again
            # A Ctrl-C, or a cancellation: the frames that it came through hold the signed request.
            raise interruption.with_traceback(None) from None
        if isinstance(outcome, ExportError):
            raise outcome
        return outcome

    def _exchange(self, request: httpx.Request) -> httpx.Response | ExportError:
        """The answer or the failure; not raised here, where a traceback would hold the answer as it came."""
        place = response = streaming = None
        body = None
        try:
            place = self._places.take(request)
            deadline = Deadline(_bodies.patience(request))
            response = self._inner.handle_request(deadline.watch(self._line.sign(request)))
            if is_download(request):
                stream = _SyncStream(self._line, response, deadline, place, direct=self._direct)
                streaming = _streaming(self._line, response, stream)
                return streaming
            body = _bodies.read(response, deadline)
            return self._line.read(request, response, body)
        except (httpx.RequestError, ExportError) as error:
            return self._line.failure(error, response, body)
        finally:
            if place is not None and streaming is None:
                place.leave()

    def close(self) -> None:
        """Closes the transport below."""
        self._inner.close()


class _SyncStream(httpx.SyncByteStream):
    """A download's bytes as they are on the wire; failures leave as this package's errors."""

    def __init__(
        self, line: CredentialLine, response: httpx.Response, deadline: Deadline, place: Place, *, direct: bool
    ) -> None:
        self._line = line
        self._response = response
        self._deadline = deadline
        self._place = place
        self._direct = direct

    def __iter__(self) -> Iterator[bytes]:
        try:
            if self._response.is_stream_consumed:
                # A transport of the caller's has read it already, to record or to cache it.
                yield self._response.content
            else:
                yield from _bodies.paced(self._pieces(), Steady(self._deadline.seconds), self._deadline)
        except httpx.RequestError as error:
            failure = self._line.failure(error)
        else:
            return
        raise failure

    def _pieces(self) -> Iterable[bytes]:
        if not self._direct:
            return cast("httpx.SyncByteStream", self._response.stream)
        # httpx hands them on as they are.
        return cast("Iterable[bytes]", _body_reader.pieces(self._response, self._deadline.seconds))

    def close(self) -> None:
        try:
            self._response.close()
        finally:
            self._place.leave()


class AsyncTransport(httpx.AsyncBaseTransport):
    """The credential line over an asynchronous transport."""

    def __init__(self, line: CredentialLine, inner: httpx.AsyncBaseTransport) -> None:
        self._line = line
        self._inner = inner
        self._places = AsyncPlaces()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Signs, sends, and reads the answer; a download's body is left to be streamed."""
        try:
            outcome = await self._exchange(request)
        except Exception as error:  # noqa: BLE001 - every bug, whatever it is called
            raise Unforeseen(error) from None
        except BaseException as interruption:  # noqa: BLE001 - raised again
            # A Ctrl-C, or a cancellation: the frames that it came through hold the signed request.
            raise interruption.with_traceback(None) from None
        if isinstance(outcome, ExportError):
            raise outcome
        return outcome

    async def _exchange(self, request: httpx.Request) -> httpx.Response | ExportError:
        """The answer or the failure; not raised here, where a traceback would hold the answer as it came."""
        place = response = streaming = None
        body = None
        try:
            place = await self._places.take(request)
            deadline = Deadline(_bodies.patience(request))
            response = await self._inner.handle_async_request(deadline.awatch(self._line.sign(request)))
            if is_download(request):
                streaming = _streaming(self._line, response, _AsyncStream(self._line, response, deadline, place))
                return streaming
            body = await _bodies.aread(response, deadline)
            return self._line.read(request, response, body)
        except (httpx.RequestError, ExportError) as error:
            return self._line.failure(error, response, body)
        finally:
            if place is not None and streaming is None:
                place.leave()

    async def aclose(self) -> None:
        """Closes the transport below."""
        await self._inner.aclose()


class _AsyncStream(httpx.AsyncByteStream):
    """The asynchronous twin of `_SyncStream`."""

    def __init__(self, line: CredentialLine, response: httpx.Response, deadline: Deadline, place: Place) -> None:
        self._line = line
        self._response = response
        self._deadline = deadline
        self._place = place

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            if self._response.is_stream_consumed:
                yield self._response.content
            else:
                stream = cast("httpx.AsyncByteStream", self._response.stream)
                async for chunk in _bodies.apaced(stream, Steady(self._deadline.seconds), self._deadline):
                    yield chunk
        except httpx.RequestError as error:
            failure = self._line.failure(error)
        else:
            return
        raise failure

    async def aclose(self) -> None:
        try:
            await self._response.aclose()
        finally:
            self._place.leave()


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
    if transport is not None and not isinstance(cast("object", transport), httpx.BaseTransport):
        raise UsageError(
            "transport is an httpx.BaseTransport here, and an httpx.AsyncBaseTransport in the async client"
        )
    if transport is None:
        ways = _ways(line, context=tls_context(line, verify))
    else:
        # Another's transport may do anything with a body.
        ways = {ALL_ADDRESSES: SyncTransport(line, transport)}
    return httpx.Client(
        transport=ways.pop(ALL_ADDRESSES),
        mounts=ways,
        base_url=base_url,
        timeout=request_timeout(timeout),
        headers={"User-Agent": agent, "Accept-Encoding": _bodies.ACCEPT_ENCODING},
        # No redirect is followed unseen, and no .netrc gives away another secret.
        follow_redirects=False,
        trust_env=False,
    )


def _ways(line: CredentialLine, *, context: ssl.SSLContext | bool) -> dict[str, SyncTransport]:
    """The way of links, where they lead elsewhere, and that of all else: each by a proxy of its own, or by none."""

    def way(origin: Origin) -> SyncTransport:
        proxy = proxy_for(origin)
        # A proxy's connection may be wrapped in any way.
        network = httpx.HTTPTransport(verify=context, proxy=proxy, limits=LIMITS)
        return SyncTransport(line, network, direct=proxy is None)

    api, home = line.panel.api, line.panel.home
    return {ALL_ADDRESSES: way(api)} if home == api else {str(home): way(home), ALL_ADDRESSES: way(api)}


def make_async_clients(
    line: CredentialLine, transport: httpx.AsyncBaseTransport | None, *, timeout: float, verify: Verify, agent: str
) -> tuple[httpx.AsyncClient, httpx.Client | None]:
    """The asynchronous client of one panel, and the blocking one for its files where no `transport` is given.

    They share what is known about certificates, which takes the longest to load.
    """
    base_url = _parsed(line.panel.base_url)
    if transport is not None and not isinstance(cast("object", transport), httpx.AsyncBaseTransport):
        raise UsageError(
            "transport is an httpx.AsyncBaseTransport here, and an httpx.BaseTransport in the other client"
        )
    files = None
    if transport is None:
        context = tls_context(line, verify)
        # Links are followed by the other client.
        transport = httpx.AsyncHTTPTransport(verify=context, proxy=proxy_for(line.panel.api), limits=LIMITS)
        files = make_client(line, None, timeout=timeout, verify=context, agent=agent)
    client = httpx.AsyncClient(
        transport=AsyncTransport(line, transport),
        base_url=base_url,
        timeout=request_timeout(timeout),
        headers={"User-Agent": agent, "Accept-Encoding": _bodies.ACCEPT_ENCODING},
        follow_redirects=False,
        trust_env=False,
    )
    return client, files


def _parsed(base_url: str) -> httpx.URL:
    try:
        return httpx.URL(base_url)
    except httpx.InvalidURL:
        raise UsageError("base_url is not a URL", hints=("it looks like https://panel.example.com",)) from None


# A connection serves one request. What a server sends behind an answer would be taken for the next answer, and a
# connection that died meanwhile would leave a create in doubt; at a question a second or less, new ones cost nothing.
LIMITS: Final = httpx.Limits(max_connections=ALL, max_keepalive_connections=0)


def request_timeout(seconds: float) -> httpx.Timeout:
    """One request's timeouts: `seconds` without a sign of life, fewer to connect; a free connection is waited for."""
    return httpx.Timeout(seconds, connect=min(seconds, CONNECT_TIMEOUT), pool=None)


def tls_context(line: CredentialLine, verify: Verify) -> ssl.SSLContext | bool:
    """How the panel's certificate is checked: by the usual authorities, by those in a file, or as the caller says.

    Raises:
        UsageError: The file can't be read.
    """
    if isinstance(verify, ssl.SSLContext):
        return verify
    if isinstance(verify, bool) and all(origin.scheme == "http" for origin in line.panel.allowed):
        # Reading the authorities takes longer than all the rest; nothing here will ever ask them.
        return False
    if isinstance(verify, bool):
        return httpx.create_ssl_context(verify=verify)
    try:
        return ssl.create_default_context(cafile=verify)
    except OSError as error:
        raise UsageError(f"can't read certificates from {verify}: {error.strerror or error}") from None


def proxy_for(origin: Origin) -> httpx.Proxy | None:
    """The proxy that the environment names for an address; httpx looks for one only where it owns the transport.

    A panel on this machine, such as the sandbox, is asked directly: a proxy elsewhere would ask itself, with the token.

    Raises:
        UsageError: It is not a proxy that can be used. The message doesn't repeat it: it may hold a password.
    """
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
