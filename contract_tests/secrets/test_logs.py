"""With redaction, logs of others show no token either: whatever they say, in whatever way, to whomever."""

from __future__ import annotations

import io
import json
import logging
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contract_tests.secrets.sweep import MARKER, Sweep, leaks
from contract_tests.secrets.test_real_echo import repeating
from contract_tests.secrets.test_secret import WRITERS
from contract_tests.wire.dialogue import EVERY_MODE, TASK, Mode
from contract_tests.wire.listeners import listening
from profile_export import RedactingFilter, UnsafeLink, UsageError, redact_logs
from profile_export._secrets import MASK

HTTPCORE = logging.getLogger("httpcore.http11")


class Shown(io.StringIO):
    """What a handler has written."""


@pytest.fixture
def shown() -> Iterator[Shown]:
    """Everything that is logged, as the usual formatter shows it."""
    stream = Shown()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    levels = {logger: logger.level for logger in (root, HTTPCORE, logging.getLogger("mine"))}
    for logger in levels:
        logger.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)
    for logger, level in levels.items():
        logger.setLevel(level)


@pytest.mark.parametrize("mode", EVERY_MODE, ids=str)
def test_heads_that_repeat_the_token_are_shown_without_it(sweep: Sweep, tmp_path: Path, mode: Mode) -> None:
    with listening(repeating) as server, redact_logs(MARKER):
        url = f"http://127.0.0.1:{server.port}"
        with pytest.raises(UnsafeLink):
            mode.speak(lambda client: client.download(TASK, tmp_path), base_url=url, token=MARKER)
    assert any("evil.example" in record and MASK in record for record in sweep.log.records)
    assert sweep.findings() == []


@pytest.mark.parametrize("writer", WRITERS)
def test_the_message_however_it_writes_the_token(shown: Shown, writer: str) -> None:
    with redact_logs(MARKER):
        HTTPCORE.debug(f"before {WRITERS[writer](MARKER)} after")
    assert shown.getvalue() == f"before {MASK} after\n"


def test_bytes_as_python_shows_them(shown: Shown) -> None:
    token = "tok'en-\\é-9000"
    with redact_logs(token):
        HTTPCORE.debug("%r and %r", token.encode(), [(b"X", token.encode())])
    assert shown.getvalue() == f'b"{MASK}" and [(b\'X\', b"{MASK}")]\n'


ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "text": ("GET %s", f"/?token={MARKER}"),
    "object": ("%s", {"token": [MARKER]}),
    "mapping": ("%(token)s", {"token": MARKER}),
    "not shown": ("%.0s", MARKER),
    "too many": ("nothing", MARKER),
    "no text": ({"token": MARKER},),
}


@pytest.mark.parametrize("arguments", ARGUMENTS.values(), ids=ARGUMENTS)
def test_arguments(sweep: Sweep, capsys: pytest.CaptureFixture[str], arguments: tuple[Any, ...]) -> None:
    with redact_logs(MARKER):
        HTTPCORE.debug(*arguments)
    assert len(sweep.log.records) == 1
    assert sweep.findings() == []
    assert not leaks(capsys.readouterr().err)


def fail() -> None:
    raise ValueError(f"can't send {MARKER}")


def test_tracebacks(shown: Shown, sweep: Sweep) -> None:
    with redact_logs(MARKER):
        try:
            fail()
        except ValueError:
            HTTPCORE.exception("it failed")
        HTTPCORE.debug("no error", exc_info=True)
        HTTPCORE.debug("a stack", stack_info=True)
    assert "in fail" in shown.getvalue()
    assert f"ValueError: can't send {MASK}" in shown.getvalue()
    assert "Stack (most recent call last)" in shown.getvalue()
    assert sweep.findings() == []


def test_a_traceback_without_the_token_stays_an_object(caplog: pytest.LogCaptureFixture) -> None:
    with redact_logs(MARKER), caplog.at_level(logging.DEBUG, "httpcore"):
        try:
            int("none")
        except ValueError:
            HTTPCORE.exception("it failed")
    [record] = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[0] is ValueError


def test_handlers_on_every_level_of_loggers_and_added_later() -> None:
    streams = [io.StringIO() for _ in range(3)]
    handlers = [logging.StreamHandler(stream) for stream in streams]
    parents = [HTTPCORE, logging.getLogger("httpcore"), logging.getLogger()]
    with redact_logs(MARKER):
        for logger, handler in zip(parents, handlers, strict=True):
            logger.addHandler(handler)
        try:
            logging.getLogger("httpcore.never.heard.of").error("say %s", MARKER)
            HTTPCORE.error("say %s", MARKER)
        finally:
            for logger, handler in zip(parents, handlers, strict=True):
                logger.removeHandler(handler)
    assert [stream.getvalue() for stream in streams] == [f"say {MASK}\n" * lines for lines in (1, 2, 2)]


@pytest.mark.parametrize(
    ("name", "options", "masked"),
    [
        ("httpx", {}, True),
        ("hpack.table", {}, True),
        ("profile_export", {}, True),
        ("httpx2", {}, False),
        ("mine", {}, False),
        ("mine.below", {"loggers": ["mine"]}, True),
        ("httpx", {"loggers": ["mine"]}, False),
        ("mine", {"loggers": None}, True),
    ],
)
def test_which_loggers_are_meant(shown: Shown, name: str, options: dict[str, Any], masked: bool) -> None:
    with redact_logs(MARKER, **options):
        logging.getLogger(name).error(MARKER)
    assert shown.getvalue() == f"{MASK if masked else MARKER}\n"


def test_it_ends_and_leaves_what_others_have_installed(shown: Shown) -> None:
    before = logging.getLogRecordFactory()
    first = redact_logs(MARKER)
    ours = logging.getLogRecordFactory()

    def later(*args: Any, **kwargs: Any) -> logging.LogRecord:
        return ours(*args, **kwargs)

    logging.setLogRecordFactory(later)
    first.stop()
    assert logging.getLogRecordFactory() is later
    HTTPCORE.error("now %s", "mark")
    logging.setLogRecordFactory(ours)
    first.stop()
    assert logging.getLogRecordFactory() is before
    HTTPCORE.error(MARKER)
    assert shown.getvalue() == f"now mark\n{MARKER}\n"


def test_several_tokens(shown: Shown) -> None:
    with redact_logs("first-token", "second-token"), redact_logs("third-token"):
        HTTPCORE.error("first-token second-token third-token")
    assert shown.getvalue() == f"{MASK} {MASK} {MASK}\n"


class Broken:
    def __str__(self) -> str:
        return "fine"

    def __repr__(self) -> str:
        raise RuntimeError


def test_it_never_breaks_the_program_that_logs(shown: Shown) -> None:
    with redact_logs(MARKER):
        HTTPCORE.error("%s", Broken())
        logging.makeLogRecord({"msg": "without a name"})
    assert shown.getvalue() == "fine\n"


class Everything(logging.Formatter):
    """As formatters for machines do: all that a record carries."""

    def format(self, record: logging.LogRecord) -> str:
        super().format(record)
        return json.dumps(vars(record), default=repr)


FROM_ELSEWHERE: list[Callable[[logging.Logger], None]] = [
    lambda logger: logger.error("text", extra={"headers": {"token": MARKER}, "url": f"/?{MARKER}", "n": 7}),
    lambda logger: logger.handle(logging.makeLogRecord({"name": "far", "msg": f"token={MARKER}", "levelno": 40})),
    lambda logger: logger.error("%s", MARKER),
]


@pytest.mark.parametrize("log", FROM_ELSEWHERE)
def test_a_filter_on_a_handler_masks_all_that_a_record_carries(log: Callable[[logging.Logger], None]) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Everything())
    handler.addFilter(RedactingFilter(MARKER))
    logger = logging.getLogger("mine.machine")
    logger.addHandler(handler)
    try:
        log(logger)
    finally:
        logger.removeHandler(handler)
    assert MASK in stream.getvalue()
    assert not leaks(stream.getvalue())


def test_what_masks_doesnt_show_what_it_masks() -> None:
    with redact_logs(MARKER) as redaction:
        for holder in (RedactingFilter(MARKER), redaction):
            assert not leaks(repr(holder) + repr(vars(holder)))
            with pytest.raises(TypeError):
                pickle.dumps(holder)
    assert repr(RedactingFilter(MARKER)) == "RedactingFilter(Secret('***'))"


def test_an_empty_token_is_refused() -> None:
    before = logging.getLogRecordFactory()
    with pytest.raises(UsageError):
        redact_logs("")
    assert logging.getLogRecordFactory() is before
