"""Many sources, each into a folder of its own. Copy this file into your DAGs folder and name your sources.

While the panel works, an export takes no worker slot, so far more exports than workers can be under way. The pool says
how many the panel is asked for at once; it has to count deferred tasks:

    airflow pools set profile_export 5 "Exports at once" --include-deferred
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import dag, get_current_context, task

from profile_export.airflow import ProfileExportOperator


@dag(
    schedule=None,
    params={"sources": ["database:1", "segment:7"], "folder": "/data/exports"},
    tags=["profile-export"],
)
def profile_exports() -> None:
    """Exports all sources at once, as far as the pool allows, and adds up their profiles."""

    @task
    def plan() -> list[dict[str, str]]:
        context = get_current_context()
        params, run = context["params"], context["dag_run"].run_after.strftime("%Y-%m-%dT%H%M%S")
        return [
            {"source": source, "to": f"{params['folder']}/{run}/{source.replace(':', '-')}"}
            for source in params["sources"]
        ]

    @task
    def profiles(exports: Any) -> int:
        return sum(export["total"] for export in exports)

    export = ProfileExportOperator.partial(
        task_id="export",
        pool="profile_export",
        retries=3,
        retry_delay=timedelta(minutes=1),
        timeout=6 * 3600,
        overwrite=True,  # the folder belongs to this run alone, and a task that is cleared shall be able to run again
        map_index_template="{{ task.source }}",
    ).expand_kwargs(plan())
    profiles(export.output)


profile_exports()
