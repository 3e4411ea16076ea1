from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.create_export_request import CreateExportRequest
from ...models.create_export_success import CreateExportSuccess
from ...models.error_answer import ErrorAnswer
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: CreateExportRequest,
    request_id: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(request_id, Unset):
        headers["Request-ID"] = request_id

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1.1/profiles/get_all",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> CreateExportSuccess | ErrorAnswer | ErrorAnswer:
    if response.status_code == 200:

        def _parse_response_200(data: object) -> CreateExportSuccess | ErrorAnswer:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_create_export_answer_type_0 = CreateExportSuccess.from_dict(data)

                return componentsschemas_create_export_answer_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            componentsschemas_create_export_answer_type_1 = ErrorAnswer.from_dict(data)

            return componentsschemas_create_export_answer_type_1

        response_200 = _parse_response_200(response.json())

        return response_200

    response_default = ErrorAnswer.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[CreateExportSuccess | ErrorAnswer | ErrorAnswer]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreateExportRequest,
    request_id: str | Unset = UNSET,
) -> Response[CreateExportSuccess | ErrorAnswer | ErrorAnswer]:
    """Create a task that exports all profiles of a source

     Starts an export of a whole database or segment, narrowed by `custom_request` when it is given.
    The task goes on by itself; its id is the handle for `POST /api/v1.1/tasks/status`.

    Args:
        request_id (str | Unset):
        body (CreateExportRequest): What to export. `token` is required where it travels in the
            body (documented); with the bearer header it is left
            out, which OpenAPI can't make depend on a header.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CreateExportSuccess | ErrorAnswer | ErrorAnswer]
    """

    kwargs = _get_kwargs(
        body=body,
        request_id=request_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: CreateExportRequest,
    request_id: str | Unset = UNSET,
) -> CreateExportSuccess | ErrorAnswer | ErrorAnswer | None:
    """Create a task that exports all profiles of a source

     Starts an export of a whole database or segment, narrowed by `custom_request` when it is given.
    The task goes on by itself; its id is the handle for `POST /api/v1.1/tasks/status`.

    Args:
        request_id (str | Unset):
        body (CreateExportRequest): What to export. `token` is required where it travels in the
            body (documented); with the bearer header it is left
            out, which OpenAPI can't make depend on a header.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CreateExportSuccess | ErrorAnswer | ErrorAnswer
    """

    return sync_detailed(
        client=client,
        body=body,
        request_id=request_id,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreateExportRequest,
    request_id: str | Unset = UNSET,
) -> Response[CreateExportSuccess | ErrorAnswer | ErrorAnswer]:
    """Create a task that exports all profiles of a source

     Starts an export of a whole database or segment, narrowed by `custom_request` when it is given.
    The task goes on by itself; its id is the handle for `POST /api/v1.1/tasks/status`.

    Args:
        request_id (str | Unset):
        body (CreateExportRequest): What to export. `token` is required where it travels in the
            body (documented); with the bearer header it is left
            out, which OpenAPI can't make depend on a header.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CreateExportSuccess | ErrorAnswer | ErrorAnswer]
    """

    kwargs = _get_kwargs(
        body=body,
        request_id=request_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: CreateExportRequest,
    request_id: str | Unset = UNSET,
) -> CreateExportSuccess | ErrorAnswer | ErrorAnswer | None:
    """Create a task that exports all profiles of a source

     Starts an export of a whole database or segment, narrowed by `custom_request` when it is given.
    The task goes on by itself; its id is the handle for `POST /api/v1.1/tasks/status`.

    Args:
        request_id (str | Unset):
        body (CreateExportRequest): What to export. `token` is required where it travels in the
            body (documented); with the bearer header it is left
            out, which OpenAPI can't make depend on a header.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CreateExportSuccess | ErrorAnswer | ErrorAnswer
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            request_id=request_id,
        )
    ).parsed
