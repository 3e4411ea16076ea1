"""Who may ask: the token from the body, the download's query, or the Authorization header."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from starlette.requests import Request

from profile_export.sandbox.envelope import PanelError
from profile_export.sandbox.settings import SandboxSettings


def check_api(request: Request, body_token: str | None, settings: SandboxSettings) -> None:
    """Accept a POST, or raise error 401 or 403 under HTTP 200, as the API answers its errors."""
    error = _judge(_tokens(request, [body_token] if body_token else [], settings), settings.token)
    if error is not None:
        raise error


def check_download(request: Request, settings: SandboxSettings) -> None:
    """Accept a download, or raise an error with HTTP's own status: a saved error page is no export."""
    in_query = [token for token in request.query_params.getlist("token") if token]
    tokens = _tokens(request, in_query, settings)
    error = _judge(tokens, settings.token)
    if error is not None:
        headers = {"WWW-Authenticate": 'Bearer realm="sandbox"'} if not tokens else None
        raise PanelError(error.error, error.text, http_status=error.error, headers=headers)


def _tokens(request: Request, documented: Sequence[str], settings: SandboxSettings) -> list[str]:
    """All tokens that count. A place that the setting excludes isn't looked at, as on a panel that doesn't know it."""
    tokens = list(documented) if settings.auth != "bearer" else []
    if settings.auth != "body":
        for header in request.headers.getlist("authorization"):
            scheme, _, token = header.partition(" ")
            if scheme.lower() == "bearer" and token.strip():
                tokens.append(token.strip())
    return tokens


def _judge(tokens: Sequence[str], expected: str) -> PanelError | None:
    if not tokens:
        return PanelError(401, "Token required")
    # Every token must be right: a valid one doesn't excuse a wrong one beside it.
    matches = [hmac.compare_digest(token.encode(), expected.encode()) for token in tokens]
    return None if all(matches) else PanelError(403, "No access")
