"""A link with a long round trip and a bound for each connection, in user space: it needs no right over the network.

A proxy on the loopback hands bytes on after half a round trip, those towards the client no faster than a connection may
carry. A new connection waits for the round trip of its handshake, and an idle one doesn't save up speed. There is no
slow start, no shared bound, and no loss. Run as `slow_link PORT`; it prints its own port, and ends with its input.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

ROUND_TRIP = 0.05
RATE = 5 * 2**20
PIECE = 16 * 1024
# Pieces under way: enough for the bytes of a round trip.
UNDER_WAY = 64


async def hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rate: float) -> None:
    """One direction of one connection."""
    pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(UNDER_WAY)

    async def deliver() -> None:
        free = 0.0
        while True:
            due, piece = await pieces.get()
            free = max(free, due) + len(piece) / rate
            await asyncio.sleep(max(0.0, free - time.monotonic()))
            if not piece:
                writer.write_eof()
                return
            writer.write(piece)
            await writer.drain()

    async with asyncio.TaskGroup() as group:
        group.create_task(deliver())
        piece = b"begun"
        while piece:
            piece = await reader.read(PIECE)
            await pieces.put((time.monotonic() + ROUND_TRIP / 2, piece))


async def connect(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection, from its handshake to the end of either side."""
    await asyncio.sleep(ROUND_TRIP)
    try:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        try:
            async with asyncio.TaskGroup() as group:
                up = group.create_task(hand_on(reader, back, float("inf")))
                await hand_on(there, writer, RATE)
                up.cancel()
        finally:
            back.close()
    except* OSError:
        # Whoever has enough leaves.
        pass
    finally:
        writer.close()


async def serve(port: int) -> None:
    """Until the input ends."""
    server = await asyncio.start_server(lambda reader, writer: connect(port, reader, writer), "127.0.0.1", 0)
    async with server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)


@contextmanager
def slowed(port: int) -> Iterator[int]:
    """The port of the link to `port`; it runs in a process of its own."""
    command = [sys.executable, "-m", "scripts.bench_parts.slow_link", str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as link:
        assert link.stdout is not None
        assert link.stdin is not None
        try:
            yield int(link.stdout.readline())
        finally:
            link.stdin.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
