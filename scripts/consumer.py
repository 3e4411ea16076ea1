"""What a user's program looks like: run, and type-checked strictly, against the built wheel by scripts/check-wheel."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import anyio

from profile_export import (
    AsyncExportClient,
    Database,
    DownloadedExport,
    Event,
    ExportClient,
    ExportError,
    PollPolicy,
    Segment,
    TaskNotFound,
    TaskSnapshot,
)
from profile_export.sandbox import SandboxSettings, start_sandbox
from profile_export.testing import ScriptedPanel, SeenRequest, VirtualClock

POLL = PollPolicy(min_delay=0.05)


def export_blocking(url: str, token: str, folder: Path) -> DownloadedExport:
    seen: list[Event] = []
    with ExportClient(url, token=token, poll=POLL, on_event=seen.append) as client:
        result = client.export(Database(1), to=folder, where={"occupation": "doctor"}, timeout=60)
        problem: ExportError | None = None
        try:
            client.status("no-such-task")
        except TaskNotFound as error:
            problem = error
        assert problem is not None
        assert problem.task_id == "no-such-task"
    assert seen
    return result


async def export_async(url: str, token: str, folder: Path) -> DownloadedExport:
    async with AsyncExportClient(url, token=token, poll=POLL, wire_format="xml", auth="bearer") as client:
        task = await client.create_export(Segment(7))
        snapshots: AsyncIterator[TaskSnapshot] = task.watch(timeout=60)
        words = [snapshot.status async for snapshot in snapshots]
        assert words[-1] == "completed"
        completed = await task.wait()
        return await completed.download(folder)


def export_without_waiting(folder: Path) -> list[dict[str, str]]:
    clock = VirtualClock()
    panel = ScriptedPanel(clock=clock)
    panel.add(Database(1), [{"phone": "007"}, {"phone": "00"}], seconds=3000)
    panel.fail_next("status", status=503, retry_after=60)
    with panel.client() as client:
        result = client.export(Database(1), to=folder)
    first: SeenRequest = panel.requests[0]
    assert first.body["source_id"] == 1
    assert clock.now() >= 3000
    return list(result.iter_rows())


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        settings = SandboxSettings(
            data_dir=folder / "panel", token="a-token-for-trying", profiles=200, task_seconds=0.2
        )
        with start_sandbox(settings) as sandbox:
            first = export_blocking(sandbox.url, sandbox.token, folder / "blocking")
            second = anyio.run(export_async, sandbox.url, sandbox.token, folder / "async")
        assert export_without_waiting(folder / "memory") == [{"phone": "007"}, {"phone": "00"}]
        for result in (first, second):
            assert result.rows == result.total > 0
            assert all(file.path.is_file() for file in result.files)
    assert files("profile_export").joinpath("openapi.yaml").is_file()
    assert files("profile_export").joinpath("py.typed").is_file()
    print(f"the wheel works: {first.total} and {second.total} profiles exported")


if __name__ == "__main__":
    main()
