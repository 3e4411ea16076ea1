"""The fault server: a panel on a real socket that does everything right but for one fault."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import Counter
from types import TracebackType
from typing import Self

import attrs

from contract_tests.faults.fault import Exchange, Fault
from contract_tests.faults.panel import Panel, Step, step_of
from contract_tests.faults.wire import Reply, Wire


@attrs.frozen
class Plan:
    """Which fault happens where and how often: the first `times` requests of `step`, or all of them."""

    fault: Fault
    step: Step
    times: int | None = None

    def hits(self, step: Step, count: int) -> bool:
        return step == self.step and (self.times is None or count <= self.times)


class FaultServer:
    """Listens from the moment it is made until `stop()`; one thread for each connection."""

    def __init__(
        self,
        plan: Plan | None,
        *,
        panel: Panel | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        foreign: str = "",
    ) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._plan = plan
        self._panel = panel or Panel()
        self._foreign = foreign
        self._listener = socket.create_server((host, port), family=family)
        address = self._listener.getsockname()
        self.url = f"http://[{host}]:{address[1]}" if ":" in host else f"http://{host}:{address[1]}"
        self._address = (host, address[1])
        self._lock = threading.Lock()
        self._stopping = False
        self._wires: list[Wire] = []
        self._threads: list[threading.Thread] = []
        self.requests: Counter[Step] = Counter()
        self._acceptor = threading.Thread(target=self._accept, name="fault-server")
        self._acceptor.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if self._stopping:
                    connection.close()
                    return
                wire = Wire(connection)
                thread = threading.Thread(target=self._serve, args=(wire,), name="fault-connection")
                self._wires.append(wire)
                self._threads.append(thread)
            thread.start()

    def _serve(self, wire: Wire) -> None:
        nth = 0
        try:
            while wire.open and (request := wire.read_request()) is not None:
                nth += 1
                step = step_of(request)
                if step is None:
                    wire.send(Reply(status=404).whole())
                    continue
                with self._lock:
                    self.requests[step] += 1
                    count = self.requests[step]
                right = self._panel.answer(request, step, count)
                if self._plan is not None and self._plan.hits(step, count):
                    self._plan.fault.act(
                        Exchange(wire, request, right, count, nth, self.url, self._foreign, self.refuse)
                    )
                else:
                    wire.send(right.whole())
        finally:
            wire.close()

    def refuse(self) -> None:
        """Accepts no more connections, but keeps the port, so that nobody else gets it."""
        self._listener.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        """Ends every connection, also those in the middle of an answer, and waits for the threads."""
        with self._lock:
            if self._stopping:
                return
            self._stopping = True
            wires = list(self._wires)
        # A connection of its own wakes the accepting thread on every system; closing the listener doesn't.
        with contextlib.suppress(OSError):
            socket.create_connection(self._address).close()
        self._acceptor.join()
        self._listener.close()
        for wire in wires:
            wire.interrupt()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class ForeignHost:
    """A listening address that nobody should ever call: whoever does is on record."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def called(self) -> bool:
        """Whether anybody connected; the system accepts connections without our help."""
        try:
            self._listener.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
