"""A run of the example DAG in the test's own process, as people try their DAGs: `dag.test()`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.models import Connection
from airflow.models.pool import Pool
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session

from contract_tests.airflow.panel import Panel
from contract_tests.secrets.sweep import leaks
from profile_export.airflow import operator


def test_the_example_runs(
    database: Path, panel: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(operator, "SETTLING", 0)
    with create_session() as session:
        session.add(Connection(conn_id="profile_export_default", **panel.connection(auth="bearer")))
    Pool.create_or_update_pool("profile_export", 5, "Exports at once", include_deferred=True)
    sources = ["database:2", "segment:7"]
    example: Any = DagBag(database / "dags").dags["profile_exports"]
    try:
        run = example.test(run_conf={"sources": sources, "folder": str(tmp_path / "out")})
    finally:
        with create_session() as session:
            session.query(Connection).delete()
    assert run.state == "success"
    files = sorted((tmp_path / "out").glob("*/*/*.csv"))
    assert [file.parent.name for file in files] == ["database-2", "segment-7"]
    assert len(panel.seen.created) == len(panel.seen.downloaded) == len(sources)
    with create_session() as session:
        values = {(row.task_id, row.map_index): XComModel.deserialize_value(row) for row in session.query(XComModel)}
        names = [instance.rendered_map_index for instance in run.get_task_instances(session=session)]
    exports = [values["export", index] for index in range(len(sources))]
    assert values["profiles", -1] == sum(export["total"] for export in exports) > 0
    assert {file["path"] for export in exports for file in export["files"]} == {str(file) for file in files}
    assert {name for name in names if name} == set(sources)
    assert not leaks(caplog.text + repr(values))
