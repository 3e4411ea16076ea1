"""Faults of the HTTP answer: its status, headers, framing, encoding, or a page in its place."""

from __future__ import annotations

from typing import Final

from contract_tests.faults.acts import answers
from contract_tests.faults.acts.answers import TEN_YEARS
from contract_tests.faults.catalogue.endings import (
    ALIEN,
    FAILED,
    HARMLESS,
    LIMITED,
    LOST,
    SHORT,
    calls,
    download,
    ends,
    only,
)
from contract_tests.faults.fault import COMPLETE, Ends, Fault
from contract_tests.faults.panel import LINK

ANSWERS: Final = (
    Fault("500", "HTTP 500 with an envelope", answers.refusal(500, 500, "Internal error"), FAILED, in_xml=True),
    Fault("502", "HTTP 502 with a page", answers.page(502), only(FAILED, "status", "download")),
    Fault("503", "HTTP 503 with a page", answers.page(503), FAILED, in_xml=True),
    Fault("504", "HTTP 504, empty", answers.bare(504), only(FAILED, "status", "download")),
    Fault("520", "HTTP 520, a status that no standard knows", answers.page(520), FAILED),
    Fault(
        "429",
        "HTTP 429 with an envelope",
        answers.refusal(429, 429, "Too many requests"),
        LIMITED,
        in_xml=True,
    ),
    Fault(
        "429-in-200",
        "an envelope with error 429 under HTTP 200",
        answers.refusal(200, 429, "Too many requests"),
        LIMITED,
    ),
    Fault(
        "retry-after-zero",
        "HTTP 503 with Retry-After: 0",
        answers.page(503, answers.HTML, ("Retry-After", "0")),
        only(FAILED, "status"),
    ),
    Fault(
        "retry-after-seconds",
        "HTTP 429 with Retry-After: 1",
        answers.page(429, answers.HTML, ("Retry-After", "1")),
        {"status": Ends("rate-limited")},
        attempts=2,
    ),
    Fault(
        "retry-after-date",
        "HTTP 503 with Retry-After: a moment to come",
        answers.retry_after_date(503, 1.0),
        {"status": Ends("server-error")},
        attempts=2,
    ),
    Fault(
        "retry-after-past",
        "HTTP 503 with Retry-After: a moment that is gone",
        answers.retry_after_date(503, -3600),
        only(FAILED, "status"),
    ),
    Fault(
        "retry-after-negative",
        "HTTP 503 with Retry-After: -5",
        answers.page(503, answers.HTML, ("Retry-After", "-5")),
        only(FAILED, "status"),
    ),
    Fault(
        "retry-after-garbage",
        "HTTP 429 with Retry-After: soon",
        answers.page(429, answers.HTML, ("Retry-After", "soon")),
        only(LIMITED, "status"),
    ),
    Fault(
        "retry-after-ten-years",
        "HTTP 429 with Retry-After: ten years",
        answers.page(429, answers.HTML, ("Retry-After", str(TEN_YEARS))),
        ends("rate-limited", "rate-limited", "rate-limited", first="rate-limited"),
    ),
    Fault(
        "retry-after-far-date",
        "HTTP 503 with Retry-After: a date in ten years",
        answers.retry_after_date(503, TEN_YEARS),
        ends("create-outcome-unknown", "server-error", "server-error", first=None),
    ),
    Fault(
        "html",
        "HTTP 200 with a web page",
        answers.page(200),
        ends("contract", "contract", "integrity", first=None),
        in_xml=True,
    ),
    Fault(
        "empty",
        "HTTP 200, empty",
        answers.changed(body=b""),
        ends("contract", "contract", "integrity", first=None),
        in_xml=True,
    ),
    Fault("204", "HTTP 204", answers.bare(204), ALIEN),
    Fault("304", "HTTP 304, though nothing was cached", answers.bare(304), ALIEN),
    Fault("206", "HTTP 206, though no range was asked", answers.changed(status=206), download("contract")),
    Fault("echo", "HTTP 400 with a page that repeats the token", answers.echo, ALIEN, in_xml=True),
    Fault(
        "refused-in-200",
        "an envelope with error 403 under HTTP 200",
        answers.refusal(200, 403, "No access"),
        ends("authentication", "authentication", "authentication", first=None),
        in_xml=True,
    ),
    Fault(
        "missing-in-200",
        "an envelope with error 404 under HTTP 200",
        answers.refusal(200, 404, "Not found"),
        ends("invalid-request", "task-not-found", "link-expired", first=None),
    ),
    Fault(
        "success-in-place",
        "an envelope that says success, in place of the file",
        answers.refusal(200, 0, "Successful operation"),
        download("integrity"),
        in_xml=True,
    ),
    Fault("403", "HTTP 403 with a page", answers.page(403), download("authentication")),
    Fault("404", "HTTP 404 with a page", answers.page(404), download("link-expired"), in_xml=True),
    Fault("410", "HTTP 410, empty", answers.bare(410), download("link-expired")),
    Fault("too-long", "Content-Length is larger than the body", answers.length_off(10), LOST),
    Fault(
        "too-long-open",
        "Content-Length is larger than the body, and the connection stays open",
        answers.length_off(10, keep_open=True),
        {"status": Ends("request-timeout")},
        patience=SHORT,
        attempts=2,
    ),
    Fault(
        "too-short",
        "Content-Length is half of the body",
        answers.half_length,
        ends("contract", "contract", "integrity", first=None),
    ),
    Fault(
        "two-lengths",
        "two Content-Length headers that differ",
        answers.raw_head("Content-Length: 7"),
        LOST,
    ),
    Fault("same-length-twice", "the same Content-Length twice", answers.raw_head("Content-Length: LENGTH"), HARMLESS),
    Fault(
        "length-is-a-word",
        "a Content-Length that is no number",
        answers.raw_head("Content-Length: many", length=None),
        LOST,
    ),
    Fault("gzip-unasked", "gzip, though it was asked as it is", answers.zipped(), download("contract"), in_xml=True),
    Fault(
        "gzip",
        "gzip, as the client allows",
        answers.zipped(),
        calls(COMPLETE),
    ),
    Fault(
        "not-gzip",
        "says gzip, but isn't",
        answers.changed(headers=(("Content-Encoding", "gzip"),)),
        ALIEN,
    ),
    Fault(
        "unknown-encoding",
        "a Content-Encoding that nobody knows",
        answers.changed(headers=(("Content-Encoding", "rot13"),)),
        {"status": Ends(COMPLETE, None), "download": Ends("contract", None)},
    ),
    Fault("gzip-bomb", "few bytes of gzip that unpack to 32 MiB", answers.bomb(32 * 2**20), ALIEN, in_xml=True),
    Fault("chunked", "chunks with extensions and a trailer", answers.chunked, HARMLESS),
    Fault("http-1.0", "HTTP/1.0", answers.raw_head(version="HTTP/1.0"), HARMLESS),
    Fault(
        "http-1.0-without-length",
        "HTTP/1.0 without a length",
        answers.raw_head(version="HTTP/1.0", length=None),
        HARMLESS,
    ),
    Fault("line-feeds", "header lines that end in LF alone", answers.line_feeds, HARMLESS),
    Fault(
        "interim",
        "two interim answers (1xx) before the answer",
        answers.before(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"),
        HARMLESS,
        in_xml=True,
    ),
    Fault("large-header", "a header of 50 KB", answers.changed(headers=(("X-Large", "x" * 50_000),)), HARMLESS),
    Fault("huge-header", "a header of 500 KB", answers.changed(headers=(("X-Huge", "x" * 500_000),)), LOST),
    Fault("extra", "more bytes behind the answer", answers.extra, HARMLESS),
    Fault(
        "length-and-chunks",
        "chunks, and a Content-Length that is wrong",
        answers.length_and_chunks,
        HARMLESS,
    ),
    Fault(
        "101",
        "HTTP 101, though no other protocol was asked for",
        answers.bare(101, ("Upgrade", "echo"), ("Connection", "upgrade")),
        only(LOST, "status", "download"),
    ),
    Fault("999", "HTTP 999", answers.page(999), only(FAILED, "status")),
    Fault("nul", "a NUL in a header", answers.changed(headers=(("X-Nul", "a\0b"),)), only(LOST, "status", "download")),
    Fault("no-http", "bytes that are no HTTP", answers.instead(b"SSH-2.0-OpenSSH_9.6\r\n"), LOST),
    Fault(
        "redirect", "a redirect that stays with the panel", answers.redirect(answers.SAME_ORIGIN), download(COMPLETE)
    ),
    Fault(
        "redirect-renamed",
        "a redirect to another path of the panel's downloads",
        answers.redirect(answers.RENAMED),
        download(COMPLETE),
    ),
    Fault(
        "redirect-307",
        "a redirect (307) of a request",
        answers.redirect("OWN/api/v1.1/tasks/status", 307),
        calls("contract"),
    ),
    Fault(
        "redirect-foreign",
        "a redirect to another host",
        answers.redirect(f"http://FOREIGN{LINK}?token=TOKEN"),
        ends("contract", "contract", "unsafe-link", first=None),
        in_xml=True,
    ),
    Fault("redirect-loop", "a redirect to itself", answers.redirect(answers.LOOP), download("contract"), in_xml=True),
    Fault("redirect-nowhere", "a redirect without Location", answers.bare(302), ALIEN),
    Fault("redirect-outside", "a redirect to a page of the panel", answers.redirect("/login"), download("unsafe-link")),
    Fault(
        "redirect-broken", "a redirect to what is no URL", answers.redirect("http://[panel/"), download("unsafe-link")
    ),
)
