"""A piece of a verified download by itself: pieces.py hash|rows|both|import|write FILE."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import threading
from pathlib import Path

AT_ONCE = 2**20


def hash_it(file: str) -> None:
    digest = hashlib.sha256()
    with Path(file).open("rb", buffering=0) as stream:
        while piece := stream.read(AT_ONCE):
            digest.update(piece)


def count_rows(file: str) -> None:
    from profile_export._rows import RecordCounter  # noqa: PLC0415 - hashing needs none of it

    counter = RecordCounter()
    with Path(file).open("rb", buffering=0) as stream:
        while piece := stream.read(AT_ONCE):
            counter.feed(piece)
    assert counter.records() > 1


def both(file: str) -> None:
    threads = [threading.Thread(target=work, args=(file,)) for work in (hash_it, count_rows)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def import_it(_file: str) -> None:
    from profile_export import ExportClient  # noqa: PLC0415 - what is measured

    with ExportClient("http://127.0.0.1:1", token="bench"):
        pass


def write(file: str) -> None:
    size, piece = Path(file).stat().st_size, bytes(AT_ONCE)
    with tempfile.TemporaryFile(dir=Path(file).parent, buffering=0) as out:
        for start in range(0, size, AT_ONCE):
            out.write(piece[: size - start])
        os.fsync(out.fileno())


# In a thread, as in a download: elsewhere the memory of large pieces goes back to the system again and again.
WORK = {"hash": hash_it, "rows": count_rows, "both": both, "import": import_it, "write": write}

if __name__ == "__main__":
    thread = threading.Thread(target=WORK[sys.argv[1]], args=sys.argv[2:])
    thread.start()
    thread.join()
