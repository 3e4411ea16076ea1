"""What a task remembers from one try to the next, so that a retry goes on with its export instead of making another.

XComs can't hold it: Airflow deletes a task's XComs when its next try begins. Since 3.3 it has a store for this
purpose; before, a Variable does it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, Protocol, cast

import attrs
from airflow.sdk import Variable

if TYPE_CHECKING:
    from airflow.sdk import Context

# Without the word "token", at which Airflow masks the value in its pages and logs.
KEY: Final = "profile_export_continuation"


class Memory(Protocol):
    """One text, kept for one task instance over its tries."""

    def recall(self) -> str | None:
        """The text, or None."""

    def keep(self, text: str) -> None:
        """Keeps the text in place of an earlier one."""

    def forget(self) -> None:
        """Drops the text; without one, does nothing."""


class Store(Protocol):
    """What is used of Airflow's task state store."""

    def get(self, key: str) -> object:
        """The value, or None."""

    def set(self, key: str, value: str) -> None:
        """Keeps the value."""

    def delete(self, key: str) -> None:
        """Drops it."""


def memory_of(context: Context) -> Memory:
    """The memory of the task instance that is running."""
    store = context.get("task_state_store")
    if store is not None:
        return InStore(cast("Store", store))
    return InVariable.of(context)


@attrs.frozen
class InStore:
    """In the task state store, which Airflow has since 3.3."""

    _store: Store

    def recall(self) -> str | None:
        """See `Memory`."""
        text = self._store.get(KEY)
        return text if isinstance(text, str) else None

    def keep(self, text: str) -> None:
        """See `Memory`."""
        self._store.set(KEY, text)

    def forget(self) -> None:
        """See `Memory`."""
        self._store.delete(KEY)


@attrs.frozen
class InVariable:
    """In a Variable that is named after the task instance."""

    _name: str

    @classmethod
    def of(cls, context: Context) -> InVariable:
        """The Variable of a running task instance, named by a hash: run ids may be as long as a Variable's name."""
        instance = context["ti"]
        whose = "\n".join([instance.dag_id, instance.run_id, instance.task_id, str(instance.map_index)])
        return cls(f"{KEY}_{hashlib.sha256(whose.encode()).hexdigest()[:32]}")

    def recall(self) -> str | None:
        """See `Memory`."""
        text: object = Variable.get(self._name, default=None)
        return text if isinstance(text, str) else None

    def keep(self, text: str) -> None:
        """See `Memory`."""
        Variable.set(self._name, text, description="An export that a retry goes on with; deleted when it has succeeded")

    def forget(self) -> None:
        """See `Memory`."""
        Variable.delete(self._name)
