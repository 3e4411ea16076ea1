"""Many exports at once, as users call them: crowd.py URL FOLDER sync|async EXPORTS CONCURRENCY."""

from __future__ import annotations

import asyncio
import sys

from profile_export import AsyncExportClient, ExportClient, ExportOutcome, Segment


def main(url: str, folder: str, style: str, exports: str, concurrency: str) -> None:
    sources = [Segment(number) for number in range(1, int(exports) + 1)]
    outcomes: list[ExportOutcome] = []
    if style == "sync":
        with ExportClient(url, token="bench") as client:
            outcomes += client.export_many(sources, to=folder, concurrency=int(concurrency))
    else:

        async def fetch() -> None:
            async with AsyncExportClient(url, token="bench") as client:
                outcomes.extend(
                    [one async for one in client.export_many(sources, to=folder, concurrency=int(concurrency))]
                )

        asyncio.run(fetch())
    failed = [outcome.error for outcome in outcomes if outcome.error is not None]
    assert len(outcomes) == len(sources), len(outcomes)
    assert not failed, failed[0]


if __name__ == "__main__":
    main(*sys.argv[1:])
