"""The fault server itself: rightly behaved without a fault, and with the manners about ranges that it is asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from contract_tests.faults.acts.connections import breaks
from contract_tests.faults.fault import Fault
from contract_tests.faults.panel import LINK, TASK, TOKEN, Manners, Panel, content
from contract_tests.faults.server import FaultServer, ForeignHost, Plan
from contract_tests.faults.wire import Reply, Wire

Answer = tuple[int, Mapping[str, str], bytes]


def ask(
    server: FaultServer, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Answer:
    parts = urlsplit(server.url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request(method, target, body, headers or {})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def fetch(server: FaultServer, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(server, "GET", f"{LINK}?token={TOKEN}", headers=named)


def test_without_a_fault_it_is_a_panel() -> None:
    body = json.dumps({"token": TOKEN}).encode()
    with FaultServer(None) as server:
        _, _, created = ask(server, "POST", "/api/v1.1/profiles/get_all", body)
        _, _, first = ask(server, "POST", "/api/v1.1/tasks/status", body)
        _, _, second = ask(server, "POST", "/api/v1.1/tasks/status", body)
        status, _, file = fetch(server)
    assert json.loads(created)["data"] == {"task_id": TASK}
    assert json.loads(first)["data"]["status"] == "running"
    assert json.loads(second)["data"]["result"]["urls"] == [LINK]
    assert (status, file) == (200, content())


def test_it_refuses_who_has_no_token() -> None:
    with FaultServer(None) as server:
        _, _, answer = ask(server, "GET", LINK)
        _, _, bearer = ask(server, "GET", LINK, headers={"Authorization": f"Bearer {TOKEN}"})
        status, _, _ = ask(server, "POST", "/elsewhere")
    assert json.loads(answer)["error"] == 401
    assert bearer == content()
    assert status == 404


def test_ranges_are_honoured() -> None:
    size = len(content())
    with FaultServer(None) as server:
        status, headers, part = fetch(server, Range="bytes=100-", If_Range='"v1"')
        past, unsatisfied, _ = fetch(server, Range=f"bytes={size}-")
        changed, _, whole = fetch(server, Range="bytes=100-", If_Range='"v0"')
    assert (status, headers["content-range"], part) == (206, f"bytes 100-{size - 1}/{size}", content()[100:])
    assert (past, unsatisfied["content-range"]) == (416, f"bytes */{size}")
    assert (changed, whole) == (200, content())


@pytest.mark.parametrize(
    ("manners", "status", "content_range"),
    [
        (Manners(ranges="ignored"), 200, None),
        (Manners(ranges="wrong-start"), 206, "bytes 101-{last}/{size}"),
        (Manners(ranges="wrong-total"), 206, "bytes 100-{last}/{more}"),
        (Manners(ranges="no-content-range"), 206, None),
        (Manners(etag="weak"), 200, None),
        (Manners(etag="weak", if_range="ignored"), 206, "bytes 100-{last}/{size}"),
        (Manners(etag="none"), 200, None),
    ],
    ids=str,
)
def test_ranges_with_other_manners(manners: Manners, status: int, content_range: str | None) -> None:
    size = len(content())
    condition = 'W/"v1"' if manners.etag == "weak" else '"v1"' if manners.etag == "strong" else '"other"'
    with FaultServer(None, panel=Panel(manners)) as server:
        answered, headers, _ = fetch(server, Range="bytes=100-", If_Range=condition)
    expected = content_range and content_range.format(last=size - 1, size=size, more=size + 1)
    assert (answered, headers.get("content-range")) == (status, expected)


@pytest.mark.parametrize("if_range", ["honoured", "ignored"])
def test_an_etag_that_changes_comes_with_another_file(if_range: str) -> None:
    manners = Manners(etag="changing", if_range="ignored" if if_range == "ignored" else "honoured")
    with FaultServer(None, panel=Panel(manners)) as server:
        _, before, first = fetch(server)
        status, after, second = fetch(server, Range="bytes=100-", If_Range=before["etag"])
    assert before["etag"] != after["etag"]
    assert len(first) == len(content(2))
    assert (status, second) == ((206, content(2)[100:]) if if_range == "ignored" else (200, content(2)))


def test_a_fault_hits_its_step_as_often_as_planned() -> None:
    fault = Fault("lost", "", breaks("nothing", Wire.close), {})
    with FaultServer(Plan(fault, "download", 2)) as server:
        for _ in range(2):
            with pytest.raises(OSError, match="closed"):
                fetch(server)
        status, _, _ = fetch(server)
    assert status == 200
    assert server.requests == {"download": 3}


def test_stopping_ends_a_stall() -> None:
    fault = Fault("stall", "", breaks("nothing", Wire.wait_until_gone), {})
    parts = urlsplit((server := FaultServer(Plan(fault, "download"))).url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    connection.request("GET", LINK)
    server.stop()
    with pytest.raises(OSError, match=r"closed|reset"):
        connection.getresponse()
    connection.close()
    server.stop()


def test_a_foreign_host_knows_who_called() -> None:
    with ForeignHost() as foreign:
        assert not foreign.called()
        host, _, port = foreign.address.partition(":")
        connection = HTTPConnection(host, int(port))
        connection.connect()
        connection.close()
        assert foreign.called()


def test_a_reply_may_lie_about_its_length() -> None:
    reply = Reply(b"abc", (("X-A", "1"),))
    assert b"Content-Length: 3" in reply.whole()
    assert b"Content-Length" not in reply.head(length=None)
    assert reply.named("x-a", "2").headers == (("x-a", "2"),)
