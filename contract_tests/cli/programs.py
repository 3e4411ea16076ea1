"""The installed program in a process of its own, with or without a terminal."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

PROGRAM = str(Path(sys.executable).with_name("profile-export"))
PATIENCE = 60.0


def environment(**more: str) -> dict[str, str]:
    """What the program needs and nothing of what this machine happens to have set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PROFILE_EXPORT_", "PYTEST"))}
    for name in ("NO_COLOR", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        kept.pop(name, None)
    # An empty configuration file: what the person at this machine has in theirs is no business of a test.
    return {**kept, "TERM": "xterm", "PROFILE_EXPORT_CONFIG": os.devnull, **more}


def finished(*words: str, env: Mapping[str, str], **more: Any) -> subprocess.CompletedProcess[str]:
    """The program, run to its end."""
    if "input" not in more:
        more["stdin"] = subprocess.DEVNULL
    return subprocess.run(
        [PROGRAM, *words], env=env, capture_output=True, text=True, timeout=PATIENCE, check=False, **more
    )


class Running:
    """The program while it runs, and what it has written so far."""

    def __init__(self, command: list[str], env: Mapping[str, str], **more: Any) -> None:
        self.process = subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more
        )
        self._written = {"out": bytearray(), "err": bytearray()}
        self._readers = [
            threading.Thread(target=self._read, args=(self.process.stdout, self._written["out"])),
            threading.Thread(target=self._read, args=(self.process.stderr, self._written["err"])),
        ]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _read(stream: Any, into: bytearray) -> None:
        while chunk := os.read(stream.fileno(), 65_536):
            into.extend(chunk)

    @property
    def out(self) -> str:
        return self._written["out"].decode()

    @property
    def err(self) -> str:
        return self._written["err"].decode()

    def until(self, seen: Callable[[], bool]) -> None:
        until(seen, lambda: f"{self.out}\n{self.err}")

    def ended(self) -> int:
        """Its exit code."""
        code = self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        return code


def until(seen: Callable[[], bool], told: Callable[[], str] = str) -> None:
    end = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < end, told()
        time.sleep(0.01)


@contextlib.contextmanager
def running(*words: str, env: Mapping[str, str], command: list[str] | None = None, **more: Any) -> Generator[Running]:
    program = Running([*(command or [PROGRAM]), *words], env, **more)
    try:
        yield program
    finally:
        if program.process.poll() is None:
            program.process.kill()
        program.ended()
        for stream in (program.process.stdin, program.process.stdout, program.process.stderr):
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):
                stream.close()


class Terminal:
    """The program on a terminal: what a person sees, as bytes. `stdout` can go elsewhere."""

    def __init__(
        self,
        *words: str,
        env: Mapping[str, str],
        command: list[str] | None = None,
        stdout: int | None = None,
        columns: int = 100,
        lines: int = 24,
    ) -> None:
        self._master, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.process = subprocess.Popen(
            [*(command or [PROGRAM]), *words], env=env, stdin=inner, stdout=stdout or inner, stderr=inner
        )
        os.close(inner)
        self.seen = ""

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def read_until(self, text: str) -> None:
        while text not in self.seen:
            self.seen += os.read(self._master, 65_536).decode()

    def ended(self) -> int:
        """Its exit code, after reading all that it wrote."""
        # Linux tells the end of a terminal by an error.
        with contextlib.suppress(OSError):
            while chunk := os.read(self._master, 65_536):
                self.seen += chunk.decode(errors="replace")
        os.close(self._master)
        return self.process.wait(PATIENCE)
