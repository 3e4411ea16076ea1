"""pytest's way in: fixtures that give a panel. pytest loads this module always, so it loads nothing by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from profile_export.testing import SandboxPanel

MARKER = "profile_export_sandbox"

Serve = Callable[..., "SandboxPanel"]


def pytest_configure(config: pytest.Config) -> None:
    """Makes the marker known."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(**settings): settings of the fixture's panel for this test, such as profiles=1000 or task_seconds=2",
    )


@pytest.fixture(scope="session")
def _profile_export_serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Starts a panel for each kind of settings, once."""
    panels: dict[str, SandboxPanel] = {}
    with ExitStack() as stack:

        def serve(**settings: Any) -> SandboxPanel:
            kind = repr(sorted(settings.items()))
            if kind not in panels:
                folder = tmp_path_factory.mktemp("profile-export-sandbox")
                panels[kind] = stack.enter_context(_serving()(folder, **settings))
            return panels[kind]

        yield serve


@pytest.fixture
def profile_export_sandbox(request: pytest.FixtureRequest, _profile_export_serve: Serve) -> Iterator[SandboxPanel]:
    """A running panel on this machine: its address and token, faults on request, and the requests that it saw.

    The server is shared by the tests of a run; faults and seen requests are not. Settings can be changed by
    `@pytest.mark.profile_export_sandbox(profiles=1000)`.
    """
    marker = cast("pytest.Item", request.node).get_closest_marker(MARKER)  # pyright: ignore[reportUnknownMemberType]
    panel = _profile_export_serve(**(marker.kwargs if marker else {}))
    panel.reset()
    yield panel
    panel.reset()


def _serving() -> Callable[..., AbstractContextManager[SandboxPanel]]:
    try:
        for name in ("starlette", "uvicorn", "yaml"):
            import_module(name)
    except ModuleNotFoundError as error:
        needs = f"{MARKER} needs the package {error.name}: pip install 'profile-export[sandbox]'"
        pytest.fail(needs, pytrace=False)
    serving: Callable[..., AbstractContextManager[SandboxPanel]]
    serving = import_module("profile_export.testing.served").serving
    return serving
