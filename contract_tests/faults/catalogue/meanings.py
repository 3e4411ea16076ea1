"""Faults of meaning: well-formed answers whose words, numbers or links are wrong."""

from __future__ import annotations

from typing import Final

from contract_tests.faults.acts import meanings
from contract_tests.faults.catalogue.endings import UNREADABLE, calls, only, status
from contract_tests.faults.fault import COMPLETE, Fault
from contract_tests.faults.panel import LINK, state

MEANINGS: Final = (
    Fault("link-absolute", "an absolute link to the panel", meanings.links(f"OWN{LINK}"), status(COMPLETE)),
    Fault(
        "link-foreign",
        "a link to another host",
        meanings.links(f"http://FOREIGN{LINK}"),
        status("unsafe-link"),
        in_xml=True,
    ),
    Fault(
        "link-schemeless",
        "a link to another host, without scheme",
        meanings.links(f"//FOREIGN{LINK}"),
        status("unsafe-link"),
    ),
    Fault(
        "link-user",
        "a link with the panel as user name of another host",
        meanings.links(f"http://127.0.0.1@FOREIGN{LINK}"),
        status("unsafe-link"),
    ),
    Fault("link-file", "a link to a local file", meanings.links("file:///etc/passwd"), status("unsafe-link")),
    Fault(
        "link-traversal",
        "path traversal in a link",
        meanings.links(meanings.named("/api/download/../../etc")),
        status("unsafe-link"),
        in_xml=True,
    ),
    Fault(
        "link-hidden-traversal",
        "encoded path traversal in a link",
        meanings.links("/api/download/data/..%2f..%2f..%2fexport.csv"),
        status("unsafe-link"),
    ),
    Fault("link-outside", "a link to another part of the panel", meanings.links("/admin/users"), status("unsafe-link")),
    Fault(
        "link-port",
        "a link with an impossible port",
        meanings.links(f"http://127.0.0.1:99999{LINK}"),
        status("unsafe-link"),
    ),
    Fault("link-line-break", "a line break in a link", meanings.links(f"{LINK}\r\nX-Evil: yes"), status("unsafe-link")),
    Fault(
        "link-long",
        "a link of 70,000 letters",
        meanings.links(meanings.named("/api/download/" + "x" * 70_000)),
        status("unsafe-link"),
    ),
    Fault("links-missing", "finished, but without links", meanings.links(), status("contract")),
    Fault(
        "back",
        "progress goes backwards",
        meanings.course(*meanings.running(90, 50, 10, 0), state()),
        status(COMPLETE),
        in_xml=True,
    ),
    Fault(
        "flaps",
        "progress and status flap",
        meanings.course(*meanings.running(0, 100, 3, 99), state("paused", 100), state("queued", 0), state()),
        status(COMPLETE),
    ),
    Fault(
        "beyond",
        "progress far outside of 0 to 100",
        meanings.course(*meanings.running(-7, 10**9), state()),
        status(COMPLETE),
    ),
    Fault(
        "never", "never finishes", meanings.course(*meanings.running(99)), status("wait-timeout"), wait=0.2, in_xml=True
    ),
    Fault(
        "stays-unknown",
        "stays at 100 percent under an unknown word",
        meanings.course(state("polished", 100)),
        status("unknown-task-state"),
    ),
    Fault(
        "fails",
        "the task fails",
        meanings.course(*meanings.running(50), state("failed", 50)),
        status("task-failed"),
        in_xml=True,
    ),
    Fault(
        "no-task-id",
        "success without a task id",
        meanings.says({}),
        only(UNREADABLE, "create"),
    ),
    Fault(
        "no-data",
        "success without data",
        meanings.says(None),
        only(UNREADABLE, "create", "status"),
    ),
    Fault(
        "wrong-types", "a status of wrong types", meanings.says({"status": 7, "progress": "half"}), status("contract")
    ),
    Fault(
        "other-format",
        "an answer in XML to a question in JSON, or the other way round",
        meanings.other_format,
        calls(COMPLETE),
        in_xml=True,
    ),
    Fault("deep", "JSON nested 100,000 deep", meanings.body(b"[" * 100_000), status("contract")),
    Fault(
        "long-number", "a number of 5,000 digits", meanings.body(b'{"error": ' + b"9" * 5000 + b"}"), status("contract")
    ),
    Fault("not-utf8", "bytes that are no UTF-8", meanings.body(b'{"error": 0, "data": "\xff"}'), status("contract")),
)
