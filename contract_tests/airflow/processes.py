"""Airflow's real processes on this machine: API server, scheduler with four worker slots, DAG processor, triggerer."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

WORKER_SLOTS = 4
COMMANDS = {
    "api-server": ["api-server"],
    "dag-processor": ["dag-processor"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}

# The record of who asked for what has the API's requests with what Airflow masks; everywhere else nothing is masked.
SETTINGS_OF = {"api-server": {"AIRFLOW__CORE__HIDE_SENSITIVE_VAR_CONN_FIELDS": "True"}}


def until(what: Callable[[], Any], seconds: float, meanwhile: Callable[[], object] = lambda: None) -> Any:
    """What `what` gives as soon as it is something."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, f"waited {seconds} seconds in vain"
        meanwhile()
        time.sleep(1)
    return found


class Airflow:
    """The processes of one Airflow, and its REST API as its users have it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as chosen:
            chosen.bind(("127.0.0.1", 0))
            port = chosen.getsockname()[1]
        self._url = f"http://127.0.0.1:{port}"
        self._environment = {
            **os.environ,
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": str(WORKER_SLOTS),
            "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": "64",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self._url}/execution/",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API__SECRET_KEY": os.urandom(16).hex(),
            "AIRFLOW__API_AUTH__JWT_SECRET": os.urandom(64).hex(),
            # A triggerer that dies is noticed in seconds instead of half a minute.
            "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "1",
            "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "5",
            "PYTHONUNBUFFERED": "1",
        }
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._http = httpx.Client(base_url=self._url, timeout=60)

    def start(self, name: str) -> None:
        with (self.home / f"{name}.output").open("ab") as output:
            self._processes[name] = subprocess.Popen(
                [Path(sys.executable).with_name("airflow"), *COMMANDS[name]],
                cwd=self.home,
                env=self._environment | SETTINGS_OF.get(name, {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """As a machine that is lost does it."""
        os.killpg(self._processes[name].pid, signal.SIGKILL)
        self._processes.pop(name).wait(10)

    def ready(self) -> None:
        until(lambda: self._health().get("status") == 200, 120, self._check_alive)
        self._http.headers["Authorization"] = f"Bearer {self._http.get('/auth/token').json()['access_token']}"
        until(lambda: all(part == "healthy" for part in self.parts().values()), 120, self._check_alive)

    def parts(self) -> dict[str, str]:
        """The health of the metadata database, scheduler, triggerer and DAG processor."""
        return {name: part["status"] for name, part in self._health().items() if isinstance(part, dict)}

    def _health(self) -> dict[str, Any]:
        try:
            answer = self._http.get("/api/v2/monitor/health")
        except httpx.TransportError:
            return {}
        return {"status": answer.status_code, **(answer.json() if answer.status_code == 200 else {})}

    def _check_alive(self) -> None:
        for name, process in self._processes.items():
            output = (self.home / f"{name}.output").read_text(errors="replace")[-3000:]
            assert process.poll() is None, f"{name} ended:\n{output}"

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: Any) -> Any:
        answer = self._http.request(method, f"/api/v2/{path}", json=body, params=query)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def run(self, dag: str, **conf: Any) -> str:
        """Starts a run of a DAG and gives its path in the API."""
        until(lambda: self._http.get(f"/api/v2/dags/{dag}").status_code == 200, 120, self._check_alive)
        started = self.ask("POST", f"dags/{dag}/dagRuns", {"logical_date": None, "conf": conf})
        return f"dags/{dag}/dagRuns/{started['dag_run_id']}"

    def count(self, run: str, state: str) -> int:
        found: int = self.ask("GET", f"{run}/taskInstances", state=state, limit=1)["total_entries"]
        return found

    def succeeded(self, run: str, seconds: float, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Waits for the end of a run, which has to be a good one."""
        state = until(
            lambda: {"success": "success", "failed": "failed"}.get(self.ask("GET", run)["state"]), seconds, meanwhile
        )
        assert state == "success"

    def stop(self) -> None:
        self._http.close()
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)
        for number in self._left_over():
            os.kill(number, signal.SIGKILL)

    def _left_over(self) -> list[int]:
        """Processes of this Airflow that outlived the one that started them, such as workers in groups of their own."""
        mine = f"AIRFLOW__API_AUTH__JWT_SECRET={self._environment['AIRFLOW__API_AUTH__JWT_SECRET']}".encode()
        return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/environ") if mine in _content(path)]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@contextmanager
def running_airflow(home: Path) -> Iterator[Airflow]:
    airflow = Airflow(home)
    try:
        for name in COMMANDS:
            airflow.start(name)
        airflow.ready()
        yield airflow
    finally:
        airflow.stop()
