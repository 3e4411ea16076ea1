"""Integrations are found where their host is installed, and say what is missing where it is not."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import entry_points

import pytest


@pytest.mark.parametrize("name", ["ProfileExportHook", "ProfileExportOperator", "ProfileExportTrigger"])
def test_without_airflow_the_extra_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "airflow", None)
    with pytest.raises(ImportError, match=r"profile-export\[airflow\]"):
        getattr(import_module("profile_export.airflow"), name)


def test_airflow_finds_the_provider() -> None:
    [entry] = entry_points(group="apache_airflow_provider", name="provider_info")
    assert entry.dist is not None
    assert entry.load()()["package-name"] == entry.dist.name == "profile-export"
