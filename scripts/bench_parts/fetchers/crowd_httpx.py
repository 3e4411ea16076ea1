"""The requests of many exports by plain httpx, without any check: crowd_httpx.py URL FOLDER httpx EXPORTS CONCURRENCY.

What is left of a crowd's cost when nothing but httpx is there. No more requests at once than it has connections, or its
pool takes nearly all of the time.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import httpx

# About when the client asks, for a task of three seconds; the last delay again and again.
DELAYS = [1.0, 1.0, 0.6, 0.4, 0.3]
AT_ONCE = 32
LIMITS = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=0)


async def export(client: httpx.AsyncClient, places: asyncio.Semaphore, folder: str, number: int) -> None:
    body = {"token": "bench", "source_type": "segment", "source_id": number, "file_format": "csv"}
    async with places:
        task_id = (await client.post("/api/profiles/export", json=body)).json()["data"]["task_id"]
    turn = 0
    while True:
        async with places:
            answer = await client.post("/api/tasks/status", json={"token": "bench", "task_id": task_id})
        data = answer.json()["data"]
        if data["status"] == "completed":
            break
        await asyncio.sleep(DELAYS[min(turn, len(DELAYS) - 1)])
        turn += 1
    [link] = data["result"]["urls"]
    async with places:
        content = (await client.get(link)).content
    await asyncio.to_thread(Path(folder, Path(link).name).write_bytes, content)


async def main(url: str, folder: str, _: str, exports: str, concurrency: str) -> None:
    places, room = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(int(concurrency))
    async with httpx.AsyncClient(base_url=url, limits=LIMITS, timeout=60, trust_env=False) as client:

        async def one(number: int) -> None:
            async with room:
                await export(client, places, folder, number)

        await asyncio.gather(*(one(number) for number in range(1, int(exports) + 1)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
