"""Fixtures: a mocked panel for each way to speak to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import respx

from contract_tests.wire.dialogue import FORMATS, MODES, PLAIN, STYLES, Mode, Panel
from profile_export import _splits


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxies of whoever runs the tests are not part of them."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of a test are worth splitting."""
    monkeypatch.setattr(_splits, "SMALLEST_RANGE", 1024)


@pytest.fixture(params=MODES, ids=str)
def mode(request: pytest.FixtureRequest) -> Mode:
    """Four ways, in which any two of format, authentication and style meet."""
    found: Mode = request.param
    return found


@pytest.fixture(params=FORMATS, ids=str)
def format_mode(request: pytest.FixtureRequest) -> Mode:
    """Both formats and both styles, where authentication makes no difference."""
    found: Mode = request.param
    return found


@pytest.fixture(params=STYLES, ids=str)
def style_mode(request: pytest.FixtureRequest) -> Mode:
    """Both styles, where the format makes no difference either."""
    found: Mode = request.param
    return found


@pytest.fixture
def router() -> Iterator[respx.MockRouter]:
    with respx.mock(assert_all_called=False) as router:
        yield router


@pytest.fixture
def panel(router: respx.MockRouter, request: pytest.FixtureRequest) -> Panel:
    """The panel of the mode that the test asks for; JSON, token in the body, blocking, if it asks for none."""
    for name in ("mode", "format_mode", "style_mode"):
        if name in request.fixturenames:
            return Panel(router, request.getfixturevalue(name))
    return Panel(router, PLAIN)
