"""A DAG whose worker is killed after it has created its task, the first time that it runs."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from typing import Any

from airflow.sdk import dag

from profile_export.airflow import ProfileExportOperator


class KilledOnce(ProfileExportOperator):
    def execute(self, context: Any) -> dict[str, Any]:
        self.first_try = context["ti"].try_number == 1
        return super().execute(context)

    def defer(self, **arguments: Any) -> Any:
        if self.first_try:
            os.kill(os.getpid(), signal.SIGKILL)
        super().defer(**arguments)


@dag(schedule=None, params={"folder": "exports"})
def killed_once() -> None:
    KilledOnce(
        task_id="export",
        source="segment:7",
        to="{{ params.folder }}",
        retries=1,
        retry_delay=timedelta(seconds=0),
    )


killed_once()
