"""`client.download` as users call it: ours.py URL FOLDER CERTIFICATE sync|async verified|unverified [CONNECTIONS]."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from profile_export import AsyncExportClient, DownloadedExport, DownloadPolicy, ExportClient


def main(url: str, folder: str, certificate: str, style: str, *policy_words: str) -> None:
    proof, connections = (*policy_words, "1")[:2]
    policy = DownloadPolicy(verify_content=proof == "verified", connections=int(connections))
    if style == "sync":
        with ExportClient(url, token="bench", verify=certificate, download=policy) as client:
            result = client.download("task_bench", folder, overwrite=True)
    else:

        async def fetch() -> DownloadedExport:
            async with AsyncExportClient(url, token="bench", verify=certificate, download=policy) as client:
                return await client.download("task_bench", folder, overwrite=True)

        result = asyncio.run(fetch())
    assert Path(folder).exists(), result


if __name__ == "__main__":
    main(*sys.argv[1:])
