"""Keeps a token out of logs that this package doesn't write, such as httpcore's at DEBUG, which shows heads of answers.

    import logging
    from profile_export import redact_logs

    logging.basicConfig(level=logging.DEBUG)
    redact_logs(token)

A filter on a logger sees only what is logged to that very logger, not what comes from those below it, and a filter on a
handler misses the handlers that are added later. So `redact_logs` masks records when they are made. `RedactingFilter`
is for handlers, and masks what is added to records after that (`extra=`, records from other processes).
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Collection, Iterator
from types import TracebackType
from typing import Any, Final, Self

from profile_export._secrets import Secret

# Everybody between the credential line and the socket who writes a log, and this package.
LIBRARIES: Final = ("httpx", "httpcore", "hpack", "profile_export")
# Judged as what they become; the rest of a record's members is shown by some formatters as it is.
_PARTS: Final = frozenset({"msg", "args", "exc_info"})


class RedactingFilter(logging.Filter):
    """Masks tokens in every record that it sees, and lets all of them pass. Made for handlers.

    Args:
        tokens: What is masked, as it is and as it looks in URLs, JSON, XML and the reprs of bytes.

    Raises:
        UsageError: One of them can't be a token.
    """

    def __init__(self, *tokens: str) -> None:
        super().__init__()
        self._secrets = tuple(Secret(token) for token in tokens)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self._secrets))})"

    def filter(self, record: logging.LogRecord) -> bool:
        """Masks the message, its arguments, the traceback, and whatever else the record carries."""
        message = _message(record)
        if self._masks(f"{message} {_shown(record.args)}"):
            record.msg, record.args = self._mask(message), ()
        if record.exc_info and record.exc_info[0] is not None:
            trace = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
            if self._masks(trace):
                # Formatters print this text in place of what it was made from.
                record.exc_info, record.exc_text = None, self._mask(trace)
        for name, value in self._naming(record):
            setattr(record, name, value)
        return True

    def _naming(self, record: logging.LogRecord) -> Iterator[tuple[str, str]]:
        """The other members of the record that name a token, masked."""
        for name, value in list(vars(record).items()):
            if name not in _PARTS and value is not None and not isinstance(value, int | float):
                text = value if isinstance(value, str) else _shown(value)
                if self._masks(text):
                    yield name, self._mask(text)

    def _masks(self, text: str) -> bool:
        return self._mask(text) != text

    def _mask(self, text: str) -> str:
        for secret in self._secrets:
            text = secret.mask(text)
        return text


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - logging would print the arguments as they are, on stderr
        return f"{record.msg} {_shown(record.args)}"


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - a broken repr must not break the program that logs
        return ""


class Redaction:
    """What `redact_logs` gives: ends with `stop()`, or with the block that it is the context manager of."""

    def __init__(self, tokens: Collection[str], loggers: Collection[str] | None) -> None:
        self._filter = RedactingFilter(*tokens)
        self._loggers = None if loggers is None else tuple(loggers)
        self._active = True
        self._before = logging.getLogRecordFactory()
        logging.setLogRecordFactory(self)

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        """Makes a record, in place of `logging.LogRecord`."""
        record: logging.LogRecord = self._before(*args, **kwargs)
        if self._active and self._concerns(record.name):
            self._filter.filter(record)
        return record

    def _concerns(self, name: str | None) -> bool:
        if self._loggers is None:
            return True
        return any(name == logger or str(name).startswith(f"{logger}.") for logger in self._loggers)

    def stop(self) -> None:
        """Masks nothing from now on."""
        self._active = False
        # Somebody who came later may rely on this one; it passes records on.
        if logging.getLogRecordFactory() is self:
            logging.setLogRecordFactory(self._before)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def redact_logs(*tokens: str, loggers: Collection[str] | None = LIBRARIES) -> Redaction:
    """Masks tokens in all that is logged from now on by the HTTP libraries below this package, for all handlers.

    Args:
        tokens: What is masked.
        loggers: Names of loggers; those below them are meant, too. None is all loggers of the process, which costs
            every record a search.

    Raises:
        UsageError: A token can't be one.
    """
    return Redaction(tokens, loggers)
