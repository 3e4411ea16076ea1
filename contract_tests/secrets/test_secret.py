"""A secret gives its text to nobody who doesn't ask for it by name, and masks it however it is written."""

from __future__ import annotations

import copy
import html
import json
import pickle
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.secrets.sweep import MARKER, leaks
from profile_export._credentials import CredentialLine
from profile_export._secrets import MASK, Secret
from profile_export._transfer import parse_panel

SECRET = Secret(MARKER)
WRITERS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "url": lambda text: quote(text, safe=""),
    "path": quote,
    "form": quote_plus,
    "lower case url": lambda text: (
        quote(text, safe="").replace("%2B", "%2b").replace("%2F", "%2f").replace("%3D", "%3d")
    ),
    "json": lambda text: json.dumps(text)[1:-1],
    "php's json": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "json for html": lambda text: text.replace("<", "\\u003c").replace(">", "\\u003E").replace("&", "\\u0026"),
    "xml": lambda text: html.escape(text, quote=False),
    "html": html.escape,
    "go's html": lambda text: html.escape(text).replace("+", "&#43;").replace("&quot;", "&#34;"),
}
tokens = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=8, max_size=20)


def test_nothing_prints_it_by_accident() -> None:
    shown = [str(SECRET), repr(SECRET), f"{SECRET}", f"{SECRET!r:>40}", "%s %r" % (SECRET, SECRET), f"{[SECRET]}"]  # noqa: UP031
    shown += [repr({"token": SECRET}), "{:>20}".format(SECRET)]  # noqa: UP032
    assert not any(leaks(text) for text in shown)
    assert not hasattr(SECRET, "__dict__")
    assert SECRET.reveal() == MARKER


@pytest.mark.parametrize("way", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, "".join, bytes])
def test_nothing_takes_its_text(way: Callable[[object], object]) -> None:
    with pytest.raises(TypeError) as caught:
        way(SECRET)
    assert not leaks(str(caught.value))


def test_what_holds_it_does_not_show_it() -> None:
    line = CredentialLine(parse_panel("https://panel.example.com", None), SECRET)
    assert not leaks(repr(line))
    with pytest.raises(TypeError):
        pickle.dumps(line)


@pytest.mark.parametrize("writer", WRITERS)
@given(token=tokens, before=st.text("xy*", max_size=5), after=st.text("xy*", max_size=5))
def test_it_is_masked_however_it_is_written(writer: str, token: str, before: str, after: str) -> None:
    # Text around it that could be a part of it would make it ambiguous where it begins.
    token = f"<{token}>"
    assert Secret(token).mask(f"{before} {WRITERS[writer](token)} {after}") == f"{before} {MASK} {after}"


@pytest.mark.parametrize("writer", WRITERS)
def test_the_marker_is_masked_however_it_is_written(writer: str) -> None:
    written = WRITERS[writer](MARKER)
    assert leaks(written)
    assert SECRET.mask(f"a{written}b{written}") == f"a{MASK}b{MASK}"


def test_it_is_masked_everywhere_in_a_value() -> None:
    value = {"a": [MARKER, {"b": f"x{MARKER}y"}], MARKER: 1, "n": 7, "t": True, "z": None, "f": 1.5}
    masked = SECRET.mask_within(value)
    assert masked == {"a": [MASK, {"b": f"x{MASK}y"}], MASK: 1, "n": 7, "t": True, "z": None, "f": 1.5}


@given(st.text(max_size=50))
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert SECRET.mask(text) == text


def test_a_token_that_is_an_everyday_word_damages_no_data() -> None:
    assert Secret("csv").mask_within({"name": "1.csv", "csv": 1}) == {"name": "1.csv", "csv": 1}


def test_masking_takes_no_time() -> None:
    assert SECRET.mask(MARKER[:-1] * 20_000)[-3:] == MARKER[-4:-1]
