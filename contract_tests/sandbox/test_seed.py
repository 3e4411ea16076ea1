"""The invented profiles: the same every time, and hard to read for careless programs."""

from __future__ import annotations

import json
import re
from itertools import islice

from profile_export.sandbox.fields import FIELDS
from profile_export.sandbox.seed import NASTY_TEXTS, generate

NAMES = list(FIELDS)


def column(name: str, count: int = 500) -> list[int | str | None]:
    return [row[NAMES.index(name)] for row in generate(1, 1, count)]


def test_the_same_seed_gives_the_same_profiles() -> None:
    assert list(generate(5, 1, 100)) == list(generate(5, 1, 100))
    assert list(generate(5, 1, 100)) != list(generate(6, 1, 100))
    assert list(generate(5, 1, 100)) != list(generate(5, 2, 100))


def test_a_larger_database_begins_with_the_same_profiles() -> None:
    assert list(islice(generate(1, 1, 1000), 100)) == list(generate(1, 1, 100))


def test_profiles_do_not_change_between_versions() -> None:
    """Recorded once. Who changes the values must also raise the layout's number in the store."""
    assert next(generate(1, 1, 1)) == (
        1,
        "user1@example.org",
        '["+76914312250"]',
        "李",
        "Nguyễn",
        "1950-03-04",
        "Казань",
        "active",
        "2019-09-23T04:31:00+00:00",
        "engineer",
        "008056448",
        135,
        "",
    )


def test_every_profile_has_a_value_or_none_for_every_field() -> None:
    kinds = {"number": int, "text": str, "texts": str}
    for row in generate(1, 1, 300):
        for value, kind in zip(row, FIELDS.values(), strict=True):
            assert value is None or type(value) is kinds[kind]


def test_even_a_small_database_has_all_the_values_that_hurt() -> None:
    assert column("comment", len(NASTY_TEXTS)) == list(NASTY_TEXTS)
    text = "".join(NASTY_TEXTS)
    for part in (
        '"',
        ",",
        "\n",
        "\r\n",
        "a lone carriage\rreturn",
        "😀",
        "مرحبا",
        "שלום",
        "=cmd",
        "  spaces",
        "\u2028",
    ):
        assert part in text
    assert "" in NASTY_TEXTS


def test_some_fields_are_absent_and_some_empty() -> None:
    assert {None, ""} <= set(column("occupation")) & set(column("_city")) & set(column("comment"))
    assert {None, "[]"} <= set(column("phones"))


def test_loyalty_codes_begin_with_zeros() -> None:
    codes = [code for code in column("loyalty_code") if code is not None]
    assert all(re.fullmatch("00[0-9]{7}", str(code)) for code in codes)


def test_phones_can_be_joined_by_commas() -> None:
    """The csv export does this in SQL, which is right only while phones consist of these characters."""
    for phones in column("phones"):
        items = json.loads(str(phones or "[]"))
        assert all(re.fullmatch(r"\+?[0-9]+", phone) for phone in items)
        assert phones is None or phones == json.dumps(items, separators=(",", ":"))
