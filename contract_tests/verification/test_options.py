"""The command line: what is understood, what is refused, and what the defaults are."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.verification.__main__ import main
from scripts.verification.options import BadUsage, Options, parse
from scripts.verification.run import statement
from scripts.verification.values import Source

TOKEN = "abcdefghijklmnqrstuvwxyz"
NEEDED = ("--base-url", "https://panel.example.com", "--source", "database:1")


def parsed(*more: str, token: str = TOKEN) -> Options:
    return parse([*NEEDED, *more], {"PROFILE_EXPORT_TOKEN": token})


def test_defaults() -> None:
    options = parsed()
    assert options.aims.formats == ("json", "xml")
    assert (options.auth, options.max_requests, options.max_exports, options.pace) == ("body", 50, 2, 0.2)
    assert (options.json, options.junit, options.html, options.fuzz) == (None, None, None, False)


def test_further_sources_take_a_little_more() -> None:
    options = parsed("--source", "segment:10", "--source", "segment:11", "--source", "segment:10")
    assert options.aims.sources == (Source("database", 1), Source("segment", 10), Source("segment", 11))
    assert (options.max_requests, options.max_exports) == (66, 4)


def test_everything_can_be_chosen() -> None:
    options = parsed(
        *("--where", '{"occupation": "doctor"}', "--wire-format", "xml", "--auth", "bearer", "--max-requests", "9"),
        *("--max-exports", "1", "--pace", "0", "--fuzz", "--json", "a", "--junit", "b", "--html", "c"),
        *("--file-format", "json", "--task-timeout", "60"),
    )
    assert (options.aims.where, options.aims.formats) == ({"occupation": "doctor"}, ("xml",))
    assert (options.max_requests, options.max_exports, options.pace, options.fuzz) == (9, 1, 0.0, True)
    assert (options.json, options.junit, options.html) == (Path("a"), Path("b"), Path("c"))
    assert (options.auth, options.aims.file_format, options.aims.task_timeout) == ("bearer", "json", 60.0)


BAD: dict[str, tuple[str, ...]] = {
    "no source": ("--base-url", "https://panel.example.com"),
    "no address": ("--source", "database:1"),
    "a source of no kind": (*NEEDED, "--source", "table:1"),
    "a source without an id": (*NEEDED, "--source", "database"),
    "a source with letters": (*NEEDED, "--source", "database:one"),
    "a filter that is no JSON": (*NEEDED, "--where", "occupation=doctor"),
    "a filter that is no object": (*NEEDED, "--where", "[]"),
    "an operator in XML": (*NEEDED, "--where", '{"$or": [{"a": "b"}]}'),
    "an unknown format": (*NEEDED, "--wire-format", "yaml"),
    "an unknown option": (*NEEDED, "--token", "x"),
    "no requests at all": (*NEEDED, "--max-requests", "0"),
    "less than no requests": (*NEEDED, "--max-requests", "-1"),
    "no exports at all": (*NEEDED, "--max-exports", "0"),
    "time that runs back": (*NEEDED, "--pace", "-1"),
    "an address of another kind": ("--base-url", "ftp://panel.example.com", "--source", "database:1"),
    "an address with a password": ("--base-url", "https://me:pass@panel.example.com", "--source", "database:1"),
    "an address with a query": ("--base-url", "https://panel.example.com/?token=x", "--source", "database:1"),
    "no address in it": ("--base-url", "panel", "--source", "database:1"),
    "a port of letters": ("--base-url", "http://panel.example.com:port", "--source", "database:1"),
}


@pytest.mark.parametrize("arguments", BAD.values(), ids=BAD)
def test_bad_usage_is_refused_with_a_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    file = tmp_path / "verdict.json"
    assert main([*arguments, "--json", str(file)], {"PROFILE_EXPORT_TOKEN": TOKEN}) == 2
    verdict: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    assert (verdict["verdict"], verdict["exit_code"]) == ("usage", 2)
    assert verdict["reason"]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("terminal", [False, True])
def test_the_line_for_programs_floods_no_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    assert main(["--base-url", "http://127.0.0.1:1", "--source", "database:1"], {"PROFILE_EXPORT_TOKEN": TOKEN}) == 3
    told = capsys.readouterr()
    assert told.err
    assert (told.out == "") == terminal


def test_a_command_without_anything_is_told_in_one_line_what_to_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], {}) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert told.err.startswith("The command can't be understood.")
    assert all(word in told.err for word in ("--base-url URL", "--source TYPE:ID", "PROFILE_EXPORT_TOKEN", "--help"))


@pytest.mark.parametrize("token", ["", "two words\n", " padded"])
def test_a_token_that_is_none_is_bad_usage(token: str) -> None:
    with pytest.raises(BadUsage, match="PROFILE_EXPORT_TOKEN"):
        parsed(token=token)


def test_an_operator_can_be_sent_in_json() -> None:
    assert parsed("--wire-format", "json", "--where", '{"$or": [{"a": "b"}]}').aims.where


def test_the_plan_is_stated_with_its_limits() -> None:
    text = statement(parsed("--source", "segment:10"))
    assert "database:1, segment:10" in text
    assert "3 exports" in text
    assert "Never more than 58 requests and 3 exports, 0.2 s apart." in text


def test_no_repr_shows_the_token() -> None:
    assert TOKEN not in repr(parsed())
