"""The part of a running task's context that the operator uses, outside of any running task."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


class Store:
    """Airflow's task state store, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    def get(self, key: str, default: Any = None) -> Any:
        return self.kept.get(key, default)

    def set(self, key: str, value: Any) -> None:
        self.kept[key] = value

    def delete(self, key: str) -> None:
        self.kept.pop(key, None)


def context_with(store: Store | None, **instance: Any) -> Any:
    """The context of one task instance; without a store, it is that of an Airflow before 3.3."""
    known = {"dag_id": "dag", "run_id": "run", "task_id": "export", "map_index": -1, "try_number": 1, **instance}
    context: dict[str, Any] = {"ti": SimpleNamespace(**known)}
    return context if store is None else context | {"task_state_store": store}
