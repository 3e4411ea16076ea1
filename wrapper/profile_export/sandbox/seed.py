"""Invented profiles, the same for the same seed, with values that break careless CSV readers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import chain, repeat

Row = tuple[int | str | None, ...]
"""Values in the order of `fields.FIELDS`; None where the profile doesn't have the field."""

NASTY_TEXTS = (
    "",
    'She said "call me back", twice',
    "one, two, three",
    "first line\nsecond line",
    "first line\r\nsecond line\r\n",
    "  spaces on both sides  ",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd",
    "-2+3",
    "007",
    "Смотрите: кириллица",
    "日本語のテキスト、改行\nあり",
    "مرحبا، كيف الحال؟",
    "שלום, עולם",
    "😀 family: 👨‍👩‍👧‍👦, flag: 🇪🇺",
    "e\u0301 is not \u00e9",
    "zero\u200bwidth and \ufeffbyte order mark",
    "no\u00a0break\u2028line separator",
    "semi;colon\tand tab",
    '"',
    '""',
    '","',
    "\n",
    "a lone carriage\rreturn",
    "back\\slash \\n \\N",
    "NULL",
    "nan",
    "<b>bold</b> &amp; 'quoted'",
    "1e5",
    "x" * 2000,
)

_FIRST_NAMES = ("Anna", "Борис", "Chloé", "David", "Ελένη", "Farid", "Grace", "ليلى", "Ivan", "José", "李", "Zoë")
_LAST_NAMES = ("O'Brien", "Smith, Jr.", "Müller", 'D"Arcy', "Иванова", "de la Cruz", "Nguyễn", "Sørensen", "כהן", "王")
_CITIES = ("Berlin", "Saint-Étienne", "Washington, D.C.", "São Paulo", "東京", "Казань", "القاهرة", "Łódź", "")
_STATUSES = ("active", "active", "active", "inactive", "unsubscribed")
_OCCUPATIONS = (
    *("doctor", "nurse", "surgeon", "engineer", "teacher", "driver", "lawyer", "baker", "pilot", "farmer"),
    *("врач", "Doctor", "head doctor", "artist", ""),
)
_DOMAINS = ("example.com", "example.org", "mail.example.net")

_BIRTHDAYS = tuple((date(1940, 1, 1) + timedelta(days=day)).isoformat() for day in range(25_000))
_REGISTERED_FROM = datetime(2019, 1, 1, tzinfo=UTC)
_MINUTES_OF_REGISTRATION = 3_000_000

# Shares of the profiles.
_COMMENTED = 0.15
_KNOWN = 0.9
_PHONES_ABSENT, _PHONES_EMPTY, _PHONES_ONE = 0.1, 0.2, 0.7

# Fixed, so that a segment of doctors is a proper part of its database, whatever the size.
_FIRST_OCCUPATIONS = {1: "engineer", 2: "doctor"}


def generate(seed: int, database_id: int, count: int) -> Iterator[Row]:
    """Yield `count` profiles of one database. A larger count begins with the same profiles."""
    # Only random() is promised to give the same numbers on every version of Python.
    draw = random.Random(f"{seed}/{database_id}").random  # noqa: S311 - nothing secret
    # The nasty texts come first, all of them, so that a small database has them too.
    nasty = chain(NASTY_TEXTS, repeat(None))
    for profile_id in range(1, count + 1):
        comment = next(nasty)
        if comment is None:
            comment = _pick(NASTY_TEXTS, draw()) if draw() < _COMMENTED else None
        yield (
            profile_id,
            f"user{profile_id}@{_pick(_DOMAINS, draw())}",
            _phones(draw(), draw()),
            _pick(_FIRST_NAMES, draw()),
            _pick(_LAST_NAMES, draw()),
            _sometimes(draw(), _pick(_BIRTHDAYS, draw())),
            _sometimes(draw(), _pick(_CITIES, draw())),
            _pick(_STATUSES, draw()),
            _registered(draw()),
            _occupation(profile_id, draw()),
            _sometimes(draw(), f"{int(draw() * 10_000_000):09d}"),
            int(draw() * 500),
            comment,
        )


def _pick(values: tuple[str, ...], at: float) -> str:
    return values[int(at * len(values))]


def _sometimes(at: float, value: str) -> str | None:
    return value if at < _KNOWN else None


def _phones(at: float, number: float) -> str | None:
    first = int(number * 10_000_000_000)
    if at < _PHONES_ABSENT:
        return None
    if at < _PHONES_EMPTY:
        return "[]"
    if at < _PHONES_ONE:
        return f'["+7{first:010d}"]'
    return f'["+7{first:010d}","00{first // 7:010d}"]'


def _registered(at: float) -> str:
    return (_REGISTERED_FROM + timedelta(minutes=int(at * _MINUTES_OF_REGISTRATION))).isoformat()


def _occupation(profile_id: int, at: float) -> str | None:
    if profile_id in _FIRST_OCCUPATIONS:
        return _FIRST_OCCUPATIONS[profile_id]
    return _pick(_OCCUPATIONS, at / _KNOWN) if at < _KNOWN else None
