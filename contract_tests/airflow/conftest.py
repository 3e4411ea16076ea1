"""An Airflow of its own for these tests: home, database and settings in a folder that goes away at the end.

Airflow reads its settings when it is imported, so they are made before anything else is.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cryptography.fernet import Fernet

HOME = Path(tempfile.mkdtemp(prefix="profile-export-airflow-"))
for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
    del os.environ[name]
os.environ |= {
    "AIRFLOW_HOME": str(HOME),
    "AIRFLOW__CORE__DAGS_FOLDER": str(HOME / "dags"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
    "AIRFLOW__CORE__FERNET_KEY": Fernet.generate_key().decode(),
    # Airflow masks what it knows to be secret; here nobody may rely on it.
    "AIRFLOW__CORE__HIDE_SENSITIVE_VAR_CONN_FIELDS": "False",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
}

import pytest  # noqa: E402 - see above
from airflow.utils.db import initdb  # noqa: E402

import profile_export.airflow  # noqa: E402
from contract_tests.airflow.panel import Panel, running_panel  # noqa: E402
from contract_tests.secrets.sweep import MARKER as TOKEN  # noqa: E402

__all__ = ["HOME", "TOKEN"]


@pytest.fixture(scope="session")
def database() -> Path:
    """The home of an Airflow whose database is ready, with the example DAG and one of the tests' own."""
    dags = HOME / "dags"
    dags.mkdir()
    shutil.copy(Path(profile_export.airflow.__path__[0]) / "example_dag.py", dags)
    shutil.copy(Path(__file__).with_name("killed_once.py"), dags)
    initdb()
    return HOME


@pytest.fixture(scope="session", autouse=True)
def _no_rest() -> Iterator[None]:
    yield
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture
def panel(tmp_path: Path) -> Iterator[Panel]:
    with running_panel(tmp_path / "panel", TOKEN) as running:
        yield running


@pytest.fixture
def connected(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> Panel:
    """The panel behind Airflow's connection `profile_export_default`."""
    monkeypatch.setenv("AIRFLOW_CONN_PROFILE_EXPORT_DEFAULT", json.dumps(panel.connection()))
    return panel
