"""Runs one program and prints what it took, as JSON: seconds of clock and processor, MiB of memory at most.

Imports next to nothing, because what it starts begins with its own peak memory.
"""

from __future__ import annotations

import os
import sys
import time

began = time.perf_counter()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)])
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - began
print(f"[{wall}, {usage.ru_utime + usage.ru_stime}, {usage.ru_maxrss / 1024}]")
sys.exit(os.waitstatus_to_exitcode(status) != 0)
