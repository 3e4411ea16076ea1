"""A connection becomes a client, and one that can't is refused with words that help."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from airflow.sdk import Connection

from contract_tests.airflow.conftest import TOKEN
from contract_tests.airflow.panel import Panel
from profile_export import AsyncExportClient, ExportClient, UsageError
from profile_export.airflow import ProfileExportHook
from profile_export.airflow.hook import client_arguments


def connection(**members: Any) -> Connection:
    return Connection(conn_id="panel", conn_type="profile_export", **{"password": "secret", **members})


@pytest.mark.parametrize(
    ("members", "url"),
    [
        ({"host": "panel.example.com"}, "https://panel.example.com"),
        ({"host": "panel.example.com", "port": 8443}, "https://panel.example.com:8443"),
        ({"host": "panel.example.com", "schema": "http"}, "http://panel.example.com"),
        ({"host": "https://panel.example.com"}, "https://panel.example.com"),
        ({"host": "https://panel.example.com/base", "port": 8443}, "https://panel.example.com:8443/base"),
        ({"host": " http://127.0.0.1:8080 "}, "http://127.0.0.1:8080"),
    ],
)
def test_the_host_is_the_panel(members: dict[str, Any], url: str) -> None:
    assert client_arguments(connection(**members))["base_url"] == url


def test_a_connection_survives_being_written_as_a_uri() -> None:
    """Airflow hands some connections on as URIs."""
    extra = {"auth": "bearer", "wire_format": "xml", "panel_url": "https://files.example.com", "ca_file": "/ca.pem"}
    direct = connection(host="panel.example.com", port=8443, schema="https", password=TOKEN, extra=json.dumps(extra))
    again = Connection.from_uri(direct.get_uri(), conn_id="panel")
    assert client_arguments(again) == client_arguments(direct)
    assert client_arguments(again)["token"] == TOKEN


def test_the_extra_says_how_to_speak() -> None:
    extra = {"auth": "bearer", "wire_format": "xml", "panel_url": "https://files.example.com", "ca_file": "/ca.pem"}
    assert client_arguments(connection(host="panel.example.com", extra=json.dumps(extra))) == {
        "base_url": "https://panel.example.com",
        "token": "secret",
        "auth": "bearer",
        "wire_format": "xml",
        "panel_url": "https://files.example.com",
        "verify": "/ca.pem",
    }


@pytest.mark.parametrize("extra", [None, "", "{}", '{"auth": null, "panel_url": "", "ca_file": ""}'])
def test_what_a_form_left_empty_is_not_said(extra: str | None) -> None:
    arguments = client_arguments(connection(host="panel.example.com", extra=extra))
    assert arguments == {"base_url": "https://panel.example.com", "token": "secret", "verify": True}


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({}, "has no host"),
        ({"host": "panel.example.com", "extra": '{"wireformat": "xml"}'}, "unknown members: wireformat"),
        ({"host": "panel.example.com", "extra": "[1]"}, "not a JSON object"),
        ({"host": "panel.example.com", "extra": "{auth: bearer}"}, "not a JSON object"),
        ({"host": "panel.example.com", "extra": 5}, "not a JSON object"),
        ({"host": "panel.example.com", "extra": "[" * 100_000}, "not a JSON object"),
        ({"host": "panel.example.com", "extra": '{"auth": ["bearer"]}'}, "auth of .*is a text, not list"),
        ({"host": "panel.example.com", "extra": '{"panel_url": {}}'}, "panel_url of .*is a text, not dict"),
        ({"host": "panel.example.com", "extra": '{"ca_file": 5}'}, "ca_file of .*is a text, not int"),
        ({"host": "panel.example.com", "extra": '{"ca_file": false}'}, "ca_file of .*is a text, not bool"),
        ({"host": "https://[x", "port": 8443}, "host of .*is not a URL"),
        ({"host": 5}, "host of .*is a text, not int"),
    ],
)
def test_what_is_not_understood_is_refused(members: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        client_arguments(connection(**members))


def test_the_clients_are_those_of_the_connection(connected: Panel) -> None:
    async def asynchronous() -> str:
        async with await ProfileExportHook().aget_conn() as client:
            assert isinstance(client, AsyncExportClient)
            return repr(client)

    with ProfileExportHook().get_conn() as client:
        assert isinstance(client, ExportClient)
        assert connected.url in repr(client)
    assert connected.url in asyncio.run(asynchronous())


def test_a_test_of_the_connection_asks_the_panel(connected: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ProfileExportHook().test_connection() == (True, "The panel answers and takes the token")
    monkeypatch.setenv("AIRFLOW_CONN_WRONG", json.dumps(connected.connection() | {"password": "another-token"}))
    works, why = ProfileExportHook("wrong").test_connection()
    assert not works
    assert "token" in why
    monkeypatch.setenv("AIRFLOW_CONN_CLOSED", json.dumps(connected.connection() | {"host": "http://127.0.0.1:9"}))
    works, why = ProfileExportHook("closed").test_connection()
    assert not works
    assert connected.seen.created == []


def test_the_token_is_in_no_log_and_no_repr(connected: Panel, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    hook = ProfileExportHook()
    assert hook.test_connection()[0]
    with hook.get_conn() as client:
        told = [repr(hook), repr(vars(hook)), repr(client), caplog.text]
    assert caplog.records
    assert not [text for text in told if TOKEN in text or TOKEN[:12] in text]
