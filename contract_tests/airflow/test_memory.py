"""What is remembered over tries: in the task state store, or in a Variable where Airflow has no such store."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import Variable

from contract_tests.airflow.contexts import Store, context_with
from profile_export.airflow._memory import InStore, InVariable, memory_of


class Variables:
    """Airflow's Variables, in memory; their names are no longer than its database allows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.kept: dict[str, str] = {}
        monkeypatch.setattr(Variable, "get", self._get)
        monkeypatch.setattr(Variable, "set", self._set)
        monkeypatch.setattr(Variable, "delete", lambda name: self.kept.pop(name, None))

    def _get(self, name: str, default: None) -> str | None:
        return self.kept.get(name, default)

    def _set(self, name: str, text: str, description: str) -> None:
        assert len(name) <= 250
        assert description
        self.kept[name] = text


def test_the_store_is_preferred() -> None:
    assert isinstance(memory_of(context_with(Store())), InStore)
    assert isinstance(memory_of(context_with(None)), InVariable)


@pytest.mark.parametrize("has_store", [True, False])
def test_it_keeps_one_text_until_it_is_forgotten(has_store: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    variables, store = Variables(monkeypatch), Store()
    memory = memory_of(context_with(store if has_store else None))
    assert memory.recall() is None
    memory.keep("first")
    memory.keep("second")
    assert memory.recall() == "second"
    assert bool(store.kept) is has_store
    assert bool(variables.kept) is not has_store
    memory.forget()
    memory.forget()
    assert memory.recall() is None


def test_a_variable_belongs_to_one_task_instance_over_its_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = Variables(monkeypatch)
    others: list[dict[str, Any]] = [
        {},
        {"dag_id": "other"},
        {"run_id": "r" * 250},
        {"task_id": "other"},
        {"map_index": 0},
    ]
    for number, other in enumerate(others):
        memory_of(context_with(None, **other)).keep(str(number))
    assert len(variables.kept) == len(others)
    assert memory_of(context_with(None, try_number=2)).recall() == "0"
