"""The hook: an Airflow connection turned into a client."""

from __future__ import annotations

import json
from typing import Any, Final, cast
from urllib.parse import urlsplit

from airflow.sdk import BaseHook, Connection
from asgiref.sync import sync_to_async

from profile_export import (
    AsyncExportClient,
    ExportClient,
    ExportError,
    InvalidRequest,
    RetryPolicy,
    TaskNotFound,
    UsageError,
)

DEFAULT_CONNECTION: Final = "profile_export_default"
# Members of a connection's extra, by the client's names for them; the last one is the client's `verify`.
EXTRAS: Final = ("auth", "wire_format", "panel_url", "ca_file")


class ProfileExportHook(BaseHook):
    """Makes clients from a connection of the type `profile_export`.

    The connection's host is the panel (`panel.example.com` or a whole URL), its password the API token, its schema
    `https` unless it says `http`. Its extra may have `auth`, `wire_format`, `panel_url`, which are the client's
    arguments of these names, and `ca_file`, a file of certificate authorities.

    Args:
        profile_export_conn_id: The connection's id.
    """

    conn_name_attr = "profile_export_conn_id"
    default_conn_name = DEFAULT_CONNECTION
    conn_type = "profile_export"
    hook_name = "Profile export"

    def __init__(self, profile_export_conn_id: str = DEFAULT_CONNECTION) -> None:
        super().__init__()
        self.profile_export_conn_id = profile_export_conn_id

    def get_conn(self, **options: Any) -> ExportClient:
        """A blocking client, for workers. Close it, or use it as a context manager.

        Args:
            options: Further arguments of `ExportClient`, such as `retry` or `download`.

        Raises:
            UsageError: The connection can't be used.
        """
        return ExportClient(**client_arguments(self.get_connection(self.profile_export_conn_id)), **options)

    async def aget_conn(self, **options: Any) -> AsyncExportClient:
        """An asynchronous client, for triggers; see `get_conn`."""
        # Not `aget_connection`: with it, `dag.test()` finds no connection of the database. The thread is asgiref's own,
        # since those of the event loop are what Airflow's answer is read with.
        connection = await sync_to_async(self.get_connection)(self.profile_export_conn_id)
        return AsyncExportClient(**client_arguments(connection), **options)

    def test_connection(self) -> tuple[bool, str]:
        """Whether the panel can be reached and takes the token; asks for the status of a task that nobody has."""
        try:
            with self.get_conn(retry=RetryPolicy(attempts=1)) as client:
                client.status("profile-export-connection-test")
        except (TaskNotFound, InvalidRequest):
            pass  # It read the request, and it is about the task that it complains.
        except ExportError as error:
            return False, str(error)
        return True, "The panel answers and takes the token"


def client_arguments(connection: Connection) -> dict[str, Any]:
    """What a connection says, as arguments of a client.

    Raises:
        UsageError: Its host is missing or can't be read, or its extra is not understood.
    """
    extra = _extra(connection)
    authorities = extra.pop("ca_file", None)
    return {
        "base_url": _base_url(connection),
        "token": connection.password or "",
        "verify": authorities or True,
        **extra,
    }


def _base_url(connection: Connection) -> str:
    host = _text(connection, "host", connection.host or "").strip()
    if not host:
        raise UsageError(f"the connection {connection.conn_id!r} has no host", hints=("its host is the panel",))
    url = host if "://" in host else f"{connection.schema or 'https'}://{host}"
    if not connection.port:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        raise UsageError(
            f"the host of the connection {connection.conn_id!r} is not a URL", hints=("its host is the panel",)
        ) from None
    return parts._replace(netloc=f"{parts.netloc}:{connection.port}").geturl()


def _extra(connection: Connection) -> dict[str, str]:
    # Not `extra_dejson`: it talks to the supervisor, which a trigger's event loop must not wait for.
    try:
        extra: object = json.loads(connection.extra or "{}")
    except (TypeError, ValueError, RecursionError):
        extra = None
    if not isinstance(extra, dict):
        raise UsageError(f"the extra of the connection {connection.conn_id!r} is not a JSON object")
    members = cast("dict[str, Any]", extra)
    unknown = sorted(members.keys() - set(EXTRAS))
    if unknown:
        raise UsageError(
            f"the extra of the connection {connection.conn_id!r} has unknown members: {', '.join(unknown)}",
            hints=(f"known are {', '.join(EXTRAS)}",),
        )
    # The form of Airflow's web pages stores a field that was left empty, too.
    said = {name: value for name, value in members.items() if value is not None and value != ""}
    return {name: _text(connection, name, value) for name, value in said.items()}


def _text(connection: Connection, name: str, value: object) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{name} of the connection {connection.conn_id!r} is a text, not {type(value).__name__}")
    return value
