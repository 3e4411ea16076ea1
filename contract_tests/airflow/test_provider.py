"""Airflow finds the connection type, with a form for all that a connection may say, and can load the example."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.providers_manager import ProvidersManager

import profile_export.airflow
from profile_export import __version__
from profile_export.airflow import ProfileExportHook
from profile_export.airflow.hook import EXTRAS
from profile_export.airflow.provider import get_provider_info


def test_airflow_knows_the_provider_and_its_connection_type() -> None:
    manager = ProvidersManager()
    assert manager.providers["profile-export"].version == __version__
    hook = manager.hooks["profile_export"]
    assert hook is not None
    assert hook.hook_class_name == f"{ProfileExportHook.__module__}.{ProfileExportHook.__qualname__}"
    assert hook.connection_id_attribute_name == ProfileExportHook.conn_name_attr
    assert hook.connection_testable


def test_the_form_has_a_field_for_every_extra() -> None:
    widgets = ProvidersManager().connection_form_widgets
    fields = {widget.field_name for name, widget in widgets.items() if name.startswith("extra__profile_export__")}
    assert fields == set(EXTRAS)
    assert "profile_export" in ProvidersManager().field_behaviours


def test_what_the_provider_names_exists() -> None:
    info = get_provider_info()
    modules = [name for part in ("hooks", "operators", "triggers") for name in info[part][0]["python-modules"]]
    assert all(import_module(name) for name in modules)
    [connection] = info["connection-types"]
    module, _, name = connection["hook-class-name"].rpartition(".")
    assert getattr(import_module(module), name) is ProfileExportHook
    assert connection["connection-type"] == ProfileExportHook.conn_type


def test_the_example_loads_without_a_panel(database: Path) -> None:
    bag = DagBag(database / "dags")
    assert bag.import_errors == {}
    assert set(bag.dags) == {"profile_exports", "killed_once"}
    export: Any = bag.dags["profile_exports"].task_dict["export"]
    assert export.is_mapped
    assert export.pool == "profile_export"


def test_every_name_is_there() -> None:
    assert dir(profile_export.airflow) == profile_export.airflow.__all__
    assert all(hasattr(profile_export.airflow, name) for name in profile_export.airflow.__all__)
    with pytest.raises(AttributeError):
        profile_export.airflow.nothing  # noqa: B018


def test_reading_the_provider_loads_nothing() -> None:
    program = "import sys, profile_export.airflow.provider as p; p.get_provider_info(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"airflow", "httpx", "profile_export.airflow.hook"} & set(done.stdout.split())
