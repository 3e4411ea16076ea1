"""Serve the panel over HTTP: in the foreground for people, or in a thread for programs and tests."""

from __future__ import annotations

import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from profile_export.sandbox.app import create_app
from profile_export.sandbox.panel import Panel
from profile_export.sandbox.settings import SandboxSettings

logger = logging.getLogger("profile_export.sandbox")

_STEP_SECONDS = 0.1
_PORTS = range(65_536)
_RETURNING = (signal.SIGINT, signal.SIGTERM)
"""How people stop it; a hangup is told on, since whoever started it is gone."""
_STOP_SECONDS = 2
"""How long a download that is under way may go on after the end has been asked for."""


def serve(
    settings: SandboxSettings,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, then return. `on_ready` gets the URL when requests are accepted.

    SIGHUP ends it as cleanly, and then comes to whoever handles it around this call; one that is ignored stays so.
    A port that is taken, and a data directory that can't be used, raise OSError.
    """
    listener = _listen(host, port)
    try:
        app = create_app(settings)
        try:
            server = _Server(app, _url(listener), on_ready)
            with _log_to_stderr(quiet=settings.quiet):
                server.run(sockets=[listener])
        finally:
            app.state.panel.close()
    finally:
        listener.close()
    if server.hung_up is not None:
        signal.raise_signal(server.hung_up)


def start_sandbox(
    settings: SandboxSettings,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    around: Callable[[ASGIApp], ASGIApp] | None = None,
) -> RunningSandbox:
    """A sandbox in a thread of this process, to be used with `with`. `around` gives the application that is served."""
    return RunningSandbox(settings, host=host, port=port, around=around)


class RunningSandbox:
    """Runs while the `with` block does. `url` and `token` are all that a client needs; `panel` is what is behind."""

    panel: Panel

    def __init__(
        self, settings: SandboxSettings, *, host: str, port: int, around: Callable[[ASGIApp], ASGIApp] | None = None
    ) -> None:
        self._settings = settings
        self._around = around
        self._host = host
        self._port = port

    def __enter__(self) -> Self:
        self._listener = _listen(self._host, self._port)
        try:
            self._app = create_app(self._settings)
        except BaseException:
            self._listener.close()
            raise
        self.panel = self._app.state.panel
        self.url = _url(self._listener)
        self.token = self._settings.token
        ready = threading.Event()
        served = self._app if self._around is None else self._around(self._app)
        self._server = _Server(served, self.url, lambda _: ready.set())
        # A daemon, so that a program that dies in the block doesn't hang on it.
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],), name="sandbox", daemon=True)
        self._thread.start()
        while not ready.wait(_STEP_SECONDS):
            if not self._thread.is_alive():
                self._stop()
                raise RuntimeError("the sandbox did not start; the log of uvicorn.error may say why")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(_STOP_SECONDS + 5)
        self._listener.close()
        self._app.state.panel.close()


class _Server(uvicorn.Server):
    def __init__(self, app: ASGIApp, url: str, on_ready: Callable[[str], None] | None) -> None:
        config = uvicorn.Config(
            app,
            http="h11",
            loop="asyncio",
            ws="none",
            lifespan="off",
            # uvicorn's own access log would show the query, and with it the token.
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=_STOP_SECONDS,
        )
        super().__init__(config)
        self._url = url
        self._on_ready = on_ready
        self.hung_up: int | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._on_ready is not None:
            self._on_ready(self._url)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        # uvicorn raises the signal again at the end; a SIGTERM would then kill the process before it has cleaned up.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        # What a handler of others raised in the middle of a request would end that request, and not the server.
        before = {number: signal.signal(number, self._end) for number in _signals()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _end(self, number: int, frame: FrameType | None) -> None:
        if number not in _RETURNING:
            self.hung_up = number
        self.handle_exit(number, frame)


def _signals() -> list[int]:
    # Windows has no SIGHUP; nohup has it ignored, and means it.
    hangup: int | None = getattr(signal, "SIGHUP", None)
    if hangup is None or signal.getsignal(hangup) == signal.SIG_IGN:
        return [*_RETURNING]
    return [*_RETURNING, hangup]


def _listen(host: str, port: int) -> socket.socket:
    if port not in _PORTS:
        raise ValueError(f"port must be from 0 to 65535, not {port}")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        try:
            if sys.platform != "win32":
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(socket.SOMAXCONN)
        except BaseException:
            listener.close()
            raise
    except OSError as error:
        raise OSError(error.errno, f"can't listen on {host}, port {port}: {error.strerror}") from error
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def _log_to_stderr(*, quiet: bool) -> Generator[None]:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING if quiet else logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
