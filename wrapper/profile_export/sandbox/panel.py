"""One running panel: its settings, its data and its tasks, opened and closed together."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from starlette.requests import Request

from profile_export.sandbox.settings import SandboxSettings
from profile_export.sandbox.store import Store
from profile_export.sandbox.tasks import Tasks


class Panel:
    """The state behind the application. Opening it seeds a new data directory; `close` frees everything."""

    def __init__(self, settings: SandboxSettings, clock: Callable[[], float]) -> None:
        self.settings = settings
        self.store = Store(settings)
        self.tasks = Tasks(settings, self.store, clock)

    def close(self) -> None:
        """Stop the background work and let another sandbox use the data directory. Calling it twice is harmless."""
        self.tasks.close()
        self.store.close()


def panel_of(request: Request) -> Panel:
    """The panel that a request is for."""
    return cast("Panel", request.app.state.panel)
