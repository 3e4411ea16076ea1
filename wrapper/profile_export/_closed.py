"""Says that a client is closed, before it is used and where that was done in the midst of it.

httpx says it by a bare RuntimeError, or by whatever a connection meets that is taken away.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator

import httpx

from profile_export.errors import UsageError


def refuse_closed(http: httpx.Client | httpx.AsyncClient) -> None:
    """Looks whether the client may be used.

    Raises:
        UsageError: It is closed.
    """
    if http.is_closed:
        raise closed()


def closed() -> UsageError:
    """The error for every use of a closed client."""
    return UsageError("this client is closed")


@contextlib.contextmanager
def using(http: httpx.Client | httpx.AsyncClient) -> Generator[None]:
    """Around one use of the client.

    Raises:
        UsageError: It is closed, or was closed meanwhile and something failed then.
    """
    refuse_closed(http)
    try:
        yield
    except Exception:
        if http.is_closed:
            raise closed() from None
        raise
