from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.error_answer import ErrorAnswer
from ...types import File, Response


def _get_kwargs(
    file_id: str,
    file_name: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/download/{file_id}/{file_name}".format(
            file_id=quote(str(file_id), safe=""),
            file_name=quote(str(file_name), safe=""),
        ),
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ErrorAnswer | File:
    if response.status_code == 200:
        response_200 = File(payload=BytesIO(response.content))

        return response_200

    if response.status_code == 206:
        response_206 = File(payload=BytesIO(response.content))

        return response_206

    response_default = ErrorAnswer.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ErrorAnswer | File]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    file_id: str,
    file_name: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[ErrorAnswer | File]:
    """Download one file of a finished export, under the shorter path

     The same operation under the path that the API document shows in its step 3 (documented). Which of
    the two paths
    a panel uses is seen from its `urls`.

    Args:
        file_id (str):
        file_name (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorAnswer | File]
    """

    kwargs = _get_kwargs(
        file_id=file_id,
        file_name=file_name,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    file_id: str,
    file_name: str,
    *,
    client: AuthenticatedClient | Client,
) -> ErrorAnswer | File | None:
    """Download one file of a finished export, under the shorter path

     The same operation under the path that the API document shows in its step 3 (documented). Which of
    the two paths
    a panel uses is seen from its `urls`.

    Args:
        file_id (str):
        file_name (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorAnswer | File
    """

    return sync_detailed(
        file_id=file_id,
        file_name=file_name,
        client=client,
    ).parsed


async def asyncio_detailed(
    file_id: str,
    file_name: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[ErrorAnswer | File]:
    """Download one file of a finished export, under the shorter path

     The same operation under the path that the API document shows in its step 3 (documented). Which of
    the two paths
    a panel uses is seen from its `urls`.

    Args:
        file_id (str):
        file_name (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorAnswer | File]
    """

    kwargs = _get_kwargs(
        file_id=file_id,
        file_name=file_name,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    file_id: str,
    file_name: str,
    *,
    client: AuthenticatedClient | Client,
) -> ErrorAnswer | File | None:
    """Download one file of a finished export, under the shorter path

     The same operation under the path that the API document shows in its step 3 (documented). Which of
    the two paths
    a panel uses is seen from its `urls`.

    Args:
        file_id (str):
        file_name (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorAnswer | File
    """

    return (
        await asyncio_detailed(
            file_id=file_id,
            file_name=file_name,
            client=client,
        )
    ).parsed
